/** Strangers beside a provider, in real processes: what they cost is their own. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { flood } from "../../tools/lib/flood/run.ts";

it("genuine callbacks are decided at once and delivered while 20 addresses send invented tokens", async () => {
  const { violations } = await flood({
    project: join(import.meta.dirname, "../.."),
    perSecond: 57,
    addresses: 20,
    genuinePerSecond: 5,
    seconds: 4,
    hangs: false,
    onProgress: () => {},
  });
  expect(violations).toEqual([]);
});
