/** What is owed while a destination is unknown, paused or slow: nothing is forgotten, and little is written. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LeasedAttempt, Reference } from "../../src/inbox/protocol.ts";
import { BREAKER_FAILURES } from "../../src/limits.ts";
import { inbox, referenceTo, resultOf, rowsWritten, SHARD } from "../support/attempts.ts";
import { changedEnv, deploy } from "../support/deploy.ts";
import { acceptance, eventId, type Stated } from "../support/events.ts";
import { owedBy } from "../support/ledger.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay, shards, type Outside } from "../support/worker.ts";

let outside: Outside;
let sent: Reference[];

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const accept = (stated: Stated = {}) => inbox().accept(acceptance(stated));
const shown = async (event = "e") =>
  (await inbox().find(eventId(event))).map(({ row }) => ({ state: row.shown, deliveries: row.deliveries }));

describe("a destination that an object's older configuration does not know", () => {
  it("is owed under its name, and sent to once it is known", async () => {
    // A deployment has reached the Worker, and not yet the object.
    await accept({ destinations: ["crm", "erp"], attemptNow: true });
    expect(await owedBy(inbox())).toEqual([
      { destination: "crm", state: "pending", count: 1 },
      { destination: "erp", state: "parked", count: 1 },
    ]);
    const [before] = await shown();
    expect(before?.state).toBe("parked");

    await deploy(SHARD, changedEnv({ destinations: { crm: {}, erp: {} } }));
    // Any call shows the new life what there is to do.
    await inbox().ledger();
    await runDurableObjectAlarm(inbox());
    const reference = referenceTo(1, "e", "p", "erp");
    await vi.waitFor(() => expect(sent).toEqual([reference]));
    expect(await inbox().lease([reference])).toMatchObject([{ kind: "deliver", attempt: 1, sequence: 1 }]);
    await inbox().settle([resultOf(reference, 1, true)]);
    await inbox().settle([resultOf(referenceTo(1, "e", "p"), 1, true)]);
    expect(await owedBy(inbox())).toEqual([]);
    expect((await shown())[0]?.state).toBe("delivered");
  });

  it("and an event that nobody wants is shown as such", async () => {
    await deploy(SHARD, changedEnv({ destinations: { crm: { types: ["payout.*"] } } }));
    await accept({ attemptNow: true });
    expect(await shown()).toEqual([{ state: "unrouted", deliveries: [] }]);
    expect(await owedBy(inbox())).toEqual([]);
  });
});

describe("pausing and resuming", () => {
  it("writes one row each, whatever is owed", { timeout: 60_000 }, async () => {
    const owed = 3_000;
    await inbox().pause("crm", "before");
    await rowsWritten((instance) =>
      Array.from(
        { length: owed },
        (_, i) => () => instance.accept(acceptance({ event: `e${i}`, payment: `p${i}` })),
      ),
    );
    await inbox().resume("crm");
    const written = await rowsWritten((instance) => [
      () => instance.pause("crm", "maintenance"),
      () => instance.resume("crm"),
    ]);
    expect(written).toEqual([1, 1]);
    expect(await owedBy(inbox())).toEqual([{ destination: "crm", state: "pending", count: owed }]);
  });

  it("that ends an outage says so", async () => {
    for (let i = 1; i <= BREAKER_FAILURES; i += 1) {
      await accept({ event: `e${i}`, payment: `p${i}` });
      await inbox().lease([referenceTo(i, `e${i}`, `p${i}`)]);
      await inbox().settle([resultOf(referenceTo(i, `e${i}`, `p${i}`), 1, false)]);
    }
    const about = () => outside.lines("alert").map((line) => line.about);
    expect(about()).toEqual(["breaker_open"]);
    await inbox().resume("crm");
    expect(about()).toEqual(["breaker_open", "breaker_closed"]);
    // And a destination that was well has no outage to end.
    await inbox().resume("crm");
    expect(about()).toHaveLength(2);
  });
});

describe("sixty events, eight at a time, and a CRM that takes five seconds", () => {
  const EVENTS = 60;
  const IN_FLIGHT = 8;
  const CRM_MS = 5_000;

  it("cost a small multiple of sixty deliveries, and each settlement hands over the next", async () => {
    // A share for each shard.
    const destinations = { crm: { max_in_flight: IN_FLIGHT * shards.length, timeout_ms: 15_000 } };
    await deploy(SHARD, changedEnv({ destinations }));
    let leases = 0;
    let most = 0;
    const underWay: { reference: Reference; untilMs: number }[] = [];
    const [rows = 0] = await rowsWritten((instance) => [
      async () => {
        const began: LeasedAttempt[] = [];
        for (let i = 0; i < EVENTS; i += 1) {
          const stated = { event: `e${i}`, payment: `p${i}`, attemptNow: true };
          const accepted = await instance.accept(acceptance(stated));
          if (accepted.outcome === "accepted") began.push(...accepted.attempts);
        }
        expect(began).toHaveLength(IN_FLIGHT);
        for (const { reference } of began) underWay.push({ reference, untilMs: Date.now() + CRM_MS });
        let settled = 0;
        for (let step = 0; settled < EVENTS && step < 500; step += 1) {
          // The queue brings what was handed over; the consumer leases it.
          for (const reference of sent.splice(0)) {
            leases += 1;
            const [leased] = await instance.lease([reference]);
            if (leased?.kind === "deliver") underWay.push({ reference, untilMs: Date.now() + CRM_MS });
          }
          most = Math.max(most, underWay.length);
          const next = underWay.toSorted((a, b) => a.untilMs - b.untilMs)[0];
          expect(next).toBeDefined();
          if (!next) break;
          vi.setSystemTime(next.untilMs);
          underWay.splice(underWay.indexOf(next), 1);
          await instance.settle([resultOf(next.reference, 1, true)]);
          settled += 1;
          // What a settlement hands over reaches the queue, without an alarm.
          await new Promise((go) => setTimeout(go, 0));
          if (settled <= EVENTS - IN_FLIGHT) expect(sent.length + underWay.length).toBe(IN_FLIGHT);
        }
        expect(settled).toBe(EVENTS);
      },
    ]);
    expect(most).toBe(IN_FLIGHT);
    expect(leases).toBe(EVENTS - IN_FLIGHT);
    expect(await owedBy(inbox())).toEqual([]);
    // Two on arrival, the delivery and its index entry, a hand-over, the end; and the ledger now and then.
    expect(rows).toBeLessThanOrEqual(EVENTS * 7);
  });
});
