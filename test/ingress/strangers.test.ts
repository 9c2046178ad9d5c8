/** Strangers who send invented tokens, and the provider's callbacks among theirs. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { USELESS_QUESTIONS_PER_CALLER } from "../../src/limits.ts";
import {
  bindings,
  envWith,
  freshRelay,
  inboxOf,
  keptRows,
  post,
  shards,
  type Outside,
  type VerifierScript,
} from "../support/worker.ts";
import { relay } from "../support/bindings.ts";

const PROVIDER = "198.51.100.20";
const FLOOD_PER_SECOND = 57;
const YES = { status: 200, body: '{"valid":true}' };
const NO = { status: 200, body: '{"valid":false}' };
const strangers = Array.from({ length: 20 }, (_, i) => `203.0.113.${i + 1}`);
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

let sent = 0;

/** An IPN of an order of its own. */
function ipn(token: string, clientIp?: string, env?: Env): Promise<Response> {
  sent += 1;
  return post(
    {
      method: "POST",
      path: "/in/tokenpayments/broker-eu",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `merchant_id=M-1001&token=${token}&page_hash=ph_77&invoice=INV-${sent}&amount1=100&currency1=USD&amount2=0.03&currency2=ETH`,
    },
    clientIp,
    env,
  );
}

const invented = () => `invented${sent}`;
const genuine = () => `tkngenuine${sent}`;
const outcomes = (replies: readonly Response[]) => [
  ...new Set(replies.map(({ status, headers }) => `${status} ${headers.get("relay-outcome")}`)),
];

/** Tokens the verifier was asked about. */
function askedAbout(answer: (token: string) => VerifierScript | Promise<VerifierScript>): string[] {
  const asked: string[] = [];
  outside.verifier = (token) => {
    asked.push(token);
    return answer(token);
  };
  return asked;
}

const scriptOf = (token: string) => (token.startsWith("tkn") ? YES : NO);

describe("a flood of invented tokens from 20 addresses", () => {
  it(
    "leaves genuine callbacks decided at once, from an address nobody knew before",
    { timeout: 60_000 },
    async () => {
      const asked = askedAbout(scriptOf);
      const handedOver = vi.spyOn(bindings.DELIVERIES, "sendBatch");
      const fromFlood: Response[] = [];
      const fromProvider: Response[] = [];
      for (let second = 0; second < 10; second += 1) {
        vi.setSystemTime(Date.now() + 1000);
        const flood = Array.from({ length: FLOOD_PER_SECOND }, (_, i) =>
          ipn(invented(), strangers[i % strangers.length]),
        );
        fromProvider.push(await ipn(genuine(), PROVIDER), await ipn(genuine(), PROVIDER));
        fromFlood.push(...(await Promise.all(flood)));
      }
      expect(outcomes(fromProvider)).toEqual(["200 accepted"]);
      const useless = asked.filter((token) => token.startsWith("invented"));
      expect(useless.length).toBeLessThanOrEqual(USELESS_QUESTIONS_PER_CALLER * strangers.length);
      expect(useless.length).toBeLessThan(fromFlood.length);
      expect(outcomes(fromFlood).toSorted()).toEqual(["200 deferred", "401 null", "429 null"]);
      await vi.waitFor(() => expect(outside.delivered).toHaveLength(fromProvider.length), {
        timeout: 10_000,
      });
      // What waits for the verifier shares no queue with what is to be delivered, which left at once.
      expect(handedOver).not.toHaveBeenCalled();
    },
  );

  it("and a verifier that hangs over them has room for the genuine ones", { timeout: 30_000 }, async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<typeof NO>();
    const asked = askedAbout((token) => (token.startsWith("tkn") ? YES : released));
    const few = strangers.slice(0, 3);
    const flood = Array.from({ length: 300 }, (_, i) => ipn(invented(), few[i % few.length]));
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(few.length));
    const burst = await Promise.all(Array.from({ length: 40 }, () => ipn(genuine(), PROVIDER)));
    expect(outcomes(burst)).toEqual(["200 accepted"]);
    const hanging = asked.filter((token) => token.startsWith("invented"));
    expect(hanging.length).toBeLessThanOrEqual(USELESS_QUESTIONS_PER_CALLER * few.length);
    release(NO);
    expect((await Promise.all(flood)).filter(({ status }) => status === 503)).toEqual([]);
  });

  it("counts a /64 as one caller, and another /64 as another", async () => {
    const asked = askedAbout(scriptOf);
    for (let i = 0; i < 100; i += 1) await ipn(invented(), `2001:db8:0:1::${i.toString(16)}`);
    expect(asked.length).toBeLessThanOrEqual(USELESS_QUESTIONS_PER_CALLER);
    expect(outcomes([await ipn(genuine(), "2001:db8:0:2::1")])).toEqual(["200 accepted"]);
  });

  it("is over after a minute for whoever has stopped", async () => {
    const asked = askedAbout(scriptOf);
    for (let i = 0; i < 100; i += 1) await ipn(invented(), PROVIDER);
    expect(outcomes([await ipn(genuine(), PROVIDER)])).not.toEqual(["200 accepted"]);
    vi.setSystemTime(Date.now() + 60_000);
    const before = asked.length;
    expect(outcomes([await ipn(genuine(), PROVIDER)])).toEqual(["200 accepted"]);
    expect(asked.length).toBe(before + 1);
  });

  it("keeps no address", async () => {
    outside.verifier = { status: 503 };
    await ipn(invented(), PROVIDER);
    const kept = JSON.stringify(await keptRows());
    expect(kept).toContain("deferred");
    expect(kept).not.toContain(PROVIDER);
  });
});

describe("a provider", () => {
  it("whose tokens are valid is never limited", { timeout: 30_000 }, async () => {
    askedAbout(scriptOf);
    vi.spyOn(bindings.QUESTIONS as RateLimit, "limit").mockResolvedValueOnce({ success: true });
    const replies = await Promise.all(Array.from({ length: 200 }, () => ipn(genuine(), PROVIDER)));
    expect(outcomes(replies)).toEqual(["200 accepted"]);
  });

  it("that is known is asked about though strangers have used up the account's questions", async () => {
    askedAbout(scriptOf);
    for (let i = 0; i < 60; i += 1) await ipn(genuine(), PROVIDER);
    // Known by the store, not by memory alone.
    for (const shard of shards) await evictDurableObject(inboxOf(shard));
    const limit = vi.spyOn(bindings.QUESTIONS as RateLimit, "limit").mockResolvedValue({ success: false });
    expect(outcomes([await ipn(genuine(), strangers[0])])).toEqual(["200 deferred"]);
    const replies = await Promise.all(Array.from({ length: 40 }, () => ipn(genuine(), PROVIDER)));
    expect(outcomes(replies)).toEqual(["200 accepted"]);
    expect(limit).toHaveBeenCalledTimes(1);
  });

  it("whose address is over its budget with on_outage = 503 hears 429", async () => {
    const env = envWith({
      ...relay.sources,
      tokenpayments: { "broker-eu": { merchant_id: "M-1001", on_outage: "503" } },
    });
    askedAbout(scriptOf);
    const replies: Response[] = [];
    for (let i = 0; i < 60; i += 1) replies.push(await ipn(invented(), strangers[0], env));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(await keptRows()).toEqual([]);
  });
});

describe("20 copies of one token while the verifier hangs", () => {
  /** This environment, counting the calls its Worker makes to the Inbox objects. */
  function counting(calls: string[]): Env {
    const INBOX = new Proxy(bindings.INBOX, {
      get(namespace, name) {
        if (name !== "getByName") return Reflect.get(namespace, name) as unknown;
        return (shard: string) =>
          new Proxy(namespace.getByName(shard), {
            get(stub, method) {
              if (typeof method === "symbol" || method === "then") return undefined;
              return (...args: unknown[]) => {
                calls.push(method);
                // Called as a method of the stub: its members are no functions to be applied.
                return (stub as unknown as Record<string, (...args: unknown[]) => unknown>)[method]?.(
                  ...args,
                );
              };
            },
          });
      },
    });
    return { ...bindings, INBOX };
  }

  const token = "tkn9f2c0001";
  const body = `merchant_id=M-1001&token=${token}&page_hash=ph_77&invoice=INV-42&amount1=100&currency1=USD&amount2=0.03&currency2=ETH`;
  const copies = (env: Env) =>
    Array.from({ length: 20 }, (_, i) =>
      post(
        {
          method: "POST",
          path: "/in/tokenpayments/broker-eu",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body,
        },
        strangers[i],
        env,
      ),
    );

  it.each([
    { came: "no answer", script: { status: 504 }, expected: ["200 deferred"] },
    { came: "no", script: NO, expected: ["401 null"] },
    { came: "yes", script: YES, expected: ["200 accepted", "200 duplicate"] },
  ])("cost one question and one call each to the registry: $came", async ({ script, expected }) => {
    const { promise: released, resolve: release } = Promise.withResolvers<typeof script>();
    outside.verifier = () => released;
    const calls: string[] = [];
    const replies = copies(counting(calls));
    const consulted = () => calls.filter((name) => name === "consultToken");
    await vi.waitFor(() => expect(consulted()).toHaveLength(20));
    release(script);
    expect(outcomes(await Promise.all(replies)).toSorted()).toEqual(expected);
    expect(outside.verifierCalls).toBe(1);
    expect(consulted()).toHaveLength(20);
    // Beside it one word of what came of the question, and at most two calls for what becomes of a copy.
    expect(calls.length).toBeLessThanOrEqual(20 + 1 + 2 * 20);
  });
});
