/** The Activity object, as tests ask and count it. */
import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import type { Activity } from "../../src/activity/activity.ts";
import { activityOf, type ActivityStub } from "../../src/activity/client.ts";
import { bindings } from "./worker.ts";

export function activity(): ActivityStub {
  const stub = activityOf(bindings);
  if (!stub) throw new Error("wrangler.toml binds no ACTIVITY");
  return stub;
}

/** Rows that the Activity object writes while `work` is under way, by the platform's own count. */
export async function rowsWrittenDuring(work: () => Promise<void>): Promise<number> {
  const cursors: { readonly rowsWritten: number }[] = [];
  await runInDurableObject(activity(), (_: Activity, state) => {
    const exec = state.storage.sql.exec.bind(state.storage.sql);
    vi.spyOn(state.storage.sql, "exec").mockImplementation(((query: string, ...given: never[]) => {
      const cursor = exec(query, ...given);
      cursors.push(cursor);
      return cursor;
    }) as never);
  });
  await work();
  return cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
}
