/**
 * The promises "once" and "closed" in real processes: one relay, and what providers, forgers and broken
 * clients post to it over HTTP. The tests share it and end by checking what arrived and what was logged.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Callback,
  cryptopay,
  cryptopaySigned,
  ipay,
  iqpay,
  PROVIDERS,
  tokenpayments,
} from "../../tools/lib/callbacks.ts";
import { judge, scenariosOf } from "../../tools/lib/scenarios.ts";
import { ACCOUNT, GET_ACCOUNT, System } from "./support/system.ts";
import { type RawResponse, breakOff, exchange, type RawRequest } from "./support/raw-http.ts";

let system: System;
/** Accepted by the relay itself, when the verifier was back. */
let deferredEvent = "";

beforeAll(async () => {
  system = await System.open();
});
afterAll(() => system.close());

function told(payment: string) {
  return { payment, now: new Date() };
}

/** Sent as it is, without a client library. */
async function post(sent: RawRequest): Promise<RawResponse> {
  system.heard(sent);
  return await exchange(system.relay.url, sent);
}

const ACCEPTED = { status: 200, outcome: "accepted" };
const JSON_TYPE = { "content-type": "application/json" };
const error = (response: RawResponse) => (JSON.parse(response.body.toString()) as { error: unknown }).error;

describe("once", () => {
  it.each(PROVIDERS)("50 copies at once from %s are one event", async (provider) => {
    const scenario = scenariosOf(provider, system.who[provider])["concurrent-duplicate"];
    const [step] = scenario?.steps(`storm-${provider}`, new Date()) ?? [];
    if (step === undefined) throw new Error("the scenario has changed");
    const replies = await Promise.all(
      Array.from({ length: step.copies ?? 1 }, () => system.send(step.callback)),
    );
    expect(replies).toHaveLength(50);
    expect(judge(step, replies)).toBeNull();
    const ids = new Set(replies.map(({ eventId }) => eventId ?? ""));
    expect(ids.size).toBe(1);
    await system.arrivals([...ids]);
  });
});

describe("every scenario of the simulator gets the response it names", () => {
  it.each(PROVIDERS)("%s", async (provider) => {
    const wrong: string[] = [];
    for (const [name, scenario] of Object.entries(scenariosOf(provider, system.who[provider]))) {
      for (const step of scenario.steps(`walk-${provider}-${name}`, new Date())) {
        const replies = await Promise.all(
          Array.from({ length: step.copies ?? 1 }, () => system.send(step.callback)),
        );
        const problem = judge(step, replies);
        if (problem !== null) wrong.push(`${name}, ${step.name}: ${problem}, got ${JSON.stringify(replies)}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("closed", () => {
  it("without its credential nothing is accepted, and all 401 are the same bytes", async () => {
    const forged = PROVIDERS.flatMap((provider) => {
      const all = scenariosOf(provider, system.who[provider]);
      const names = [
        "wrong-token",
        "wrong-secret",
        "missing-credential",
        "verifier-false",
        "wrong-merchant",
        "stale",
      ];
      return names.flatMap((name) => all[name]?.steps(`forged-${provider}-${name}`, new Date()) ?? []);
    });
    const responses = await Promise.all(forged.map(({ callback }) => post(callback)));

    expect(responses.map(({ status }) => status)).toEqual(forged.map(({ expected }) => expected.status));
    expect(responses.filter((response) => "relay-outcome" in response.headers)).toEqual([]);
    const unauthenticated = responses.filter(({ status }) => status === 401);
    expect(unauthenticated.length).toBeGreaterThanOrEqual(7);
    expect(new Set(unauthenticated.map(({ body }) => body.toString("hex"))).size).toBe(1);
    expect(new Set(unauthenticated.map(({ headers }) => headers["content-type"])).size).toBe(1);
  });
});

describe("a request that means nothing is refused clearly", () => {
  const TWO_MEGABYTES = 2_000_000;
  const json = (path: string, body: string | Uint8Array, more: Partial<RawRequest> = {}): RawRequest => ({
    method: "POST",
    path,
    headers: JSON_TYPE,
    body,
    ...more,
  });
  const address = (provider: string) => `/in/${provider}/${ACCOUNT}`;
  const deposit = () => iqpay(system.who.iqpay, told("deposit-address")).path;
  const fromIqpay = () => ({ ...JSON_TYPE, "cf-connecting-ip": system.who.iqpay.ip });

  it("too large, with its length announced", async () => {
    const large = `{"a":"${"x".repeat(TWO_MEGABYTES)}"}`;
    for (const sent of [
      json(address("ipay"), large),
      json(address("cryptopay"), large),
      {
        ...json(address("tokenpayments"), `a=${large}`),
        headers: { "content-type": "application/x-www-form-urlencoded" },
      },
    ]) {
      const response = await post(sent);
      expect(response.status).toBe(413);
      expect(error(response)).toBe("body too large");
    }
  });

  it("too large, without a length", async () => {
    const large = `{"a":"${"x".repeat(TWO_MEGABYTES)}"}`;
    const response = await post(json(address("ipay"), large, { chunked: true }));
    expect(response.status).toBe(413);
  });

  it.each([true, false])(
    "too large from iqpay, which would repeat it: kept (chunked: %s)",
    async (chunked) => {
      const large = `{"a":"${"x".repeat(TWO_MEGABYTES)}"}`;
      const answer = await post(json(deposit(), large, { headers: fromIqpay(), chunked }));
      expect(answer.status).toBe(200);
      expect(answer.headers["relay-outcome"]).toBe("quarantined");
      expect(answer.headers["relay-reason"]).toBe("too_large");
    },
  );

  it("cut short, or not text at all", async () => {
    const { body } = ipay(system.who.ipay, told("cut"));
    const noise = Buffer.concat([Buffer.from([0xff, 0x00, 0x80]), randomBytes(500)]);
    expect((await post(json(address("ipay"), body.slice(0, -20)))).status).toBe(400);
    expect((await post(json(address("ipay"), noise))).status).toBe(400);
    expect((await post(json(address("ipay"), ""))).status).toBe(400);
    expect((await post(json(address("cryptopay"), noise))).status).toBe(401);
    const form = { headers: { "content-type": "application/x-www-form-urlencoded" } };
    expect((await post(json(address("tokenpayments"), noise, form))).status).toBe(400);
  });

  it("authentic but unreadable: quarantined, with a response of success", async () => {
    const { who } = system;
    const cut = cryptopay(who.cryptopay, told("cut")).body.slice(0, -20);
    const signed = await system.send(cryptopaySigned(who.cryptopay, cut, new Date()));
    expect(signed).toMatchObject({ status: 200, outcome: "quarantined" });
    const noise = await post(json(deposit(), randomBytes(500), { headers: fromIqpay() }));
    expect(noise.status).toBe(200);
    expect(noise.headers["relay-outcome"]).toBe("quarantined");
  });

  it("a sender that hangs up half-way stores nothing", async () => {
    const { body } = ipay(system.who.ipay, told("hung-up"));
    await breakOff(system.relay.url, address("ipay"), body);
    // The relay goes on as if nothing had happened.
    expect(await system.send(ipay(system.who.ipay, told("after-hung-up")))).toMatchObject(ACCEPTED);
  });

  it("to no address of ours", async () => {
    const { body } = ipay(system.who.ipay, told("astray"));
    const { paths } = system.who.iqpay;
    for (const path of [
      "/in",
      "/in/",
      "/in/nobody/broker-eu",
      "/in/ipay",
      "/in/ipay/nobody",
      "/in/ipay/broker-eu/",
      "/in/ipay/broker-eu/more",
      "//in/ipay/broker-eu",
      "/in//ipay/broker-eu",
      "/in/ipay/%ff%zz",
      "/in/IPAY/broker-eu",
      `/in/iqpay/${ACCOUNT}/deposit`,
      `/in/iqpay/${ACCOUNT}/deposit/${paths["withdrawal"]}`,
      `/in/iqpay/${ACCOUNT}/unknown/${paths["deposit"]}`,
      "/nowhere",
    ]) {
      const response = await post(json(path, body));
      expect([path, response.status, error(response)]).toEqual([path, 404, "not found"]);
    }
  });

  it("by another method", async () => {
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const response = await post({ method, path: address("ipay") });
      expect([method, response.status, response.headers.allow]).toEqual([method, 405, "POST"]);
    }
  });

  it("as another type, charset or encoding", async () => {
    const { body } = ipay(system.who.ipay, told("typed"));
    for (const headers of [
      {},
      { "content-type": "text/plain" },
      { "content-type": "application/json; charset=utf-16" },
      { ...JSON_TYPE, "content-encoding": "gzip" },
    ]) {
      expect((await post(json(address("ipay"), body, { headers }))).status).toBe(415);
    }
  });

  describe("a provider that sends GET", () => {
    const path = (payment: string) => {
      const { body, path: posted } = iqpay(system.who.iqpay, told(payment));
      const query = new URLSearchParams(JSON.parse(body) as Record<string, string>);
      return `${posted.replace(ACCOUNT, GET_ACCOUNT)}?${query.toString()}`;
    };
    const get = (payment: string): Callback => ({
      ...iqpay(system.who.iqpay, told(payment)),
      method: "GET",
      path: path(payment),
      headers: { "cf-connecting-ip": system.who.iqpay.ip },
      body: "",
    });

    it("is understood", async () => {
      expect(await system.send(get("by-get"))).toMatchObject(ACCEPTED);
    });

    it("is quarantined when a body comes as well", async () => {
      const response = await post({ ...get("by-both"), headers: fromIqpay(), body: `{"amount":9}` });
      expect(response.status).toBe(200);
      expect(response.headers["relay-outcome"]).toBe("quarantined");
    });
  });
});

describe("a verifier that is down", () => {
  it("defers the callback, which is delivered once the verifier is back", async () => {
    const callback = tokenpayments(system.who.tokenpayments, told("deferred"));
    const event = () => system.crm.received().find((one) => one.merchant_reference === "INV-deferred");
    system.verifier.setMode("503");
    expect(await system.send(callback)).toMatchObject({ status: 200, outcome: "deferred" });
    expect(await system.send(callback)).toMatchObject({ status: 200, outcome: "deferred" });
    expect(event()).toBeUndefined();

    system.verifier.setMode("auto");
    const { id } = await system.waitUntil("the deferred payment at the CRM", event);
    deferredEvent = id;
    expect(await system.send(callback)).toMatchObject({ status: 200, outcome: "duplicate", eventId: id });
  });
});

describe("after all that", () => {
  it("the CRM has what was accepted, once, and nothing else", async () => {
    const owed = [...system.accepted(), deferredEvent];
    await system.arrivals(owed);
    expect(system.mistakes(owed)).toEqual([]);
  });

  it("the ledger has no remainder", async () => {
    const count = system.accepted().length + 1;
    const settled = await system.waitUntil("the last delivery in the ledger", async () => {
      const ledger = await system.ledger();
      return ledger.destinations["crm"]?.["delivered"] === count ? ledger : undefined;
    });
    expect(settled.destinations["crm"]).toEqual({
      owed: count,
      delivered: count,
      pending: 0,
      parked: 0,
      dead: 0,
      dismissed: 0,
    });
    expect(settled.remainder).toEqual({});
    const sources = Object.values(settled.sources);
    const sum = (name: string) => sources.reduce((total, source) => total + (source[name] ?? 0), 0);
    expect(sum("accepted")).toBe(count);
    expect(sum("deferred")).toBe(0);
    const parts = ["accepted", "duplicate", "superseded", "deferred", "quarantined", "refused"];
    expect(sum("authentic")).toBe(parts.reduce((total, name) => total + sum(name), 0));
  });

  it("the relay never failed", () => {
    expect(system.lines("fault")).toEqual([]);
  });

  it("nothing secret was logged", async () => {
    // The log comes through pipes, a moment after what it reports.
    for (const what of ["callback", "delivery", "refused", "verification", "alert"]) {
      await system.waitUntil(`a line about a ${what}`, () => system.lines(what)[0]);
    }
    expect(system.leaks()).toEqual([]);
  });
});
