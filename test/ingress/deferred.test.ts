/** A verifier that is down: the callback is kept, the verifier asked again by its schedule, and nothing forwarded on a guess. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  DEFERRED_SCHEDULE_SECONDS,
  HANDOVER_TIMEOUT_MS,
  MAX_DEFERRED_PER_ACCOUNT,
} from "../../src/limits.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { sha256Hex } from "../../src/verify/digest.ts";
import golden from "../cases/golden-events.json";
import { freshRelay, inboxOf, keptRows, post, runAlarms, shards, type Outside } from "../support/worker.ts";

const FORM = golden.tokenpayments.data.raw.body.replace("[redacted]", "tkn9f2c0001");
const YES = { status: 200, body: '{"valid":true}' };
const NO = { status: 200, body: '{"valid":false}' };
const DOWN = { status: 503 };
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2026-09-21T14:13:25.000Z");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ipn = (body = FORM) =>
  post({
    method: "POST",
    path: "/in/tokenpayments/broker-eu",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body,
  });

/** The wait is over, and so is the lease of the reference that may have been lost meanwhile. */
async function pass(seconds: number): Promise<void> {
  vi.setSystemTime(Date.now() + seconds * 1000 + HANDOVER_TIMEOUT_MS + 1000);
  await runAlarms();
}

const states = async () => (await keptRows()).map(({ state }) => state);
const calls = (count: number) =>
  vi.waitFor(() => expect(outside.verifierCalls).toBe(count), { timeout: 10_000 });

describe("deferred callbacks", () => {
  it(
    "are asked about by the schedule, then given up, seen by a person, and never forwarded",
    { timeout: 60_000 },
    async () => {
      outside.verifier = DOWN;
      const response = await ipn();
      expect(response.status).toBe(200);
      expect(response.headers.get("relay-outcome")).toBe("deferred");
      expect(response.headers.get("relay-reason")).toBeNull();
      for (const [index, seconds] of DEFERRED_SCHEDULE_SECONDS.entries()) {
        await pass(seconds);
        await calls(index + 2);
      }
      const abouts = () => outside.lines("alert").map(({ about }) => about);
      await vi.waitFor(() => expect(abouts()).toContain("deferred_dead"), { timeout: 10_000 });
      await pass(43_200);
      outside.verifier = YES;
      await pass(43_200);
      expect(outside.verifierCalls).toBe(DEFERRED_SCHEDULE_SECONDS.length + 1);
      expect(outside.delivered).toEqual([]);
    },
  );

  it("are not asked about before their time", async () => {
    outside.verifier = DOWN;
    await ipn();
    vi.setSystemTime(Date.now() + 9_000);
    await runAlarms();
    expect(outside.verifierCalls).toBe(1);
  });

  it("accepted later, an event says when it was first received", { timeout: 20_000 }, async () => {
    outside.verifier = DOWN;
    await ipn();
    outside.verifier = YES;
    await pass(10);
    await vi.waitFor(async () => expect(await states()).toContain("accepted"), { timeout: 10_000 });
    const event = (await keptRows()).find(({ state }) => state === "accepted")?.event;
    expect(event?.data.received_at).toBe("2026-09-21T14:13:25.000Z");
    expect(event?.id).toBe(golden.tokenpayments.id);
    expect(event?.data.raw?.sha256).toBe(await sha256Hex(FORM));
    expect(JSON.stringify(event)).not.toContain("tkn9f2c0001");
  });

  it("repeated while the verifier is down, they are one", async () => {
    outside.verifier = DOWN;
    await ipn();
    await ipn();
    expect(await states()).toEqual(["deferred"]);
  });

  it(
    "a repeat that the verifier vouches for is accepted, and the waiting one becomes its duplicate",
    { timeout: 20_000 },
    async () => {
      outside.verifier = DOWN;
      await ipn();
      outside.verifier = YES;
      expect((await ipn()).headers.get("relay-outcome")).toBe("accepted");
      await pass(10);
      await vi.waitFor(async () => expect(await states()).not.toContain("deferred"), { timeout: 10_000 });
      expect((await states()).filter((state) => state === "accepted")).toHaveLength(1);
    },
  );

  it("beyond the cap of an account the provider has to come again, and nothing is kept", async () => {
    const sha256 = await sha256Hex(FORM);
    const home = await shardOf(sha256, shards.length);
    const perShard = MAX_DEFERRED_PER_ACCOUNT / shards.length;
    const inbox = inboxOf(home);
    for (let i = 0; i < perShard; i += 1) {
      await inbox.setAside({
        source: "tokenpayments/broker-eu",
        eventId: `evt_${i.toString(16).padStart(32, "0")}`,
        callback: {
          method: "POST",
          kind: null,
          pathKey: null,
          query: "",
          contentType: null,
          body: "",
          receivedAtMs: Date.now(),
          sha256: i.toString(16).padStart(64, "0"),
          verification: null,
        },
        why: { state: "deferred", reason: "verifier_status" },
      });
    }
    outside.verifier = DOWN;
    expect((await ipn()).status).toBe(503);
    expect(outside.lines("alert").map(({ about }) => about)).toContain("deferred_full");
    outside.verifier = YES;
    expect((await ipn()).headers.get("relay-outcome")).toBe("accepted");
  });
});

describe("a verifier that says invalid", () => {
  it("is not asked again within a minute, and is after it", async () => {
    outside.verifier = NO;
    expect((await ipn()).status).toBe(401);
    expect((await ipn(`${FORM}&x=1`)).status).toBe(401);
    vi.setSystemTime(Date.now() + 59_000);
    expect((await ipn()).status).toBe(401);
    expect(outside.verifierCalls).toBe(1);
    vi.setSystemTime(Date.now() + 2_000);
    outside.verifier = YES;
    expect((await ipn()).status).toBe(200);
    expect(outside.verifierCalls).toBe(2);
  });

  it("leaves no trace in the store", async () => {
    outside.verifier = NO;
    await ipn();
    expect(await keptRows()).toEqual([]);
  });
});
