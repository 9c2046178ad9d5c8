/** A destination's rate limit in the Inbox: a backlog is handed over slot by slot, and no slot goes unused. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, expect, it, vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import { RATE_HEADROOM_RATIO } from "../../src/limits.ts";
import { freshRelay } from "../support/worker.ts";
import { interceptQueue } from "../support/queue.ts";
import { acceptance, eventId, paymentId } from "../support/events.ts";
import { alarmAt, inbox, SHARD } from "../support/attempts.ts";
import { changedEnv, deploy } from "../support/deploy.ts";

/** Requests per second over eight shards, by how often this one has a slot. */
const EVERY_SECOND = 8 / RATE_HEADROOM_RATIO;
const EVERY_EIGHT_SECONDS = 1 / RATE_HEADROOM_RATIO;
let sent: Reference[];

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

/** The relay with this rate, as after a deployment: the object is restarted. */
const deployAt = async (perSecond: number) => {
  await deploy(SHARD, changedEnv({ destinations: { crm: { max_per_second: perSecond } } }));
};

const accept = (payment: string, event: string, status: "pending" | "confirmed" = "confirmed") =>
  inbox().accept(acceptance({ payment, event, status }));

/** What the consumer does with all it was sent: leases it and, when its slot has come, delivers it. */
async function consume(): Promise<number[]> {
  const references = sent.splice(0);
  const leases = await inbox().lease(references);
  const slots: number[] = [];
  for (const [index, lease] of leases.entries()) {
    if (lease.kind !== "deliver") continue;
    slots.push(lease.notBeforeMs);
    const attempt = { attempt: lease.attempt, atMs: lease.notBeforeMs, durationMs: 5, status: 200 };
    await inbox().settle([
      {
        reference: references[index] as Reference,
        attempt: { ...attempt, error: null, answer: "" },
        outcome: { kind: "delivered" },
      },
    ]);
  }
  return slots;
}

/** The first slot is the next there is, and none of those after it is left empty. */
function expectEvery(periodMs: number, slots: readonly number[], fromMs: number): void {
  for (const [index, slot] of slots.entries()) {
    const before = slots[index - 1];
    if (before === undefined) expect(slot - fromMs).toBeLessThanOrEqual(periodMs);
    else expect(slot - before).toBeCloseTo(periodMs, 0);
  }
}

it("a backlog is delivered at the rate, without a slot left empty", async () => {
  // Slots too far away were once taken and not used, so that every next slot was too far away for ever.
  const backlog = 12;
  await deployAt(EVERY_SECOND);
  for (let n = 1; n <= backlog; n += 1) await accept(`p${n}`, `e${n}`);
  await vi.waitFor(() => expect(sent).toHaveLength(backlog));
  const startMs = Date.now();
  const slots = await consume();
  for (let second = 1; second <= backlog + 1; second += 1) {
    vi.setSystemTime(startMs + second * 1_000);
    await runDurableObjectAlarm(inbox());
    slots.push(...(await consume()));
  }
  expect(slots).toHaveLength(backlog);
  expectEvery(1_000, slots, startMs);
});

it("a delivery for which there is no slot soon is handed over shortly before the next", async () => {
  // It was once handed over when its slot had come, and had missed it when it reached the consumer.
  await deployAt(EVERY_EIGHT_SECONDS);
  const startMs = Date.now();
  vi.setSystemTime(startMs + 3_000);
  for (let n = 1; n <= 3; n += 1) await accept(`p${n}`, `e${n}`);
  const slots: number[] = [];
  for (let ms = 3_000; ms <= 33_000; ms += 500) {
    vi.setSystemTime(startMs + ms);
    const alarm = await alarmAt();
    // What was handed over half a second ago has passed through the queue.
    slots.push(...(await consume()));
    if (alarm !== null && alarm <= Date.now()) await runDurableObjectAlarm(inbox());
  }
  expect(slots).toHaveLength(3);
  expectEvery(8_000, slots, startMs + 3_000);
});

it("the next event of a payment waits like any other while there is no slot soon", async () => {
  await deployAt(EVERY_SECOND);
  await accept("first", "e1", "pending");
  await accept("first", "e2");
  for (let n = 3; n <= 5; n += 1) await accept(`p${n}`, `e${n}`);
  await vi.waitFor(() => expect(sent).toHaveLength(4));
  await inbox().lease(sent.splice(0));
  const attempt = { attempt: 1, atMs: Date.now(), durationMs: 5, status: 200, error: null, answer: "" };
  const [payment, event] = [paymentId("first"), eventId("e1")];
  const first: Reference = { shard: SHARD, payment, n: 1, event, destination: "crm" };
  await inbox().settle([{ reference: first, attempt, outcome: { kind: "delivered" } }]);
  expect(sent).toEqual([]);
});
