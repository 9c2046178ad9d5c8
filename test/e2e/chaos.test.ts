/** The short form of `npm run chaos`: the relay is killed under load, the CRM fails, and every promise holds. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { chaos } from "../../tools/lib/chaos/run.ts";

const KILLS = 3;
const CALLBACKS = 300;

it("keeps its promises over kills under load, beside a CRM that fails in every way", async () => {
  // Another one each time; the failure names it, and `npm run chaos -- --short --seed` draws the same.
  const seed = Date.now() % 1_000_000;
  const { violations, figures } = await chaos({
    project: join(import.meta.dirname, "../.."),
    kills: KILLS,
    callbacks: CALLBACKS,
    seed,
    verifierFails: false,
  });
  expect({ seed, violations }).toEqual({ seed, violations: [] });
  expect(figures["kills"]).toBe(KILLS);
  expect(figures["callbacks accepted"]).toBeGreaterThanOrEqual(CALLBACKS);
  expect(figures["events delivered"]).toBeGreaterThan(0);
});
