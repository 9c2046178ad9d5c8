/**
 * The consumer in workerd, between real Inbox objects and a programmable receiver. Acks and delays are
 * recorded by spies, because the runtime's report of a batch leaves the delays out.
 */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Destination, RelayConfig } from "../../src/config/schema.ts";
import { consume, type ConsumerNeeds } from "../../src/delivery/consumer.ts";
import { consumeDead } from "../../src/delivery/dead-letters.ts";
import type { Env } from "../../src/env.ts";
import { InboxClient } from "../../src/inbox/client.ts";
import type { Inbox } from "../../src/inbox/inbox.ts";
import { VERIFIER, type Reference, type StoredCallback } from "../../src/inbox/protocol.ts";
import { HANDOVER_TIMEOUT_MS } from "../../src/limits.ts";
import { bindings, freshRelay, inboxOf, type Outside } from "../support/worker.ts";
import { acceptance, eventId, type Stated } from "../support/events.ts";
import { configFrom } from "../support/config.ts";
import { interceptQueue } from "../support/queue.ts";

/** Ahead of the real clock, so that no alarm fires by itself. */
const NOW = "2036-01-01T00:00:00.000Z";
const SHARD = "8/0";
/** Attempt time-out and grace of a lease: an earlier retry would find it still held. */
const AFTER_CLAIM_SECONDS = 20;

let outside: Outside;
let sent: Reference[];
let config: RelayConfig;

beforeEach(async () => {
  outside = await freshRelay(NOW);
  sent = interceptQueue();
  config = configFrom(bindings);
});

// ---- a queue, an Inbox and a clock under control -----------------------------------------------------

function message(body: unknown, attempts = 1) {
  return { id: crypto.randomUUID(), body, attempts, ack: vi.fn(), retry: vi.fn() };
}
type FakeMessage = ReturnType<typeof message>;

/** What became of a message: exactly one thing. */
function fate({ ack, retry }: FakeMessage): "acked" | number | "nothing" | "both" {
  const calls = ack.mock.calls.length + retry.mock.calls.length;
  if (calls !== 1) return calls === 0 ? "nothing" : "both";
  const [options] = (retry.mock.calls[0] ?? []) as [{ delaySeconds: number }?];
  return options?.delaySeconds ?? "acked";
}

/** Accepts an event in a shard and takes the reference it handed over. */
async function owed(stated: Stated & { shard?: string } = {}): Promise<Reference> {
  const before = sent.length;
  await inboxOf(stated.shard ?? SHARD).accept(acceptance(stated));
  await vi.waitFor(() => expect(sent.length).toBe(before + 1));
  return sent[before] as Reference;
}

type Calls = Partial<Pick<Inbox, "lease" | "settle" | "settleVerification">>;

/** Inbox objects with some of their calls replaced, the rest being real. */
function envWith(calls: (shard: string) => Calls): Env {
  const getByName = (shard: string) => {
    const real = inboxOf(shard);
    const replaced = calls(shard) as Record<string, unknown>;
    return new Proxy(real, {
      get: (target, name) => replaced[name as string] ?? (Reflect.get(target, name) as unknown),
    });
  };
  return { ...bindings, INBOX: { getByName } as never };
}

async function run(messages: FakeMessage[], needs: Partial<ConsumerNeeds> = {}): Promise<void> {
  await consume(messages, {
    env: bindings,
    config,
    reprocess: () => Promise.reject(new Error("nothing to decide")),
    ...needs,
  });
}

function withDestination(change: Partial<Destination>): RelayConfig {
  const crm = config.destinations.get("crm") as Destination;
  return { ...config, destinations: new Map([["crm", { ...crm, ...change }]]) };
}

async function stateOf(of: Reference) {
  const [detail] = await inboxOf(of.shard).find(of.event);
  const [delivery] = detail?.row.deliveries ?? [];
  return { state: delivery?.state, attempts: detail?.attempts.length };
}

const UNTOUCHED = { state: "pending", attempts: 0 };
const faults = () => outside.lines("fault");
const alerts = () => outside.lines("alert").map(({ about }) => about);

// ---- success -----------------------------------------------------------------------------------------

describe("a batch", () => {
  it("over several shards is delivered, settled and acknowledged, with few calls", async () => {
    const shards = ["8/0", "8/3", "8/5"];
    const references: Reference[] = [];
    for (const shard of shards) {
      for (const name of ["a", "b"]) {
        references.push(await owed({ shard, payment: `${shard}${name}`, event: `${shard}${name}` }));
      }
    }
    const calls: string[] = [];
    const env = envWith((shard) => ({
      lease: async (asked) => {
        calls.push(`lease ${shard}`);
        return await inboxOf(shard).lease(asked);
      },
    }));
    const messages = references.map((reference) => message(reference));
    await run(messages, { env });
    expect(messages.map(fate)).toEqual(Array(6).fill("acked"));
    expect(outside.delivered.map(({ headers }) => headers.get("webhook-id") ?? "").toSorted()).toEqual(
      references.map(({ event }) => event).toSorted(),
    );
    for (const reference of references)
      expect(await stateOf(reference)).toMatchObject({ state: "delivered" });
    expect(calls.toSorted()).toEqual(shards.map((shard) => `lease ${shard}`));
  });

  it("that is repeated is acknowledged and sends nothing", async () => {
    const reference = await owed();
    await run([message(reference)]);
    const again = [message(reference, 2), message(reference, 3)];
    await run(again);
    expect(again.map(fate)).toEqual(["acked", "acked"]);
    expect(outside.delivered).toHaveLength(1);
  });

  it("with one message twice sends it once", async () => {
    const reference = await owed();
    const both = [message(reference), message(reference)];
    await run(both);
    expect(both.map(fate)).toEqual(["acked", "acked"]);
    expect(outside.delivered).toHaveLength(1);
  });

  it("of nothing is nothing", async () => {
    await run([]);
    expect(outside.delivered).toEqual([]);
  });

  it("is settled while one receiver still hangs", async () => {
    const hanging = Promise.withResolvers<Response>();
    outside.crm = ({ headers }) =>
      headers.get("webhook-id") === eventId("slow") ? hanging.promise : new Response("ok");
    const slow = message(await owed({ payment: "slow", event: "slow" }));
    const quick: FakeMessage[] = [];
    for (let i = 0; i < 8; i += 1) quick.push(message(await owed({ payment: `q${i}`, event: `q${i}` })));
    const running = run([slow, ...quick]);
    await vi.waitFor(() => expect(quick.map(fate)).toEqual(Array(8).fill("acked")));
    for (const { body } of quick)
      expect(await stateOf(body as Reference)).toMatchObject({ state: "delivered" });
    expect(fate(slow)).toBe("nothing");
    hanging.resolve(new Response("at last"));
    await running;
    expect(fate(slow)).toBe("acked");
  });

  it("leases what it sends now, and leaves the rest unleased until then", async () => {
    const hanging = Promise.withResolvers<Response>();
    outside.crm = () => hanging.promise.then((response) => response.clone());
    const messages = [];
    for (let i = 0; i < 9; i += 1) messages.push(message(await owed({ payment: `p${i}`, event: `e${i}` })));
    const running = run(messages);
    await vi.waitFor(() => expect(outside.delivered).toHaveLength(6));
    const [last] = await inboxOf(SHARD).lease([messages[8]?.body as Reference]);
    expect(last).toMatchObject({ kind: "deliver" });
    hanging.resolve(new Response("ok"));
    await running;
    expect(outside.delivered).toHaveLength(8);
    expect(messages.map(fate)).toEqual(Array(9).fill("acked"));
  });
});

describe("a lease that says", () => {
  const leased = (lease: object) => ({
    env: envWith(() => ({ lease: (asked) => Promise.resolve(asked.map(() => lease)) as never })),
  });

  it.each([
    ["done", { kind: "done" }, "acked"],
    ["held", { kind: "held" }, "acked"],
    ["wait", { kind: "wait", seconds: 3.2 }, 4],
    ["wait, not at all", { kind: "wait", seconds: 0 }, 0],
    ["wait, longer than a queue can", { kind: "wait", seconds: 90_000.5 }, 86_400],
  ])("%s", async (_, lease, expected) => {
    const one = message(await owed());
    await run([one], leased(lease));
    expect(fate(one)).toBe(expected);
    expect(outside.delivered).toEqual([]);
  });

  it("to deliver to a destination that was removed since: later, when it is parked", async () => {
    const one = message(await owed());
    await run([one], { config: { ...config, destinations: new Map() } });
    expect(fate(one)).toBe(10);
    expect(outside.delivered).toEqual([]);
    expect(await stateOf(one.body as Reference)).toEqual(UNTOUCHED);
  });
});

// ---- refusals ------------------------------------------------------------------------------------------

describe("the receiver's no", () => {
  it("is recorded and retried by the schedule, rounded up to whole seconds", async () => {
    outside.crm = () => new Response("broken", { status: 500 });
    const one = message(await owed());
    await run([one]);
    expect(fate(one)).toBeGreaterThanOrEqual(5);
    expect(fate(one)).toBeLessThanOrEqual(6);
    expect(await stateOf(one.body as Reference)).toEqual({ state: "pending", attempts: 1 });
    const early = message(one.body);
    vi.setSystemTime(Date.now() + 1_000);
    await run([early]);
    expect(fate(early)).toBeGreaterThanOrEqual(4);
    expect(outside.delivered).toHaveLength(1);
  });

  it.each([
    [429, "90", 90],
    [503, "Tue, 01 Jan 2036 00:01:30 GMT", 90],
    [503, "999999", 86_400],
  ])("%i with retry-after %j is retried after %i s", async (status, retryAfter, seconds) => {
    outside.crm = () => new Response("", { status, headers: { "retry-after": retryAfter } });
    const one = message(await owed());
    await run([one]);
    expect(fate(one)).toBe(seconds);
  });

  it("a delay with its jitter is no longer than the queue can hold", async () => {
    const env = envWith(() => ({
      settle: (results) => Promise.resolve(results.map(() => ({ next: "retry" as const, seconds: 95_040 }))),
    }));
    const one = message(await owed());
    await run([one], { env });
    expect(fate(one)).toBe(86_400);
  });

  it("410 acknowledges, pauses the destination and keeps the event", async () => {
    outside.crm = () => new Response("", { status: 410 });
    const one = message(await owed());
    await run([one]);
    expect(fate(one)).toBe("acked");
    expect(await stateOf(one.body as Reference)).toEqual({ state: "parked", attempts: 1 });
    expect(alerts()).toContain("destination_gone");
  });

  it.each<[string, () => Response | Promise<Response>]>([
    ["a redirect to itself", () => new Response(null, { status: 302, headers: { location: "/" } })],
    ["a broken connection", () => Promise.reject(new Error("Network connection lost."))],
    ["a platform's internal error", () => Promise.reject(new Error("internal error; reference = x"))],
    ["a rejection with nothing", () => Promise.reject()],
    ["a body of NULs", () => new Response("\0".repeat(40_000), { status: 400 })],
    ["a body that breaks", () => new Response(brokenStream(), { status: 502 })],
    [
      "headers full of nonsense",
      () => new Response("", { status: 503, headers: { "retry-after": "-1, x" } }),
    ],
    ["lone surrogates in escapes", () => new Response(String.raw`{"a":"\ud800"}`, { status: 422 })],
    ["a body that pretends to be our JSON", () => new Response('{"next":"done"}', { status: 404 })],
  ])("however it is said, it is never our failure: %s", async (_, crm) => {
    outside.crm = crm;
    const one = message(await owed());
    await run([one]);
    expect(typeof fate(one)).toBe("number");
    expect(faults()).toEqual([]);
    expect(await stateOf(one.body as Reference)).toEqual({ state: "pending", attempts: 1 });
  });
});

// ---- our own failure -------------------------------------------------------------------------------------

describe("a failure of the relay changes nothing and is retried", () => {
  it("an Inbox that cannot be asked: the messages of its shard only", async () => {
    const broken = [message(await owed({ payment: "x", event: "x" }))];
    const fine = message(await owed({ payment: "y", event: "y", shard: "8/3" }));
    const down = () => Promise.reject(new Error("overloaded"));
    await run([...broken, fine], { env: envWith((shard) => (shard === SHARD ? { lease: down } : {})) });
    expect(broken.map(fate)).toEqual([AFTER_CLAIM_SECONDS]);
    expect(fate(fine)).toBe("acked");
    expect(faults()).toMatchObject([{ where: "consumer", shard: SHARD, event: eventId("x") }]);
    expect(await stateOf(broken[0]?.body as Reference)).toEqual(UNTOUCHED);
  });

  it("no way to an Inbox at all", async () => {
    const one = message(await owed());
    const INBOX = {
      getByName: () => {
        throw new Error("no such namespace");
      },
    };
    await run([one], { env: { ...bindings, INBOX: INBOX as never } });
    expect(fate(one)).toBe(AFTER_CLAIM_SECONDS);
  });

  it("a result that cannot be noted is sent again, under the same id and number", async () => {
    const one = message(await owed());
    await run([one], { env: envWith(() => ({ settle: () => Promise.reject(new Error("restarting")) })) });
    expect(fate(one)).toBe(AFTER_CLAIM_SECONDS);
    expect(await stateOf(one.body as Reference)).toEqual(UNTOUCHED);
    expect(outside.lines("delivery")).toMatchObject([{ outcome: "delivered", unsettled: true }]);

    vi.setSystemTime(Date.now() + AFTER_CLAIM_SECONDS * 1_000);
    const again = message(one.body, 2);
    await run([again]);
    expect(fate(again)).toBe("acked");
    const ids = outside.delivered.map(({ headers }) => [
      headers.get("webhook-id"),
      headers.get("relay-attempt"),
    ]);
    expect(ids).toEqual([
      [eventId("e"), "1"],
      [eventId("e"), "1"],
    ]);
    expect(await stateOf(one.body as Reference)).toEqual({ state: "delivered", attempts: 1 });
  });

  it("a settlement that fails once is made the second time", async () => {
    let calls = 0;
    const env = envWith((shard) => ({
      settle: async (results) => {
        calls += 1;
        if (calls === 1) throw new Error("the object was moved");
        return await inboxOf(shard).settle(results);
      },
    }));
    const one = message(await owed());
    await run([one], { env });
    expect(fate(one)).toBe("acked");
    expect(await stateOf(one.body as Reference)).toMatchObject({ state: "delivered" });
  });

  it("a request that cannot be made", async () => {
    const one = message(await owed());
    await run([one], { config: withDestination({ headers: { "x-a": "b\r\nc" } }) });
    expect(fate(one)).toBe(AFTER_CLAIM_SECONDS);
    expect(outside.delivered).toEqual([]);
    expect(await stateOf(one.body as Reference)).toEqual(UNTOUCHED);
  });

  it.each([
    [1, AFTER_CLAIM_SECONDS],
    [2, 20],
    [3, 40],
    [6, 320],
    [8, 900],
    [99, 900],
    [5_000, 900],
  ])("at delivery %i of the message it waits %i s", async (attempts, seconds) => {
    const one = message(await owed(), attempts);
    await run([one], { env: envWith(() => ({ lease: () => Promise.reject(new Error("down")) })) });
    expect(fate(one)).toBe(seconds);
  });

  it("no live key: nothing is sent, one alert is raised, and the sweep hands it over again", async () => {
    const expired = { id: "old", value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", notAfterMs: 0 };
    const messages = [message(await owed()), message(await owed({ payment: "q", event: "q" }))];
    await run(messages, { config: withDestination({ secrets: [expired] }) });
    expect(messages.map(fate)).toEqual(["acked", "acked"]);
    expect(outside.delivered).toEqual([]);
    expect(alerts()).toEqual(["no_live_key"]);
    for (const { body } of messages) expect(await stateOf(body as Reference)).toEqual(UNTOUCHED);

    sent.length = 0;
    vi.setSystemTime(Date.now() + HANDOVER_TIMEOUT_MS + 1);
    await runDurableObjectAlarm(inboxOf(SHARD));
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    const again = sent.map((reference) => message(reference));
    await run(again);
    expect(outside.delivered).toHaveLength(2);
  });
});

// ---- deferred callbacks --------------------------------------------------------------------------------------

describe("a deferred callback", () => {
  const reference: Reference = {
    shard: SHARD,
    payment: "callback:x",
    n: 1,
    event: "cb_1",
    destination: VERIFIER,
  };
  const lease = {
    kind: "verify",
    source: "tokenpayments/broker-eu",
    callback: {} as StoredCallback,
    attempt: 2,
  };
  const calls = (settleVerification: Calls["settleVerification"]) => ({
    env: envWith(() => ({
      lease: () => Promise.resolve([lease]) as never,
      ...(settleVerification ? { settleVerification } : {}),
    })),
  });

  it("is decided again and settled", async () => {
    const settled = vi.fn(() => Promise.resolve({ next: "retry" as const, seconds: 59.1 }));
    const one = message(reference);
    await run([one], {
      ...calls(settled),
      reprocess: () => Promise.resolve({ kind: "undecided", reason: "verifier_timeout" }),
    });
    expect(fate(one)).toBe(60);
    expect(settled).toHaveBeenCalledWith(
      reference,
      expect.objectContaining({ attempt: 2, status: null, error: "verifier_timeout" }),
      { kind: "undecided", reason: "verifier_timeout" },
    );
  });

  it("that cannot be decided because of our failure is retried", async () => {
    const one = message(reference);
    await run([one], { ...calls(undefined), reprocess: () => Promise.reject(new Error("a bug")) });
    expect(fate(one)).toBe(10);
    expect(faults()).toMatchObject([{ event: "cb_1" }]);
  });
});

// ---- messages of another form --------------------------------------------------------------------------------

describe("a message", () => {
  const good = { shard: SHARD, payment: "pay_x", n: 1, event: "evt_x", destination: "crm" };

  it.each<[string, unknown]>([
    ["null", null],
    ["text", "evt_1"],
    ["a number", 7],
    ["a list", [good]],
    ["an empty object", {}],
    ["no shard", { ...good, shard: undefined }],
    ["a shard that is no shard", { ...good, shard: "toString" }],
    ["a shard beyond the last", { ...good, shard: "8/8" }],
    ["a number as text", { ...good, n: "1" }],
    ["half a number", { ...good, n: 1.5 }],
    ["no event", { ...good, event: "" }],
    ["an object for a destination", { ...good, destination: { name: "crm" } }],
  ])("of garbage (%s) is reported, acknowledged, and does not take its batch along", async (_, body) => {
    const bad = message(body);
    const fine = message(await owed());
    await run([bad, fine]);
    expect([bad, fine].map(fate)).toEqual(["acked", "acked"]);
    expect(outside.delivered).toHaveLength(1);
    expect(alerts()).toEqual(["queue_message"]);
    expect(faults()).toEqual([]);
  });

  it("about an unknown payment, or a shard that was never used, is acknowledged", async () => {
    const unknown = [message(good), message({ ...good, shard: "16/15" })];
    await run(unknown);
    expect(unknown.map(fate)).toEqual(["acked", "acked"]);
    expect(outside.delivered).toEqual([]);
  });

  it("in the dead-letter queue is reported and acknowledged, whatever it is", async () => {
    const reference = await owed();
    const dead = [message(reference), message(null), message({ shard: {} })];
    await consumeDead(dead, new InboxClient(bindings, config));
    expect(dead.map(fate)).toEqual(["acked", "acked", "acked"]);
    expect(outside.lines("alert")).toMatchObject([
      { about: "dead_letter_queue", event: reference.event, destination: "crm", shard: SHARD },
      { about: "dead_letter_queue", message: dead[1]?.id },
      { about: "dead_letter_queue", message: dead[2]?.id },
    ]);
    expect(await stateOf(reference)).toEqual(UNTOUCHED);
  });
});

function brokenStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.error(new Error("Network connection lost."));
    },
  });
}
