/** Refused callbacks are seen by operators, and a flood of them costs next to nothing. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Activity } from "../../src/activity/activity.ts";
import { receive } from "../../src/ingress/route.ts";
import { configOf } from "../../src/config/load.ts";
import { MAX_REFUSED_KEPT, REFUSED_KEPT_MS, REFUSED_WRITE_INTERVAL_MS } from "../../src/limits.ts";
import { activity, rowsWrittenDuring } from "../support/activity.ts";
import { get } from "../support/api.ts";
import { requestOf, type CaseRequest } from "../support/requests.ts";
import { bindings, freshRelay, post } from "../support/worker.ts";

const ROWS_OF_A_FLOOD = 100;

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  await forgetEarlierTests();
});

/** Reports that a test before this one has left under way are made, and what they said is old. */
async function forgetEarlierTests(): Promise<void> {
  await vi.waitFor(async () => {
    vi.setSystemTime(Date.now() + 2 * REFUSED_KEPT_MS);
    await runInDurableObject(activity(), (object: Activity) => object.alarm());
    expect(await activity().refusedGroups()).toEqual([]);
  });
}

const forged = (path = "/in/ipay/broker-eu", token = "wrong-token"): CaseRequest => ({
  method: "POST",
  path,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ order: "4711", token }),
});

const groups = async () =>
  (await get("/api/refused")).groups as unknown as { source: string; reason: string; count: number }[];
const total = async () => (await groups()).reduce((sum, group) => sum + group.count, 0);
/** What comes while a report is under way is in the next one, a second later. */
const counted = (count: number) =>
  vi.waitFor(async () => expect(await total()).toBe(count), { timeout: 10_000 });

describe("a refused callback", () => {
  it("is shown with source, reason, address, size and its beginning, and without its token", async () => {
    await post(forged(), "192.0.2.7");
    await counted(1);
    const { groups: shown, newest } = await get("/api/refused");
    expect(shown).toMatchObject([{ source: "ipay/broker-eu", reason: "bad_token", count: 1 }]);
    expect(newest).toMatchObject([
      {
        source: "ipay/broker-eu",
        reason: "bad_token",
        address: "192.0.2.7",
        content_type: "application/json",
      },
    ]);
    const [{ head, bytes }] = newest as unknown as [{ head: string; bytes: number }];
    expect(head).toBe('{"order":"4711","token":"[redacted]"}');
    expect(bytes).toBe(forged().body?.length);
  });

  it("that meets no source shows neither path nor body", async () => {
    await post(forged("/in/iqpay/broker-eu/deposit/guessed-secret"), "192.0.2.8");
    await counted(1);
    const body = await get("/api/refused");
    expect(body.newest).toMatchObject([{ source: null, reason: "route", head: null }]);
    expect(JSON.stringify(body)).not.toContain("guessed-secret");
  });

  it("can be asked for by source and reason", async () => {
    await post(forged());
    await post(forged("/in/nobody/here"));
    await counted(2);
    const of = async (query: string) => (await get(`/api/refused?${query}`)).groups as unknown as unknown[];
    expect(await of("source=ipay/*")).toHaveLength(1);
    expect(await of("reason=route,stale")).toHaveLength(1);
    expect(await of("source=cryptopay/*")).toEqual([]);
  });
});

describe("a flood", () => {
  it("of one source hides nothing of another, and of a group the newest are kept", async () => {
    await post(forged("/in/nobody/here"));
    const sample = { atMs: Date.now(), address: "192.0.2.9", detail: null, contentType: null };
    const batch = { source: "ipay/broker-eu", reason: "bad_token" as const };
    for (let i = 0; i < 5 * MAX_REFUSED_KEPT; i += 1)
      await activity().refused([{ ...batch, count: 100, samples: [{ ...sample, bytes: i, head: null }] }]);
    await vi.waitFor(async () => expect(await groups()).toHaveLength(2));
    const newest = (await activity().refusedGroups()).find(({ reason }) => reason === "bad_token")?.newest;
    expect(newest?.map(({ bytes }) => bytes)).toEqual(
      Array.from({ length: MAX_REFUSED_KEPT }, (_, i) => 5 * MAX_REFUSED_KEPT - 1 - i),
    );
  });

  it("of ten thousand forged callbacks writes few rows, and counts them all", async () => {
    const { config } = configOf(bindings);
    const pending: Promise<unknown>[] = [];
    const ctx = { waitUntil: (promise: Promise<unknown>) => void pending.push(promise) };
    // Of the rate limit another test speaks.
    vi.spyOn(bindings.UNVERIFIED as RateLimit, "limit").mockResolvedValue({ success: true });
    const rows = await rowsWrittenDuring(async () => {
      for (let sent = 0; sent < 10_000; sent += 500) {
        const statuses = await Promise.all(
          Array.from({ length: 500 }, async (_, i) => {
            // Half of them guess an address, whose body is not even read.
            const request = i % 2 === 0 ? forged() : forged("/in/nobody/here");
            return (await receive(requestOf(request), config, bindings, ctx)).status;
          }),
        );
        expect(new Set(statuses)).toEqual(new Set([401, 404]));
        // Ten minutes of it.
        vi.setSystemTime(Date.now() + REFUSED_WRITE_INTERVAL_MS / 2);
      }
      await Promise.all(pending);
      await runDurableObjectAlarm(activity());
    });
    await counted(10_000);
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThanOrEqual(ROWS_OF_A_FLOOD);
    // A report at a time, whatever comes meanwhile.
    expect(pending.length).toBeLessThanOrEqual(ROWS_OF_A_FLOOD);
  });

  it("is still known when the object has been away", async () => {
    const sample = { atMs: Date.now(), address: "192.0.2.9", detail: null, contentType: null };
    const of = (count: number, bytes: number) => [
      {
        source: "ipay/broker-eu",
        reason: "stale" as const,
        count,
        samples: [{ ...sample, bytes, head: null }],
      },
    ];
    await activity().refused(of(1, 1));
    await activity().refused(of(7, 2));
    await runDurableObjectAlarm(activity());
    const before = await activity().refusedGroups();
    await evictDurableObject(activity());
    expect(await activity().refusedGroups()).toEqual(before);
    expect(before).toMatchObject([{ count: 8, newest: [{ bytes: 2 }, { bytes: 1 }] }]);
  });
});
