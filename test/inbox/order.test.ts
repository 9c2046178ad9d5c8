/** Replays of what was never delivered: however they are ordered, the CRM gets a payment's events in order. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import { DEFAULT_SCHEDULE_SECONDS } from "../../src/limits.ts";
import { inbox, later, referenceTo, resultOf } from "../support/attempts.ts";
import { acceptance } from "../support/events.ts";
import { owedBy } from "../support/ledger.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay } from "../support/worker.ts";

const STATUSES = ["created", "pending", "confirmed"] as const;
let sent: Reference[];

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const referenceOf = (n: number) => referenceTo(n, `e${n}`, "p");

/** Three events of one payment, whose schedules have all failed. */
async function threeDead(): Promise<void> {
  for (const [i, status] of STATUSES.entries())
    await inbox().accept(acceptance({ payment: "p", event: `e${i + 1}`, status }));
  for (const n of [1, 2, 3])
    for (let attempt = 1; attempt <= DEFAULT_SCHEDULE_SECONDS.length + 1; attempt += 1)
      await inbox().settle([resultOf(referenceOf(n), attempt, false)]);
  expect(await owedBy(inbox())).toEqual([{ destination: "crm", state: "dead", count: 3 }]);
  // The breaker has a probe that is due; a resumed destination has none.
  await inbox().resume("crm");
  await vi.waitFor(() => expect(sent.length).toBeGreaterThan(0));
  sent.length = 0;
}

/** The order in which the CRM gets them: what the queue carries is leased and delivered, until there is no more. */
async function arrivals(): Promise<number[]> {
  const seen: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    await new Promise((go) => setTimeout(go, 0));
    for (const reference of sent.splice(0)) {
      const [leased] = await inbox().lease([reference]);
      if (leased?.kind !== "deliver") continue;
      seen.push(reference.n);
      await inbox().settle([resultOf(reference, leased.attempt, true)]);
    }
  }
  return seen;
}

describe("dead events of one payment arrive in order", () => {
  it("replayed newest first, without waiting for a sweep", async () => {
    await threeDead();
    for (const n of [3, 2, 1]) await inbox().replay(n, undefined, "op");
    expect(await arrivals()).toEqual([1, 2, 3]);
    expect(await owedBy(inbox())).toEqual([]);
  });

  it("replayed in bulk", async () => {
    await threeDead();
    await inbox().startReplay("r", { state: "dead" }, 50, 3);
    later(1_000);
    await runDurableObjectAlarm(inbox());
    expect(await arrivals()).toEqual([1, 2, 3]);
  });

  it("and keep their place among what is still owed", async () => {
    await threeDead();
    await inbox().accept(acceptance({ payment: "p", event: "e4", status: "refunded" }));
    await inbox().replay(2, undefined, "op");
    expect(await arrivals()).toEqual([2, 4]);
  });
});

it("one that was overtaken by a later event is sent outside the order", async () => {
  await threeDead();
  await inbox().replay(3, undefined, "op");
  expect(await arrivals()).toEqual([3]);
  await inbox().replay(1, undefined, "op");
  const [leased] = await inbox().lease([referenceOf(1)]);
  expect(leased).toMatchObject({ kind: "deliver", replay: true });
});
