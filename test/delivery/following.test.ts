/** Attempts that follow a settlement, made by whoever settled: by the Worker after its answer, and by the queue's consumer. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { consume } from "../../src/delivery/consumer.ts";
import { attemptFirst } from "../../src/delivery/first-attempts.ts";
import { FollowingAttempts } from "../../src/delivery/following.ts";
import type { Env } from "../../src/env.ts";
import { InboxClient } from "../../src/inbox/client.ts";
import type { LeasedAttempt, Reference, Result } from "../../src/inbox/protocol.ts";
import {
  BATCH_FOLLOWING_MS,
  DEFAULT_DELIVERY_TIMEOUT_MS,
  FOLLOWING_ATTEMPTS_MS,
  MAX_FOLLOWING_ATTEMPTS,
} from "../../src/limits.ts";
import { inbox, later, LEASE_MS, SHARD, SHARE_IN_FLIGHT } from "../support/attempts.ts";
import { configFrom } from "../support/config.ts";
import { acceptance, eventId } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { bindings, freshRelay, inboxOf, type Delivered, type Outside } from "../support/worker.ts";

/** Attempts that begin at this distance, until another might end too late. */
const STEP_MS = 5_000;
const STEPS = (FOLLOWING_ATTEMPTS_MS - DEFAULT_DELIVERY_TIMEOUT_MS) / STEP_MS;

let outside: Outside;
let sent: Reference[];
/** What was settled, in order. */
let settled: Result[];

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
  settled = [];
});

/** Payments with an event each, `e0`, `e1` …; answers those that are under way. */
async function acceptMany(count: number, attemptNow = true): Promise<LeasedAttempt[]> {
  const attempts: LeasedAttempt[] = [];
  for (let n = 0; n < count; n += 1) {
    const accepted = await inbox().accept(acceptance({ payment: `p${n}`, event: `e${n}`, attemptNow }));
    if (accepted.outcome === "accepted") attempts.push(...accepted.attempts);
  }
  return attempts;
}

/** Objects that note what is settled; `answer` may lose the answer to the call of this number, from 1. */
function envThat(answer: (call: number) => void = () => undefined): Env {
  let calls = 0;
  const settle = async (shard: string, results: readonly Result[]) => {
    calls += 1;
    settled.push(...results);
    const answered = await inboxOf(shard).settle(results);
    answer(calls);
    return answered;
  };
  const getByName = (shard: string) =>
    new Proxy(inboxOf(shard), {
      get: (target, name) =>
        name === "settle"
          ? async (results: readonly Result[]) => await settle(shard, results)
          : (Reflect.get(target, name) as unknown),
    });
  return { ...bindings, INBOX: { getByName } as never };
}

const config = () => configFrom(bindings);
const attemptAll = async (attempts: readonly LeasedAttempt[], env = envThat()) => {
  await attemptFirst(attempts, new InboxClient(env, config()), config());
};
const eventOf = ({ headers }: Delivered) => headers.get("webhook-id") ?? "";
const arrived = () => outside.delivered.map(eventOf);
const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => eventId(`e${from + index}`));

describe("the Worker that has answered", () => {
  it("goes on with what waits, the longest waiting first, and the queue carries nothing", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 5);
    await attemptAll(attempts.slice(0, 1));
    expect(arrived()).toEqual([eventId("e0"), ...events(SHARE_IN_FLIGHT, 5)]);
    expect(settled.every(({ hasMessage }) => hasMessage === false)).toBe(true);
    expect(sent).toEqual([]);
  });

  it("ends before the platform ends it, and leaves the rest to the queue", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 5);
    outside.crm = () => {
      later(STEP_MS);
      return new Response("ok");
    };
    await attemptAll(attempts.slice(0, 1));
    expect(arrived()).toEqual([eventId("e0"), ...events(SHARE_IN_FLIGHT, STEPS)]);
    expect(sent.map(({ event }) => event)).toEqual(events(SHARE_IN_FLIGHT + STEPS, 1));
  });

  it("after a lost answer asks for nothing more: what it leased arrives once, when its lease is over", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 1);
    const env = envThat((call) => {
      if (call === 1) throw new Error("the connection was lost");
    });
    await attemptAll(attempts.slice(0, 1), env);
    expect(settled.map(({ nextWithinMs }) => nextWithinMs)).toEqual([FOLLOWING_ATTEMPTS_MS, 0]);
    await attemptAll(attempts.slice(1));
    expect(arrived()).toEqual(events(0, SHARE_IN_FLIGHT));

    later(LEASE_MS);
    await runDurableObjectAlarm(inbox());
    expect(sent.map(({ event }) => event)).toEqual(events(SHARE_IN_FLIGHT, 1));
    await consumeThese(sent);
    expect(arrived()).toEqual(events(0, SHARE_IN_FLIGHT + 1));
  });

  it("stops where it fails itself, and what it had leased is left to the sweep", async () => {
    const attempts = await acceptMany(SHARE_IN_FLIGHT + 2);
    const env = envThat((call) => {
      if (call > 1) throw new Error("overloaded");
    });
    await attemptAll(attempts.slice(0, 1), env);
    expect(arrived()).toEqual([eventId("e0"), ...events(SHARE_IN_FLIGHT, 1)]);
    expect(outside.lines("fault").map(({ where }) => where)).toEqual(["settle", "first_attempt"]);
  });
});

// ---- the consumer ------------------------------------------------------------------------------------

function messageOf(body: Reference) {
  return { id: body.event, body, attempts: 1, ack: vi.fn(), retry: vi.fn() };
}

async function consumeThese(references: readonly Reference[], env = envThat()) {
  const messages = references.map(messageOf);
  const reprocess = () => Promise.reject(new Error("nothing to decide"));
  await consume(messages, { env, config: config(), reprocess });
  return messages;
}

describe("the queue's consumer", () => {
  const underWay = async (count: number) => {
    await acceptMany(count, false);
    return sent.splice(0);
  };

  it("goes on with what has no message, and answers each message once", async () => {
    const references = await underWay(SHARE_IN_FLIGHT + 4);
    const [message] = await consumeThese(references.slice(0, 1));
    expect(arrived()).toEqual([eventId("e0"), ...events(SHARE_IN_FLIGHT, 4)]);
    expect(settled.map(({ hasMessage }) => hasMessage)).toEqual([true, false, false, false, false]);
    expect(message?.ack).toHaveBeenCalledOnce();
    expect(message?.retry).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
  });

  it("asks for no more while a message of its batch waits for a connection", async () => {
    const references = await underWay(8);
    const others = Promise.withResolvers<void>();
    const hanging = new Set(events(0, 5));
    outside.crm = async (request) => {
      if (hanging.has(eventOf(request))) await others.promise;
      if (eventOf(request) === eventId("e7")) others.resolve();
      return new Response("ok");
    };
    await consumeThese(references);
    const asked = new Map(settled.map(({ reference, nextWithinMs }) => [reference.event, nextWithinMs]));
    const expected = Array.from({ length: 8 }, (_, n) => (n === 5 || n === 6 ? 0 : FOLLOWING_ATTEMPTS_MS));
    expect(events(0, 8).map((event) => asked.get(event))).toEqual(expected);
  });

  it("asks for no more once its batch has lasted a while", async () => {
    const references = await underWay(SHARE_IN_FLIGHT + 1);
    outside.crm = () => {
      later(BATCH_FOLLOWING_MS);
      return new Response("ok");
    };
    await consumeThese(references.slice(0, 1));
    expect(arrived()).toEqual([eventId("e0")]);
    expect(sent.map(({ event }) => event)).toEqual(events(SHARE_IN_FLIGHT, 1));
  });

  it("stops where it fails itself, and the message that went before is not retried for it", async () => {
    const references = await underWay(SHARE_IN_FLIGHT + 1);
    const env = envThat((call) => {
      if (call > 1) throw new Error("overloaded");
    });
    const [message] = await consumeThese(references.slice(0, 1), env);
    expect(message?.ack).toHaveBeenCalledOnce();
    expect(message?.retry).not.toHaveBeenCalled();
    const event = eventId(`e${SHARE_IN_FLIGHT}`);
    expect(outside.lines("fault")).toMatchObject([
      { where: "settle" },
      { where: "consumer", shard: SHARD, event },
    ]);
  });
});

it("an invocation makes no more of them than its share of calls allows", async () => {
  const following = new FollowingAttempts();
  let made = 0;
  await following.make({} as LeasedAttempt, (next) => {
    made += 1;
    return Promise.resolve(following.nextWithinMs() > 0 ? next : undefined);
  });
  expect(made).toBe(MAX_FOLLOWING_ATTEMPTS);
});
