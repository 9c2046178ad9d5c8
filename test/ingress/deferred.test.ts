/** A verifier that is down: the callback is kept, the verifier asked again by its schedule, and nothing forwarded on a guess. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runInDurableObject } from "cloudflare:test";
import { callerKeyOf } from "../../src/ingress/caller.ts";
import {
  DEFERRED_COUNT_MS,
  DEFERRED_PARTS_OF_FREE,
  DEFERRED_SCHEDULE_SECONDS,
  HANDOVER_TIMEOUT_MS,
  MAX_DEFERRED_OF_REFUSED_CALLER,
  MAX_DEFERRED_PER_ACCOUNT,
  RATE_RETRY_SECONDS,
} from "../../src/limits.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { sha256Hex } from "../../src/verify/digest.ts";
import golden from "../cases/golden-events.json";
import {
  bindings,
  freshRelay,
  inboxOf,
  keptRows,
  post,
  runAlarms,
  shards,
  type Outside,
} from "../support/worker.ts";

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

const ipn = (body = FORM, clientIp?: string) =>
  post(
    {
      method: "POST",
      path: "/in/tokenpayments/broker-eu",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    },
    clientIp,
  );

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
        // Asked is not yet noted: the next wait begins with the note.
        await vi.waitFor(() => expect(outside.lines("verification")).toHaveLength(index + 1), {
          timeout: 10_000,
        });
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

  it(
    "that were not asked about for want of budget have used up no attempt",
    { timeout: 30_000 },
    async () => {
      outside.verifier = DOWN;
      await ipn();
      const limit = vi
        .spyOn(bindings.QUESTIONS_AGAIN as RateLimit, "limit")
        .mockResolvedValue({ success: false });
      for (let round = 1; round <= DEFERRED_SCHEDULE_SECONDS.length + 1; round += 1) {
        await pass(RATE_RETRY_SECONDS + HANDOVER_TIMEOUT_MS / 1000);
        await vi.waitFor(() => expect(outside.lines("verification")).toHaveLength(round), {
          timeout: 10_000,
        });
      }
      expect(outside.verifierCalls).toBe(1);
      expect(limit.mock.calls[0]).toEqual([{ key: "tokenpayments/broker-eu" }]);
      limit.mockResolvedValue({ success: true });
      outside.verifier = YES;
      await pass(RATE_RETRY_SECONDS + HANDOVER_TIMEOUT_MS / 1000);
      await vi.waitFor(async () => expect(await states()).toContain("accepted"), { timeout: 10_000 });
    },
  );

  it("of a known caller do not share what strangers' may be asked about", { timeout: 20_000 }, async () => {
    outside.verifier = YES;
    for (let i = 0; i < 40; i += 1) await ipn(FORM.replace("tkn9f2c0001", `tkngenuine${i}`));
    outside.verifier = DOWN;
    await ipn(FORM.replace("INV", "LATER"));
    const again = vi.spyOn(bindings.QUESTIONS_AGAIN as RateLimit, "limit");
    again.mockResolvedValue({ success: false });
    const limit = vi.spyOn(bindings.QUESTIONS as RateLimit, "limit");
    outside.verifier = YES;
    await pass(10);
    await vi.waitFor(async () => expect(await states()).not.toContain("deferred"), { timeout: 10_000 });
    expect(again).not.toHaveBeenCalled();
    expect(limit.mock.calls).toEqual([[{ key: "tokenpayments/broker-eu|known" }]]);
  });

  describe("take room from their own caller", { timeout: 60_000 }, () => {
    const perShard = MAX_DEFERRED_PER_ACCOUNT / shards.length;
    /** What one caller that is not known can hold: its part of what it leaves free. */
    const oneOf = (free: number) => Math.ceil(free / (DEFERRED_PARTS_OF_FREE + 1));
    let made = 0;

    /** One more that waits, of this caller, in the shard where `FORM` would wait. */
    async function defer(caller: string): Promise<string> {
      const sha256 = (made += 1).toString(16).padStart(64, "0");
      const kept = await inboxOf(await shardOf(await sha256Hex(FORM), shards.length)).setAside({
        source: "tokenpayments/broker-eu",
        eventId: `evt_${sha256.slice(32)}`,
        callback: {
          method: "POST",
          kind: null,
          pathKey: null,
          query: "",
          contentType: null,
          body: "",
          receivedAtMs: Date.now(),
          sha256,
          verification: null,
          caller,
        },
        why: { state: "deferred", reason: "verifier_status" },
      });
      return kept.outcome;
    }

    /** As many as this caller has room for, or these. */
    async function fill(caller: string, atMost = perShard): Promise<number> {
      for (let count = 0; count < atMost; count += 1) if ((await defer(caller)) === "full") return count;
      return atMost;
    }

    it("which is told to come again, while another one's are kept", async () => {
      expect(await fill(await callerKeyOf("tokenpayments/broker-eu", "192.0.2.1"))).toBe(oneOf(perShard));
      outside.verifier = DOWN;
      const full = await ipn(FORM, "192.0.2.1");
      expect([full.status, full.headers.get("retry-after")]).toEqual([429, "60"]);
      expect(outside.lines("alert").map(({ about }) => about)).toContain("deferred_full");
      expect((await ipn(FORM, "192.0.2.2")).headers.get("relay-outcome")).toBe("deferred");
      outside.verifier = YES;
      expect((await ipn(FORM, "192.0.2.1")).headers.get("relay-outcome")).toBe("accepted");
    });

    it("so that after twenty that take what they can there is room for as many more", async () => {
      for (let i = 0; i < 20; i += 1) await fill(`flood ${i}`);
      expect(await fill("another")).toBeGreaterThanOrEqual(5);
    });

    it("and not when the verifier was given up on", async () => {
      const count = await fill("somebody");
      await runInDurableObject(
        inboxOf(await shardOf(await sha256Hex(FORM), shards.length)),
        (_, { storage }) => storage.sql.exec("UPDATE deliveries SET state = 'dead', due = NULL"),
      );
      vi.setSystemTime(Date.now() + DEFERRED_COUNT_MS);
      expect(await fill("somebody")).toBe(count);
    });

    it("of which one whose token was valid before has its own", async () => {
      outside.verifier = YES;
      for (let i = 0; i < 40; i += 1) await ipn(FORM.replace("tkn9f2c0001", `tkngenuine${i}`), "192.0.2.2");
      const known = await callerKeyOf("tokenpayments/broker-eu", "192.0.2.2");
      for (let i = 0; i < 3; i += 1) await fill(`flood ${i}`);
      expect(await fill(known, 2 * oneOf(perShard))).toBe(2 * oneOf(perShard));
      expect(await fill("another")).toBeGreaterThan(0);
    });

    it("of which one whose tokens were refused lately has little", { timeout: 60_000 }, async () => {
      outside.verifier = NO;
      for (let i = 0; i < 100; i += 1) {
        await ipn(FORM.replace("tkn9f2c0001", `invented${i}`).replace("INV-42", `I${i}`), "192.0.2.3");
      }
      expect((await keptRows()).length).toBeLessThanOrEqual(2 * MAX_DEFERRED_OF_REFUSED_CALLER);
      expect(await states()).not.toContain("accepted");
    });
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
