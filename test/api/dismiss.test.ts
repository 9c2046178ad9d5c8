/** Dismissing what waits for a person: off the lists, kept, in the audit, undone by a replay. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DEFAULT_SCHEDULE_SECONDS } from "../../src/limits.ts";
import { Inbox } from "../../src/inbox/inbox.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { delivered, expectLedgerToAddUp, get, listed, order, waiting } from "../support/api.ts";
import { secrets } from "../support/bindings.ts";
import { acceptance, eventId, type Stated } from "../support/events.ts";
import { replaceQueues } from "../support/queue.ts";
import { freshRelay, inboxOf, post, runAlarms, type Outside } from "../support/worker.ts";

const IQPAY_IP = "198.51.100.7";
const WHY = { reason: "the customer was paid by hand" };
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function accept(stated: Stated): Promise<string> {
  const input = acceptance(stated);
  await inboxOf(await shardOf(input.event.data.payment_id, 8)).accept(input);
  return input.event.id;
}

/** An event whose whole schedule has failed. */
async function dead(name = "dead"): Promise<string> {
  replaceQueues(() => undefined);
  const input = acceptance({ event: name, payment: name });
  const { payment_id: payment } = input.event.data;
  const shard = await shardOf(payment, 8);
  await inboxOf(shard).accept(input);
  const [{ row } = { row: { n: 0 } }] = await inboxOf(shard).timeline(payment);
  const reference = { shard, payment, n: row.n, event: input.event.id, destination: "crm" };
  const failure = { atMs: Date.now(), durationMs: 1, status: 500, error: null, answer: null };
  for (let attempt = 1; attempt <= DEFAULT_SCHEDULE_SECONDS.length + 1; attempt += 1) {
    const outcome = { kind: "failed", retryAfterSeconds: null } as const;
    await inboxOf(shard).settle([{ reference, attempt: { attempt, ...failure }, outcome }]);
  }
  vi.restoreAllMocks();
  outside.install();
  expect(await get(`/api/events/${input.event.id}`)).toMatchObject({ state: "dead" });
  return input.event.id;
}

/** A callback that is authentic and says no amount. */
async function quarantined(): Promise<string> {
  const response = await post(
    {
      method: "POST",
      path: `/in/iqpay/broker-eu/deposit/${secrets.IQPAY_DEPOSIT_PATH}`,
      headers: { "content-type": "application/json" },
      body: '{"txid":"t-4711","address":"a","status":1,"wallet_ext_id":"1","currency":"BTC"}',
    },
    IQPAY_IP,
  );
  return response.headers.get("relay-event-id") ?? "";
}

async function parked(): Promise<string> {
  await order("/api/destinations/crm/pause", { why: "maintenance" });
  return await accept({ event: "parked", payment: "parked" });
}

/** An event of the same state and another sum, which a person should see. */
async function supersededWithWarning(): Promise<string> {
  await accept({ event: "first", payment: "twice" });
  await delivered(outside, 1);
  const input = acceptance({ event: "second", payment: "twice" });
  const amount = { value: "9.99", currency: "EUR" };
  const event = { ...input.event, data: { ...input.event.data, amount } };
  await inboxOf(await shardOf(event.data.payment_id, 8)).accept({ ...input, event });
  return event.id;
}

async function expectDismissed(id: string): Promise<void> {
  expect(await waiting()).toContain(id);
  const dismissed = await order(`/api/events/${id}/dismiss`, WHY);
  expect(dismissed).toMatchObject({ status: 200, body: { id, dismissed: true } });
  expect(await waiting()).toEqual([]);
  expect(await get(`/api/events/${id}`)).toMatchObject({
    state: "dismissed",
    dismissed: { by: "admin", reason: WHY.reason },
  });
  expect((await listed("state=dismissed")).map((event) => event.id)).toEqual([id]);
  const { audit } = (await get("/api/audit")) as unknown as { audit: { action: string; detail: string }[] };
  const entry = audit.find(({ action }) => action === "dismiss");
  expect(entry).toMatchObject({ actor: "admin" });
  expect(JSON.parse(entry?.detail ?? "{}")).toEqual({ event: id, why: WHY.reason });
  await expectLedgerToAddUp();
  // Once is enough.
  expect((await order(`/api/events/${id}/dismiss`, WHY)).status).toBe(409);
}

describe("dismissed is", () => {
  it("what is dead; a replay delivers it after all", async () => {
    const id = await dead();
    await expectDismissed(id);
    expect((await get("/api/ledger")).destinations).toMatchObject({
      crm: { owed: 1, dead: 0, dismissed: 1 },
    });
    expect(await order(`/api/events/${id}/replay`)).toMatchObject({ status: 202, body: { deliveries: 1 } });
    await delivered(outside, 1);
    expect(await get(`/api/events/${id}`)).toMatchObject({ state: "delivered", dismissed: null });
    await expectLedgerToAddUp();
  });

  it("what is parked; resuming does not send it, a replay does", async () => {
    const id = await parked();
    await expectDismissed(id);
    await order("/api/destinations/crm/resume");
    await runAlarms();
    expect(await get(`/api/events/${id}`)).toMatchObject({ state: "dismissed" });
    expect(outside.delivered).toEqual([]);
    expect((await order(`/api/events/${id}/replay`)).status).toBe(202);
    await delivered(outside, 1);
    await expectLedgerToAddUp();
  });

  it("what is quarantined; a replay puts it back on the lists although it is still no use", async () => {
    const id = await quarantined();
    await expectDismissed(id);
    const again = await order(`/api/events/${id}/replay`);
    expect(again).toMatchObject({ status: 202, body: { decision: "quarantined", reason: "missing_amount" } });
    expect(await waiting()).toEqual([id]);
    expect(await get(`/api/events/${id}`)).toMatchObject({ state: "quarantined", dismissed: null });
    // Nothing was dismissed any more, and nothing came of it.
    expect((await order(`/api/events/${id}/replay`)).status).toBe(409);
    await expectLedgerToAddUp();
  });

  it("what is superseded with a warning; a replay puts it back on the lists, a release forwards it", async () => {
    const id = await supersededWithWarning();
    await expectDismissed(id);
    expect(await order(`/api/events/${id}/replay`)).toMatchObject({ status: 202, body: { deliveries: 0 } });
    expect(await waiting()).toEqual([id]);
    await order(`/api/events/${id}/dismiss`, WHY);
    expect((await order(`/api/events/${id}/replay`, { as: "new_payment" })).status).toBe(202);
    expect(await get(`/api/events/${id}`)).toMatchObject({ state: "released", dismissed: null });
    await delivered(outside, 2);
    await expectLedgerToAddUp();
  });
});

describe("not dismissed is", () => {
  it("what was delivered, what does not exist, and anything without a reason", async () => {
    const id = await accept({});
    await delivered(outside, 1);
    expect((await order(`/api/events/${id}/dismiss`, WHY)).status).toBe(409);
    expect(await get(`/api/events/${id}`)).toMatchObject({ state: "delivered", dismissed: null });
    expect((await order(`/api/events/${eventId("other")}/dismiss`, WHY)).status).toBe(404);
    for (const body of [undefined, {}, { reason: "" }])
      expect((await order(`/api/events/${id}/dismiss`, body)).status).toBe(400);
  });
});

describe("in bulk", () => {
  it("counts first, dismisses up to a limit, and only what the filter finds", async () => {
    const ids = [await dead("d1"), await dead("d2"), await quarantined()];
    expect((await order("/api/dismissals", { ...WHY, dry_run: true })).body).toEqual({ matching: 3 });
    expect(new Set(await waiting())).toEqual(new Set(ids));
    expect((await order("/api/dismissals", { ...WHY, destination: "typo" })).status).toBe(400);
    expect((await order("/api/dismissals", {})).status).toBe(400);
    const one = await order("/api/dismissals", { ...WHY, limit: 1, state: "dead" });
    expect(one.body).toEqual({ succeeded: 1, failed: 0, failures: [], more: true, remaining: 1 });
    const other = await order("/api/dismissals", { ...WHY, state: "dead" });
    expect(other.body).toEqual({ succeeded: 1, failed: 0, failures: [], more: false, remaining: 0 });
    expect(await waiting()).toEqual([ids[2]]);
    await expectLedgerToAddUp();
  });

  it("is not undone by a replay of everything, only by one of what was dismissed", async () => {
    const id = await dead();
    await order(`/api/events/${id}/dismiss`, WHY);
    const everything = { from: "2035-01-01T00:00:00Z", dry_run: true };
    expect((await order("/api/replays", everything)).body).toEqual({ matching: 0 });
    const dismissed = { ...everything, state: "dismissed" };
    expect((await order("/api/replays", dismissed)).body).toEqual({ matching: 1 });
    await order("/api/replays", { ...dismissed, dry_run: false });
    await runAlarms();
    await delivered(outside, 1);
    expect(await get(`/api/events/${id}`)).toMatchObject({ state: "delivered", dismissed: null });
  });

  it("names what failed, and goes on with the others", async () => {
    await dead("d1");
    await dead("d2");
    vi.spyOn(Inbox.prototype, "dismiss").mockRejectedValueOnce(new Error("moved"));
    const done = await order("/api/dismissals", WHY);
    const [id] = await waiting();
    expect(done.body).toMatchObject({
      succeeded: 1,
      failed: 1,
      failures: [{ id }],
      more: false,
      remaining: 1,
    });
    expect([eventId("d1"), eventId("d2")]).toContain(id);
    expect(outside.lines("fault")).toMatchObject([{ where: "bulk_order" }]);
  });
});
