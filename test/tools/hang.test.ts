/** The verdict about callbacks beside a CRM that hangs, and that CRM. */
import { afterEach, expect, it, vi } from "vitest";
import { HangingCrm } from "../../tools/lib/hang/crm.ts";
import { figures, type Outcome, violations } from "../../tools/lib/hang/judge.ts";

const answered = (eventId: string, ms = 2) => ({ status: 200, eventId, ms });
const taken = (id: string, payment = id, sequence = 1) => ({ id, payment, sequence });

const clean: Outcome = {
  calm: [answered("evt_1")],
  hung: [answered("evt_2", 4)],
  others: [answered("evt_3")],
  leastOpen: 10,
  mostOpen: 10,
  wanted: 10,
  attemptMs: 1_000,
  taken: [taken("evt_1"), taken("evt_2"), taken("evt_3")],
};

it("finds nothing wrong where nothing is, and says what a callback took beside which CRM", () => {
  expect(violations(clean)).toEqual([]);
  expect(figures(clean)["answered within, half of them"]).toBe("2.0 ms, 4.0 ms: 2.00 ×");
});

it.each<[string, Partial<Outcome>]>([
  ["a callback that got no 2xx", { hung: [{ ...answered("evt_2"), status: 503 }] }],
  ["a callback that waited for the CRM", { hung: [answered("evt_2", 900)] }],
  ["fewer attempts that hung", { leastOpen: 9 }],
  ["more attempts than may be in flight", { mostOpen: 11 }],
  ["an event that was not delivered", { taken: clean.taken.slice(1) }],
  ["an event that was taken twice", { taken: [...clean.taken, taken("evt_1", "other")] }],
  ["a payment out of order", { taken: [taken("evt_1", "p", 2), taken("evt_2", "p", 1), taken("evt_3")] }],
])("finds %s", (_, change) => {
  expect(violations({ ...clean, ...change })).toHaveLength(1);
});

const crm = new HangingCrm();
afterEach(async () => await crm.close());

it("leaves requests open while it hangs, and answers them when it recovers", async () => {
  const url = await crm.listen();
  const post = async () =>
    await fetch(url, {
      method: "POST",
      body: JSON.stringify({ id: "evt_1", data: { payment_id: "pay_1", sequence: 1 } }),
    });
  crm.hang();
  const first = post();
  await vi.waitFor(() => expect(crm.open).toBe(1));
  expect(crm.taken).toEqual([]);
  crm.recover();
  expect((await first).status).toBe(200);
  expect((await post()).status).toBe(200);
  expect([crm.open, crm.mostOpen, crm.taken.length]).toEqual([0, 1, 2]);
});
