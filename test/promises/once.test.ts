/** The promise "once": one `webhook-id` per event for ever, however often and however concurrently its callback comes. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { recentCallbacks } from "../../src/ingress/shield.ts";
import { bindings, keptRows } from "../support/worker.ts";
import {
  bent,
  cryptopay,
  evictAll,
  ipay,
  iqpay,
  ledger,
  openRelay,
  send,
  tokenpayments,
  type Reply,
  type Relay,
} from "./relay.ts";

vi.setConfig({ testTimeout: 60_000 });

let relay: Relay;

beforeEach(async () => {
  relay = await openRelay();
  relay.outside.verifier = { status: 200, content_type: "application/json", body: '{"valid":true}' };
});

const COPIES = 200;

function outcomes(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, outcome } of replies) {
    const key = `${status} ${outcome}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const callbacks: Record<string, () => Request | Promise<Request>> = {
  ipay: () => ipay("aa01"),
  cryptopay: () => cryptopay("p1", "e1", "succeeded"),
  iqpay: () => iqpay("bb02", 1),
  tokenpayments: () => tokenpayments("cc03"),
};

describe("the same callback", () => {
  it.each(Object.keys(callbacks))(
    `of %s ${COPIES} times at once is one event and ${COPIES} successes`,
    async (name) => {
      const replies = await Promise.all(
        Array.from({ length: COPIES }, async () => await send((await callbacks[name]?.()) as Request)),
      );
      expect(outcomes(replies)).toEqual({ "200 accepted": 1, "200 duplicate": COPIES - 1 });
      expect(new Set(replies.map(({ id }) => id)).size).toBe(1);
      expect(await keptRows()).toHaveLength(1);
      await relay.untilSettled();
      expect([...relay.booked.values()]).toEqual([1]);
    },
  );

  it("is a duplicate before, during and after its delivery, after evictions and after a month", async () => {
    const first = await send(ipay("aa01"));
    expect(first.outcome).toBe("accepted");
    const again = async () => expect(await send(ipay("aa01"))).toEqual({ ...first, outcome: "duplicate" });
    await again();
    relay.crm = async () => {
      await again();
      return new Response("ok");
    };
    await relay.untilSettled();
    await again();
    await evictAll();
    await again();
    vi.setSystemTime(Date.now() + 30 * 86_400_000);
    await again();
    await relay.untilSettled();
    expect([...relay.booked.values()]).toEqual([1]);
  });

  it("is one event although the provider signs every repeat anew", async () => {
    const first = await send(await cryptopay("p1", "e1", "succeeded"));
    vi.setSystemTime(Date.now() + 3_600_000);
    const second = await send(await cryptopay("p1", "e1", "succeeded"));
    expect([first.outcome, second.outcome]).toEqual(["accepted", "duplicate"]);
    expect(second.id).toBe(first.id);
  });
});

describe("the shield", () => {
  const shield = () => vi.spyOn(bindings.SEEN, "get");
  /** To an isolate that remembers nothing. */
  const sendElsewhere = async (request: Request) => {
    recentCallbacks.clear();
    return await send(request);
  };

  it("that is down costs a question to the Inbox and nothing else", async () => {
    shield().mockRejectedValue(new Error("KV is down"));
    vi.spyOn(bindings.SEEN, "put").mockRejectedValue(new Error("KV is down"));
    const replies = [];
    for (let i = 0; i < 4; i += 1)
      replies.push(await sendElsewhere(await cryptopay("p1", "e1", "succeeded")));
    expect(outcomes(replies)).toEqual({ "200 accepted": 1, "200 duplicate": 3 });
    expect((await ledger()).sources["cryptopay/broker-eu"]).toMatchObject({ accepted: 1, duplicate: 3 });
  });

  it("that has lost everything lets nothing through twice", async () => {
    shield().mockResolvedValue(null as never);
    const replies = [];
    for (let i = 0; i < 4; i += 1)
      replies.push(await sendElsewhere(await cryptopay("p1", "e1", "succeeded")));
    expect(outcomes(replies)).toEqual({ "200 accepted": 1, "200 duplicate": 3 });
  });

  it("that names another fingerprint does not make an unknown event a duplicate", async () => {
    shield().mockResolvedValue("f".repeat(64) as never);
    expect(await send(await cryptopay("p1", "e1", "succeeded"))).toMatchObject({ outcome: "accepted" });
  });

  it("that is stale does not hide what a repeat says differently", async () => {
    await send(iqpay("bb02", 0));
    await send(iqpay("bb02", 0));
    await send(iqpay("bb02", 0));
    const reply = await send(await bent(iqpay("bb02", 0), (body) => body.replace('"BTC"', '"BTC.LN"')));
    expect(reply.outcome).toBe("duplicate");
    expect((await keptRows()).flatMap(({ warnings }) => warnings).length).toBeGreaterThan(0);
  });

  it("is not asked about a second confirmation: confirmed, reversed and confirmed again is reported", async () => {
    await send(iqpay("bb02", 1));
    await send(iqpay("bb02", 1));
    await send(iqpay("bb02", 2));
    await send(iqpay("bb02", 1));
    const alerts = relay.outside.lines("alert").map(({ about }) => about);
    expect(alerts).toContain("confirmed_after_reversed");
  });
});
