/** Several destinations, their filters and rates: each owed on its own, none delaying another. */
import { owedBy } from "../support/ledger.ts";
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import { MAX_DIRECT_TIMEOUT_MS, RATE_HEADROOM_RATIO, RATE_HORIZON_MS } from "../../src/limits.ts";
import { freshRelay } from "../support/worker.ts";
import { interceptQueue } from "../support/queue.ts";
import { acceptance, eventId, paymentId, type Stated } from "../support/events.ts";
import { relay } from "../support/bindings.ts";
import { inbox, SHARD } from "../support/attempts.ts";
import { changedEnv, deploy, type Changes } from "../support/deploy.ts";

let sent: Reference[];

/** The relay with these destinations, as after a deployment: the object is restarted. */
const deployTo = async (destinations: Record<string, object>, more: Changes = {}) => {
  await deploy(SHARD, changedEnv({ ...more, destinations }));
};

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const accept = (stated: Stated = {}) => inbox().accept(acceptance(stated));
const owed = async () =>
  Object.fromEntries(
    (await owedBy(inbox())).map(({ destination, state, count }) => [`${destination} ${state}`, count]),
  );

function reference(n: number, event: string, payment: string, destination = "crm"): Reference {
  return { shard: SHARD, payment: paymentId(payment), n, event: eventId(event), destination };
}

describe("several destinations", () => {
  it("are each owed what they want, and settled on their own", async () => {
    await deployTo({ crm: {}, erp: { types: ["payment.confirmed"] }, audit: { types: ["payout.*"] } });
    const destinations = ["crm", "erp", "audit"];
    await accept({ event: "e1", status: "pending", destinations });
    await accept({ event: "e2", status: "confirmed", destinations });
    expect(await owed()).toEqual({ "crm pending": 2, "erp pending": 1 });
    // crm has not yet had the first; erp wants only the second and need not wait for crm.
    const [crm, erp] = await inbox().lease([reference(2, "e2", "p"), reference(2, "e2", "p", "erp")]);
    expect([crm?.kind, erp?.kind]).toEqual(["held", "deliver"]);
  });

  it("park what a removed one was owed, and give it back when it returns", async () => {
    await deployTo({ crm: {}, erp: {} });
    await accept({ destinations: ["crm", "erp"] });
    await deployTo({ crm: {} });
    expect(await owed()).toEqual({ "crm pending": 1, "erp parked": 1 });
    await deployTo({ crm: {}, erp: {} });
    expect(await owed()).toEqual({ "crm pending": 1, "erp pending": 1 });
  });

  it("owe an added one nothing of what came before it", async () => {
    await accept({ event: "e1", payment: "p1" });
    await deployTo({ crm: {}, erp: {} });
    await accept({ event: "e2", payment: "p2", destinations: ["crm", "erp"] });
    expect(await owed()).toEqual({ "crm pending": 2, "erp pending": 1 });
  });
});

describe("a first attempt made with the acceptance", () => {
  const attempted = async (stated: Stated) => {
    const accepted = await accept({ ...stated, attemptNow: true });
    return accepted.outcome === "accepted"
      ? accepted.attempts.map(({ reference: { destination } }) => destination)
      : [];
  };

  it("is made to those that answer within the invocation, and to none that is not configured", async () => {
    await deployTo({
      crm: { timeout_ms: MAX_DIRECT_TIMEOUT_MS },
      slow: { timeout_ms: MAX_DIRECT_TIMEOUT_MS + 1 },
    });
    expect(await attempted({ destinations: ["crm", "slow", "gone"] })).toEqual(["crm"]);
    expect(await owed()).toEqual({ "crm pending": 1, "slow pending": 1, "gone parked": 1 });
    // What comes later of the payment is owed as well.
    await accept({ event: "late", status: "refunded", destinations: ["gone"] });
    expect(await owed()).toMatchObject({ "gone parked": 2 });
  });

  it("counts against what may be under way, as those over the queue do", async () => {
    // One in each of the eight shards.
    await deployTo({ crm: { max_in_flight: 8 } });
    expect(await attempted({ event: "e1", payment: "p1" })).toEqual(["crm"]);
    expect(await attempted({ event: "e2", payment: "p2" })).toEqual([]);
  });

  it("waits for the payment's earlier events, but not where the order does not matter", async () => {
    await deployTo({ crm: {}, log: { ordered: false } });
    await accept({ event: "e1", status: "pending", destinations: ["crm", "log"] });
    expect(await attempted({ event: "e2", destinations: ["crm", "log"] })).toEqual(["log"]);
  });
});

describe("a paused destination", () => {
  it("gives a replay back too, in its place: an earlier event of its payment is still owed", async () => {
    await accept({ event: "e1", status: "pending" });
    await accept({ event: "e2" });
    await inbox().pause("crm", "maintenance");
    expect(await inbox().lease([reference(1, "e1", "p")])).toEqual([{ kind: "held" }]);
    await inbox().replay(2, undefined, "op");
    await inbox().resume("crm");
    vi.setSystemTime(Date.now() + 1_000);
    sent.length = 0;
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent.map(({ n }) => n)).toEqual([1]));
    const [leased] = await inbox().lease([reference(1, "e1", "p")]);
    expect(leased).toMatchObject({ kind: "deliver" });
    const attempt = { attempt: 1, atMs: Date.now(), durationMs: 5, status: 200, error: null, answer: "" };
    await inbox().settle([{ reference: reference(1, "e1", "p"), attempt, outcome: { kind: "delivered" } }]);
    await vi.waitFor(() => expect(sent.map(({ n }) => n)).toEqual([1, 2]));
  });
});

describe("a destination's rate", () => {
  it("gives each delivery its own slot and sends back those whose slot is far", async () => {
    await deployTo({ crm: { max_per_second: 8 / RATE_HEADROOM_RATIO } });
    // Eight a second over eight shards: this one has one slot a second.
    for (let i = 1; i <= 5; i += 1) await accept({ event: `e${i}`, payment: `p${i}` });
    const leases = await inbox().lease([1, 2, 3, 4, 5].map((i) => reference(i, `e${i}`, `p${i}`)));
    const slots = leases.flatMap((lease) =>
      lease.kind === "deliver" ? [lease.notBeforeMs - Date.now()] : [],
    );
    const [first = 0, second = 0] = slots;
    expect(first).toBeLessThanOrEqual(1000);
    expect(second - first).toBeCloseTo(1000, 0);
    expect(slots.every((slot) => slot <= RATE_HORIZON_MS)).toBe(true);
    expect(leases.filter(({ kind }) => kind === "held")).toHaveLength(5 - slots.length);
    expect(slots.length).toBeGreaterThanOrEqual(2);
  });

  it("stops handing over what could not be sent soon", async () => {
    await deployTo({ crm: { max_per_second: 8 / RATE_HEADROOM_RATIO } });
    for (let i = 1; i <= 3; i += 1) await accept({ event: `e${i}`, payment: `p${i}` });
    await inbox().lease([1, 2, 3].map((i) => reference(i, `e${i}`, `p${i}`)));
    await inbox().lease([reference(3, "e3", "p3")]);
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    sent.length = 0;
    vi.setSystemTime(Date.now() - 500);
    await accept({ event: "e4", payment: "p4" });
    await Promise.resolve();
    expect(sent).toEqual([]);
    vi.setSystemTime(Date.now() + 5_000);
    await runDurableObjectAlarm(inbox());
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0));
  });

  it("keeps no more under way than allowed", async () => {
    await deployTo({ crm: { max_in_flight: 8 } });
    for (let i = 1; i <= 2; i += 1) await accept({ event: `e${i}`, payment: `p${i}` });
    const leases = await inbox().lease([1, 2].map((i) => reference(i, `e${i}`, `p${i}`)));
    expect(leases.map(({ kind }) => kind)).toEqual(["deliver", "held"]);
  });
});

describe("alerts", () => {
  it("go out like events, once per thing, and are no events to anybody else", async () => {
    await deployTo({ crm: {} }, { alerts: { ...relay.destinations.crm, url: "http://crm.test/alerts" } });
    await inbox().pause("crm", "gone");
    await inbox().pause("crm", "gone");
    await vi.waitFor(() => expect(sent.map(({ destination }) => destination)).toEqual(["@alerts"]));
    const [lease] = await inbox().lease(sent);
    expect(lease).toMatchObject({ kind: "deliver", attempt: 1 });
    const body = JSON.parse(lease?.kind === "deliver" ? lease.body : "{}") as object;
    expect(body).toMatchObject({ type: "relay.alert", about: "destination_gone", destination: "crm" });
    expect((await inbox().list({}, null, 10)).events).toEqual([]);
  });
});
