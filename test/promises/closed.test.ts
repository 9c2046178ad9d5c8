/** The promise "closed": what is not verified is not forwarded; what cannot be decided is kept and decided later. */
import { beforeEach, describe, expect, it, vi } from "vitest";
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
  type Relay,
} from "./relay.ts";

vi.setConfig({ testTimeout: 60_000 });

const SAYS = (valid: boolean) => ({
  status: 200,
  content_type: "application/json",
  body: JSON.stringify({ valid }),
});
const DOWN = { status: 503 };

let relay: Relay;

beforeEach(async () => {
  relay = await openRelay();
});

describe("what is not verified", () => {
  const forgeries: Record<string, () => Request | Promise<Request>> = {
    "an ipay callback with a guessed token": () => ipay("aa01", { token: "tok_wrong" }),
    "a cryptopay callback that was changed on the way": async () =>
      await bent(await cryptopay("p1", "e1", "succeeded"), (body) => body.replaceAll("2000", "9000")),
    "a cryptopay callback without a signature": async () => {
      const genuine = await cryptopay("p1", "e1", "succeeded");
      const forged = new Request(genuine);
      forged.headers.delete("x-cryptopay-signature");
      return forged;
    },
    "an iqpay callback at a wrong address": () => iqpay("bb02", 1, "guessed-path"),
    "an iqpay callback from another address": () => {
      const forged = new Request(iqpay("bb02", 1));
      forged.headers.set("cf-connecting-ip", "203.0.113.9");
      return forged;
    },
    "a form whose token the provider does not know": () => tokenpayments("cc03"),
  };

  it.each(Object.keys(forgeries))("%s is refused, kept nowhere and never sent", async (name) => {
    relay.outside.verifier = SAYS(false);
    const reply = await send((await forgeries[name]?.()) as Request);
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.status).toBeLessThan(500);
    expect(reply).toMatchObject({ outcome: null, id: null });
    await relay.untilSettled();
    expect(await keptRows()).toEqual([]);
    expect(relay.outside.delivered).toEqual([]);
    expect((await ledger()).sources).toEqual({});
  });

  it("among genuine ones never reaches the CRM", async () => {
    relay.outside.verifier = SAYS(true);
    const genuine = new Set<string>();
    for (let index = 0; index < 10; index += 1) {
      genuine.add((await send(ipay(`aa${index}0`))).id ?? "");
      await send(ipay(`ee${index}0`, { token: "tok_wrong" }));
      await send(iqpay(`ee${index}1`, 1, "guessed-path"));
    }
    await relay.untilSettled();
    expect(new Set(relay.booked.keys())).toEqual(genuine);
  });
});

describe("a configuration that is wrong", () => {
  it("takes nothing in: the provider has to come again", async () => {
    const reply = await send(ipay("aa01"), { ...bindings, RELAY: "{}" });
    expect(reply).toMatchObject({ status: 503, outcome: null });
    expect(reply.retryAfter).not.toBeNull();
    expect(await keptRows()).toEqual([]);
  });
});

describe("a verifier that", () => {
  it("is down defers, and is asked until it says valid: then the event is delivered once", async () => {
    relay.outside.verifier = DOWN;
    const deferred = await send(tokenpayments("cc03"));
    expect(deferred).toMatchObject({ status: 200, outcome: "deferred" });
    vi.setSystemTime(Date.now() + 120_000);
    await relay.ring();
    await relay.quiet();
    await relay.consume();
    expect(relay.outside.delivered).toEqual([]);
    await evictAll();
    relay.outside.verifier = SAYS(true);
    await relay.untilSettled();
    expect([...relay.booked.values()]).toEqual([1]);
    const { sources } = await ledger();
    expect(sources["tokenpayments/broker-eu"]).toMatchObject({ accepted: 1, deferred: 0, authentic: 1 });
  });

  it("was down and says invalid in the end: nothing is delivered, and the ledger says refused", async () => {
    relay.outside.verifier = DOWN;
    await send(tokenpayments("cc03"));
    relay.outside.verifier = SAYS(false);
    await relay.untilSettled();
    expect(relay.outside.delivered).toEqual([]);
    const { sources } = await ledger();
    expect(sources["tokenpayments/broker-eu"]).toMatchObject({ accepted: 0, deferred: 0, refused: 1 });
  });

  it.each([
    { status: 200, content_type: "text/html", body: "true" },
    { status: 200, content_type: "application/json", body: '{"valid":"true"}' },
    { status: 200, content_type: "application/json", body: '{"valid":true}x' },
    { status: 302, location: "https://elsewhere.test/" },
    { status: 200, content_type: "application/json", body_repeat: { text: " ", times: 10_000 } },
  ])("says neither yes nor no ($status $body) is never taken for a yes", async (verifier) => {
    relay.outside.verifier = verifier;
    const reply = await send(tokenpayments("cc03"));
    expect(reply.outcome).not.toBe("accepted");
    for (let hours = 0; hours < 30; hours += 5) {
      vi.setSystemTime(Date.now() + 5 * 3_600_000);
      await relay.ring();
      await relay.quiet();
      await relay.consume();
    }
    expect(relay.outside.delivered).toEqual([]);
    const { sources } = await ledger();
    expect(sources["tokenpayments/broker-eu"] ?? { accepted: 0 }).toMatchObject({ accepted: 0 });
  });

  it("is asked again after a response of ours got lost forwards the event once", async () => {
    relay.outside.verifier = DOWN;
    await send(tokenpayments("cc03"));
    // The provider repeats meanwhile, and finds the verifier up.
    relay.outside.verifier = SAYS(true);
    expect(await send(tokenpayments("cc03"))).toMatchObject({ outcome: "accepted" });
    await relay.untilSettled();
    expect([...relay.booked.values()]).toEqual([1]);
    const { sources } = await ledger();
    expect(sources["tokenpayments/broker-eu"]).toMatchObject({ accepted: 1, duplicate: 1, authentic: 2 });
  });
});
