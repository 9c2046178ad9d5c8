/** The messages of the alerts that an Inbox object has raised, whether they are sent yet or not. */
import { runInDurableObject } from "cloudflare:test";
import type { AlertMessage } from "../../src/alert.ts";
import { inboxOf } from "./worker.ts";

/** In the order in which they were raised; none where no channel is configured. */
export async function alertMessages(shard: string): Promise<AlertMessage[]> {
  return await runInDurableObject(inboxOf(shard), (_, { storage: { sql } }) =>
    sql
      .exec<{ body: string }>("SELECT body FROM events WHERE state = 'alert' ORDER BY n")
      .toArray()
      .map(({ body }) => JSON.parse(body) as AlertMessage),
  );
}
