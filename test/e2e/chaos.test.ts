/** The short form of `npm run chaos`: the relay is killed under load, the CRM fails, and every promise holds. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { chaos } from "../../tools/lib/chaos/run.ts";

const KILLS = 3;
const CALLBACKS = 300;

/** Another seed each time; the failure names it, and `npm run chaos -- --short --seed` draws the same. */
async function run(firstAttempts: boolean): Promise<Record<string, number>> {
  const seed = Date.now() % 1_000_000;
  const { violations, figures } = await chaos({
    project: join(import.meta.dirname, "../.."),
    kills: KILLS,
    callbacks: CALLBACKS,
    seed,
    verifierFails: false,
    firstAttempts,
  });
  expect({ seed, violations }).toEqual({ seed, violations: [] });
  expect(figures["kills"]).toBe(KILLS);
  expect(figures["callbacks accepted"]).toBeGreaterThanOrEqual(CALLBACKS);
  expect(figures["events delivered"]).toBeGreaterThan(0);
  return figures;
}

it("keeps its promises over kills under load, beside a CRM that fails in every way", async () => {
  await run(false);
});

it("keeps its promises over kills between the 2xx and the end of the first attempt", async () => {
  const figures = await run(true);
  const caught = Object.entries(figures).filter(([name]) => name.startsWith("killed"));
  expect(caught.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThan(0);
});
