/** The promise "kept": what got a 2xx reaches the CRM or the dead letters, whatever is lost or killed in between. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import { bindings, inboxOf, keptRows, shards } from "../support/worker.ts";
import worker from "../../src/index.ts";
import {
  alarmOf,
  call,
  cryptopay,
  envWithInbox,
  evictAll,
  ipay,
  iqpay,
  ledger,
  openRelay,
  send,
  sendUnwatched,
  tokenpayments,
  type Relay,
} from "./relay.ts";

/** Some of these run through days of retries. */
vi.setConfig({ testTimeout: 60_000 });

let relay: Relay;

beforeEach(async () => {
  relay = await openRelay();
});

const VALID = { status: 200, content_type: "application/json", body: '{"valid":true}' };

/** One accepted event of each provider, and a second one of two of them. */
async function acceptSome(): Promise<string[]> {
  relay.outside.verifier = VALID;
  const replies = [
    await send(ipay("aa01")),
    await send(await cryptopay("p1", "e1", "processing")),
    await send(await cryptopay("p1", "e2", "succeeded")),
    await send(iqpay("bb02", 0)),
    await send(iqpay("bb02", 1)),
    await send(tokenpayments("cc03")),
  ];
  expect(replies.map(({ status, outcome }) => `${status} ${outcome}`)).toEqual(
    Array.from({ length: 6 }, () => "200 accepted"),
  );
  return replies.map(({ id }) => id ?? "");
}

async function expectAllDelivered(ids: readonly string[]): Promise<void> {
  await relay.untilSettled();
  expect([...relay.booked.keys()].sort()).toEqual([...ids].sort());
  expect(relay.mistakes()).toEqual([]);
  const { destinations } = await ledger();
  expect(destinations.crm).toEqual({
    owed: ids.length,
    delivered: ids.length,
    pending: 0,
    parked: 0,
    dead: 0,
    dismissed: 0,
  });
}

describe.each(["queue", "lost"] as const)("first attempts by way of: %s;", (mode) => {
  beforeEach(async () => {
    relay = await openRelay(mode);
  });

  describe("a queue that", () => {
    it("loses every message of the first hour still carries them all in the end", async () => {
      const ids = await (async () => {
        relay.take = () => [];
        return await acceptSome();
      })();
      const untilMs = Date.now() + 3_600_000;
      relay.take = (references) => (Date.now() < untilMs ? [] : references);
      await expectAllDelivered(ids);
      expect([...relay.booked.values()].every((arrivals) => arrivals === 1)).toBe(true);
    });

    it("refuses every second batch loses nothing", async () => {
      let calls = 0;
      relay.take = (references) => {
        calls += 1;
        if (calls % 2 === 1) throw new Error("Too Many Requests");
        return references;
      };
      await expectAllDelivered(await acceptSome());
    });

    it("doubles every message causes no second arrival", async () => {
      relay.take = (references) => references.flatMap((reference) => [reference, reference, reference]);
      await expectAllDelivered(await acceptSome());
      expect([...relay.booked.values()].every((arrivals) => arrivals === 1)).toBe(true);
    });

    it("brings a message again after its event was settled finds nothing to do", async () => {
      const seen: Reference[] = [];
      relay.take = (references) => {
        seen.push(...references);
        return references;
      };
      await expectAllDelivered(await acceptSome());
      await relay.consumeThese(seen);
      expect(relay.waiting).toEqual([]);
      expect([...relay.booked.values()].every((arrivals) => arrivals === 1)).toBe(true);
    });

    it("gives up a message into the dead-letter queue does not end the event", async () => {
      const ids = await acceptSome();
      await relay.quiet();
      const dead = relay.waiting.map(({ body }) => ({ id: "m", body, ack: vi.fn(), retry: vi.fn() }));
      relay.waiting = [];
      await worker.queue({ queue: "deliveries-dead", messages: dead } as never, bindings);
      for (const { ack } of dead) expect(ack).toHaveBeenCalledOnce();
      expect(relay.outside.lines("alert").filter(({ about }) => about === "dead_letter_queue")).toHaveLength(
        dead.length,
      );
      await expectAllDelivered(ids);
    });
  });

  describe("an Inbox that is evicted", () => {
    it.each(["lease", "settle"])("before and after every %s knows what it owes", async (step) => {
      const ids = await acceptSome();
      await evictAll();
      const env = envWithInbox(async (stub, method, args) => {
        if (method === step) await evictAll();
        const reply = await call(stub, method, args);
        if (method === step) await evictAll();
        return reply;
      });
      await relay.untilSettled({ env });
      await expectAllDelivered(ids);
    });

    it("while an attempt is under way knows what it owes", async () => {
      const ids = await acceptSome();
      relay.crm = async () => {
        await evictAll();
        return new Response("ok");
      };
      await expectAllDelivered(ids);
    });

    it("between any two steps, with a queue that loses everything each time, loses nothing", async () => {
      const ids = await acceptSome();
      for (let kill = 0; kill < 12; kill += 1) {
        relay.waiting = [];
        await evictAll();
        vi.setSystemTime(Date.now() + 40_000);
        await relay.ring();
        await relay.quiet();
        if (kill % 3 === 2) await relay.consume(1);
      }
      await expectAllDelivered(ids);
    });
  });

  describe("an alarm", () => {
    it("whose every statement fails for a while rings again", async () => {
      const ids = await acceptSome();
      await relay.quiet();
      relay.waiting = [];
      vi.setSystemTime(Date.now() + 31_000);
      for (const shard of shards) {
        const atMs = await alarmOf(shard);
        if (atMs === null || atMs > Date.now()) continue;
        await runInDurableObject(inboxOf(shard), (_, state) => {
          vi.spyOn(state.storage, "transactionSync").mockImplementationOnce(() => {
            throw new Error("storage is down");
          });
        });
      }
      expect(await relay.ring()).toBeGreaterThan(0);
      expect(relay.waiting).toEqual([]);
      await expectAllDelivered(ids);
    });
  });

  describe("the CRM", () => {
    it("that fails, hangs up, redirects and limits gets every event in the end", async () => {
      const ids = await acceptSome();
      let requests = 0;
      const replies = [
        () => new Response("", { status: 500 }),
        () => Promise.reject(new Error("connection reset")),
        () => new Response("", { status: 302, headers: { location: "/elsewhere" } }),
        () => new Response("", { status: 429, headers: { "retry-after": "7" } }),
        () => new Response("", { status: 404 }),
      ];
      relay.crm = () => {
        requests += 1;
        return replies[requests]?.() ?? new Response("ok");
      };
      await expectAllDelivered(ids);
    });

    it("that refuses one event for ever finds it among the dead, and everything else delivered", async () => {
      const ids = await acceptSome();
      const poison = ids[1];
      relay.crm = ({ id }) => new Response("", { status: id === poison ? 500 : 200 });
      await relay.untilSettled();
      expect((await ledger()).destinations.crm).toMatchObject({
        delivered: ids.length - 1,
        dead: 1,
        pending: 0,
      });
      expect(relay.booked.has(poison ?? "")).toBe(false);
    });
  });

  describe("a clock", () => {
    it("that jumps an hour back, and ahead again, loses nothing and repeats nothing", async () => {
      let first = true;
      relay.crm = () => {
        const response = new Response("", { status: first ? 500 : 200 });
        first = false;
        return response;
      };
      const ids = await acceptSome();
      await relay.quiet();
      await relay.consume();
      vi.setSystemTime(Date.now() - 3_600_000);
      await relay.ring();
      const more = await send(ipay("dd04"));
      vi.setSystemTime(Date.now() + 7_200_000);
      await expectAllDelivered([...ids, more.id ?? ""]);
    });

    it("that jumps a day ahead, and back again, loses nothing", async () => {
      const ids = await acceptSome();
      vi.setSystemTime(Date.now() + 86_400_000);
      const during = await send(ipay("dd04"));
      vi.setSystemTime(Date.now() - 86_400_000 + 60_000);
      const after = await send(ipay("ee05"));
      await expectAllDelivered([...ids, during.id ?? "", after.id ?? ""]);
    });
  });
});

describe("over the queue", () => {
  it("a queue that gives the same batch to a second consumer has each event attempted once", async () => {
    await acceptSome();
    await relay.quiet();
    const batch = relay.waiting.map(({ body }) => body);
    const crm = Promise.withResolvers<void>();
    relay.crm = async () => {
      await crm.promise;
      return new Response("ok");
    };
    const first = relay.consumeThese(batch);
    await vi.waitFor(() => expect(relay.outside.delivered.length).toBeGreaterThan(0));
    await relay.consumeThese(batch);
    crm.resolve();
    await first;
    await relay.untilSettled();
    expect([...relay.booked.values()].every((arrivals) => arrivals === 1)).toBe(true);
  });

  it.each(["before it was noted", "after it was noted"])(
    "a CRM whose 2xx got lost %s is asked again with the same id and bytes, or not at all",
    async (when) => {
      const ids = await acceptSome();
      const untilMs = Date.now() + 1_000;
      let lost = 0;
      const env = envWithInbox(async (stub, method, args) => {
        if (method !== "settle" || Date.now() > untilMs) return await call(stub, method, args);
        lost += 1;
        if (when === "after it was noted") await call(stub, method, args);
        throw new Error("the network broke");
      });
      await relay.untilSettled({ env });
      await expectAllDelivered(ids);
      expect(lost).toBeGreaterThan(0);
      expect(Math.max(...relay.booked.values())).toBe(when === "after it was noted" ? 1 : 2);
    },
  );
});

describe("storage that refuses", () => {
  it("responds 503 with retry-after to the provider, and stores nothing in part", async () => {
    for (const shard of shards) {
      await runInDurableObject(inboxOf(shard), (_, state) => {
        const exec = state.storage.sql.exec.bind(state.storage.sql);
        vi.spyOn(state.storage.sql, "exec").mockImplementation(((sql: string, ...rest: never[]) => {
          if (sql.includes("INSERT INTO payments")) throw new Error("disk is full");
          return exec(sql, ...rest);
        }) as never);
      });
    }
    const reply = await send(ipay("aa01"));
    expect(reply).toMatchObject({ status: 503, outcome: null, id: null });
    expect(Number(reply.retryAfter)).toBeGreaterThan(0);
    await evictAll();
    expect(await keptRows()).toEqual([]);
    const again = await send(ipay("aa01"));
    expect(again).toMatchObject({ status: 200, outcome: "accepted" });
    await expectAllDelivered([again.id ?? ""]);
  });

  it("responds 503 when the Inbox cannot be reached at all", async () => {
    const unreachable = {
      getByName: () => {
        throw new Error("overloaded");
      },
    };
    const reply = await send(ipay("aa01"), { ...bindings, INBOX: unreachable as never });
    expect(reply.status).toBe(503);
    expect(reply.retryAfter).not.toBeNull();
  });
});

describe("a first attempt by the Worker that accepted", () => {
  beforeEach(async () => {
    relay = await openRelay("made");
  });

  it("is all a healthy event needs: the queue carries nothing", async () => {
    const ids = await acceptSome();
    expect(relay.waiting).toEqual([]);
    await expectAllDelivered(ids);
    expect([...relay.booked.values()].every((arrivals) => arrivals === 1)).toBe(true);
  });

  it("that fails is retried over the queue", async () => {
    let failing = true;
    relay.crm = () => new Response("", { status: failing ? 500 : 200 });
    const ids = await acceptSome();
    failing = false;
    await expectAllDelivered(ids);
  });

  it.each(["before it was noted", "after it was noted"])(
    "whose settlement got lost %s is made again with the same id and bytes, or not at all",
    async (when) => {
      const env = envWithInbox(async (stub, method, args) => {
        if (method !== "settle") return await call(stub, method, args);
        if (when === "after it was noted") await call(stub, method, args);
        throw new Error("the network broke");
      });
      const { id } = await send(ipay("aa01"), env);
      await expectAllDelivered([id ?? ""]);
      expect(Math.max(...relay.booked.values())).toBe(when === "after it was noted" ? 1 : 2);
    },
  );

  it("survives an Inbox that is evicted while it is under way", async () => {
    relay.crm = async () => {
      await evictAll();
      return new Response("ok");
    };
    const ids = await acceptSome();
    await expectAllDelivered(ids);
    expect([...relay.booked.values()].every((arrivals) => arrivals === 1)).toBe(true);
  });

  it("of a CRM that hangs holds up no provider, and its payment's next event waits for it", async () => {
    const crm = Promise.withResolvers<void>();
    relay.crm = async () => {
      await crm.promise;
      return new Response("ok");
    };
    const first = sendUnwatched(await cryptopay("p1", "e1", "processing"));
    expect((await first.reply).outcome).toBe("accepted");
    const second = sendUnwatched(await cryptopay("p1", "e2", "succeeded"));
    expect((await second.reply).outcome).toBe("accepted");
    await vi.waitFor(() => expect(relay.outside.delivered).toHaveLength(1));
    crm.resolve();
    await Promise.all([first.done, second.done]);
    await relay.untilSettled();
    expect(relay.mistakes()).toEqual([]);
    expect([...relay.sequences.values()]).toEqual([[1, 2]]);
  });
});
