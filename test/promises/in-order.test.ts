/** The promise "in order": a payment's events arrive by `sequence`, and no payment waits for another. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Leased, Reference } from "../../src/inbox/protocol.ts";
import { Inbox } from "../../src/inbox/inbox.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { acceptance, paymentId } from "../support/events.ts";
import { relay as relayConfig } from "../support/bindings.ts";
import { bindings, inboxOf, keptRows } from "../support/worker.ts";
import { cryptopay, evictAll, ledger, openRelay, send, type Relay } from "./relay.ts";

vi.setConfig({ testTimeout: 120_000 });

let relay: Relay;

beforeEach(async () => {
  relay = await openRelay();
});

/** Refund by refund: every one of them is forwarded. */
function refund(payment: string, index: number) {
  return acceptance({
    payment,
    event: `${payment}.${index}`,
    status: "partially_refunded",
    refunded: `${index + 1}.00`,
  });
}

async function home(payment: string) {
  return inboxOf(await shardOf(paymentId(payment), 8));
}

async function sequencesKept(): Promise<Map<string, number[]>> {
  const kept = new Map<string, number[]>();
  for (const { event } of await keptRows()) {
    if (!event?.data.sequence) continue;
    const { payment_id, sequence } = event.data;
    kept.set(payment_id, [...(kept.get(payment_id) ?? []), sequence]);
  }
  return kept;
}

const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("one payment", () => {
  it("gives 200 distinct events that come at once one contiguous sequence", async () => {
    const inbox = await home("p");
    await Promise.all(oneTo(200).map((index) => inbox.accept(refundUpwards("p", index))));
    const [sequence] = [...(await sequencesKept()).values()];
    expect(sequence).toEqual(oneTo(sequence?.length ?? 0));
    expect(sequence).toHaveLength(200);
    await relay.untilSettled();
    expect(relay.mistakes()).toEqual([]);
    expect(relay.booked.size).toBe(200);
  });

  it("keeps its order while leases, attempts, failures and settlements interleave with arrivals", async () => {
    const inbox = await home("p");
    let requests = 0;
    relay.crm = async () => {
      requests += 1;
      if (requests % 3 === 0) return new Response("", { status: 500 });
      await Promise.resolve();
      return new Response("ok");
    };
    await Promise.all(
      oneTo(60).map(async (index) => {
        await inbox.accept(refundUpwards("p", index));
        if (index % 5 === 0) await relay.consume();
        if (index % 20 === 0) await evictAll();
      }),
    );
    await relay.untilSettled();
    expect(relay.mistakes()).toEqual([]);
    expect(relay.booked.size).toBe(60);
  });

  it("posted to the ingress is delivered as it happened, whatever the queue's order", async () => {
    for (const [event, status] of [
      ["e1", "created"],
      ["e2", "processing"],
      ["e3", "succeeded"],
    ] as const) {
      expect(await send(await cryptopay("p1", event, status))).toMatchObject({ outcome: "accepted" });
    }
    const seen: Reference[] = [];
    relay.take = (references) => {
      seen.unshift(...references);
      return references.toReversed();
    };
    await relay.untilSettled();
    expect(relay.mistakes()).toEqual([]);
    expect([...relay.sequences.values()]).toEqual([[1, 2, 3]]);
  });

  it("goes on after an event that is dead, and the dead one can still be replayed", async () => {
    const inbox = await home("p");
    for (const index of [1, 2, 3]) await inbox.accept(refundUpwards("p", index));
    relay.crm = ({ data }) => new Response("", { status: data.sequence === 1 ? 400 : 200 });
    await relay.untilSettled();
    expect([...relay.sequences.values()]).toEqual([[2, 3]]);
    relay.crm = () => new Response("ok");
    await inbox.replay(1, undefined, "op");
    await relay.untilSettled();
    expect([...relay.sequences.values()]).toEqual([[2, 3, 1]]);
  });
});

describe("many payments", () => {
  it("999 are ordered and delivered beside one that is poisoned", async () => {
    const names = oneTo(1_000).map((index) => `p${index}`);
    for (const name of names) {
      const inbox = await home(name);
      await Promise.all([1, 2].map((index) => inbox.accept(refundUpwards(name, index))));
    }
    const poisoned = paymentId("p500");
    relay.crm = ({ data }) => new Response("", { status: data.payment_id === poisoned ? 500 : 200 });
    const startedMs = Date.now();
    // Before the poisoned one has had its second retry, all the others are delivered.
    while ((await ledger()).destinations.crm?.delivered !== 1_998) {
      const happened = (await relay.consume()) + (await relay.ring());
      await relay.quiet();
      if (happened === 0) vi.setSystemTime(Date.now() + 1_000);
      expect(Date.now() - startedMs).toBeLessThan(60_000);
    }
    expect(relay.sequences.size).toBe(999);
    expect([...relay.sequences.values()].every((seen) => seen.join() === "1,2")).toBe(true);
    relay.crm = () => new Response("ok");
    await relay.untilSettled();
    expect(relay.sequences.size).toBe(1_000);
    expect(relay.mistakes()).toEqual([]);
  });
});

describe("a destination that wants no order", () => {
  const leaseBoth = async (ordered: boolean): Promise<Leased[]> => {
    const { crm } = relayConfig.destinations;
    const RELAY = JSON.stringify({ ...relayConfig, destinations: { crm: { ...crm, ordered } } });
    return await runInDurableObject(inboxOf("8/0"), async (_, state) => {
      const inbox = new Inbox(state, { ...bindings, RELAY });
      await inbox.accept(refundUpwards("p", 1));
      await inbox.accept(refundUpwards("p", 2));
      const reference = (n: number): Reference => ({
        shard: "8/0",
        payment: paymentId("p"),
        n,
        event: "",
        destination: "crm",
      });
      return await inbox.lease([reference(1), reference(2)]);
    });
  };

  it("receives events of one payment concurrently", async () => {
    expect(await leaseBoth(false)).toMatchObject([
      { kind: "deliver", sequence: 1 },
      { kind: "deliver", sequence: 2 },
    ]);
  });

  it("is not the default", async () => {
    expect(await leaseBoth(true)).toMatchObject([{ kind: "deliver", sequence: 1 }, { kind: "held" }]);
  });
});

/** The index-th arrival refunds more than any before it, whichever of them comes first. */
function refundUpwards(payment: string, index: number) {
  const made = refund(payment, index);
  return { ...made, event: { ...made.event, kind: "updated" as const } };
}
