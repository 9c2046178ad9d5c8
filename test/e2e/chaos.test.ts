/** The short form of `npm run chaos`: the relay is killed under load, the CRM fails, and every promise holds. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { chaos } from "../../tools/lib/chaos/run.ts";

const KILLS = 3;
const CALLBACKS = 300;

/** Another seed each time; the figures of a failure name it, and `npm run chaos -- --short --seed` draws the same. */
async function run(firstAttempts: boolean): ReturnType<typeof chaos> {
  const seed = Date.now() % 1_000_000;
  return await chaos({
    project: join(import.meta.dirname, "../.."),
    kills: KILLS,
    callbacks: CALLBACKS,
    seed,
    verifierFails: false,
    firstAttempts,
  });
}

it("keeps its promises over kills under load, beside a CRM that fails in every way", async () => {
  const { violations, figures } = await run(false);
  expect({ figures, violations }).toEqual({ figures, violations: [] });
  expect(figures["kills"]).toBe(KILLS);
  expect(figures["callbacks accepted"]).toBeGreaterThanOrEqual(CALLBACKS);
  expect(figures["events delivered"]).toBeGreaterThan(0);
});

it("keeps its promises over kills between the 2xx and the end of the first attempt", async () => {
  const { violations, figures } = await run(true);
  expect({ figures, violations }).toEqual({ figures, violations: [] });
  const caught = Object.entries(figures).filter(([name]) => name.startsWith("killed"));
  expect(caught.map(([, count]) => count).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
});
