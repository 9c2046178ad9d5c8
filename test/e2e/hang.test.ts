/** A CRM that hangs beside providers that go on posting, in real processes. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { hang } from "../../tools/lib/hang/run.ts";

it("no callback waits for attempts that hang, and everything is delivered when the CRM answers again", async () => {
  const { violations } = await hang({
    project: join(import.meta.dirname, "../.."),
    hanging: 160,
    shards: 8,
    perSecond: 20,
    seconds: 2,
    rounds: 1,
    onProgress: () => {},
  });
  expect(violations).toEqual([]);
});
