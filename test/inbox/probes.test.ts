/** An open breaker in the Inbox: one probe an interval, whatever else comes back meanwhile. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Breaker } from "../../src/inbox/policy/breaker.ts";
import type { Reference, Result } from "../../src/inbox/protocol.ts";
import { BREAKER_FAILURES, BREAKER_PROBE_MS } from "../../src/limits.ts";
import { freshRelay, inboxOf } from "../support/worker.ts";
import { interceptQueue } from "../support/queue.ts";
import { acceptance, eventId, paymentId } from "../support/events.ts";

const SHARD = "8/0";
let sent: Reference[];

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const inbox = () => inboxOf(SHARD);
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

function reference(n: number): Reference {
  return { shard: SHARD, payment: paymentId(`p${n}`), n, event: eventId(`e${n}`), destination: "crm" };
}

function failure(of: Reference, attempt = 1): Result {
  const log = { attempt, atMs: Date.now(), durationMs: 5, status: 503, error: null, answer: "" };
  return { reference: of, attempt: log, outcome: { kind: "failed", retryAfterSeconds: null } };
}

/** So many attempts under way at once; then the first ten fail. */
async function open(underWay: number): Promise<Reference[]> {
  const references = Array.from({ length: underWay }, (_, index) => reference(index + 1));
  for (const { n } of references) await inbox().accept(acceptance({ event: `e${n}`, payment: `p${n}` }));
  await inbox().lease(references);
  await inbox().settle(references.slice(0, BREAKER_FAILURES).map((of) => failure(of)));
  return references.slice(BREAKER_FAILURES);
}

async function probeInMs(): Promise<number> {
  const [crm] = await inbox().destinations();
  return ((JSON.parse(crm?.breaker ?? "{}") as Breaker).probeAtMs ?? NaN) - Date.now();
}

async function probe(): Promise<Reference> {
  sent.length = 0;
  await runDurableObjectAlarm(inbox());
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  return sent[0] as Reference;
}

describe("an open breaker", () => {
  it("learns nothing from attempts that were under way when it opened", async () => {
    // Each was once counted as a probe that failed: five of them, and the first probe came after 5 min.
    const stragglers = await open(BREAKER_FAILURES + 5);
    await inbox().settle(stragglers.map((of) => failure(of)));
    expect(await probeInMs()).toBe(BREAKER_PROBE_MS);
  });

  it("doubles the interval when its probe fails", async () => {
    await open(BREAKER_FAILURES + 5);
    later(BREAKER_PROBE_MS);
    const probing = await probe();
    expect(await inbox().lease([probing])).toMatchObject([{ kind: "deliver" }]);
    await inbox().settle([failure(probing)]);
    expect(await probeInMs()).toBe(2 * BREAKER_PROBE_MS);
  });

  it("lets a probe through once: its own retry waits like any other delivery", async () => {
    // It once went on by the schedule, 5 s, 30 s, …, and each time doubled the interval for all.
    await open(BREAKER_FAILURES + 1);
    later(BREAKER_PROBE_MS);
    const probing = await probe();
    const [lease] = await inbox().lease([probing]);
    const attempt = lease?.kind === "deliver" ? lease.attempt : 0;
    const [settled] = await inbox().settle([failure(probing, attempt)]);
    later((settled?.next === "retry" ? settled.seconds : NaN) * 1_000 + 1);
    expect(await probeInMs()).toBeGreaterThan(0);
    expect(await inbox().lease([probing])).toEqual([{ kind: "held" }]);
  });
});
