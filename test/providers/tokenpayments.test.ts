/** A TokenPayments token: whom it may serve, what is asked about it, and what of a form makes a payment. */
import { describe, expect, it } from "vitest";
import type { TokenRecord, TokenUse } from "../../src/providers/provider.ts";
import type { Source } from "../../src/providers/source.ts";
import { config, factsOf, ipn, readingOf, type IpnChanges } from "../support/callbacks.ts";
import { configFrom } from "../support/config.ts";

/** SHA-256 of `tokenpayments|tkn9f2c0001`. */
const TOKEN_HASH = "c50825122af80a5254ba056704a5542726abdc05bbd9b8a38e4bce4937c97cf3";
/** Of every callback of test/support. */
const SHA256 = "a".repeat(64);
const BROKER = "tokenpayments/broker-eu";

interface Outside {
  readonly known?: (use: TokenUse) => TokenRecord | { kind: "ask" };
  readonly answer?: Response;
  readonly account?: string;
}

/** What is made of a callback, and what the verifier and the registry were asked and told for it. */
async function verified(
  callback: ReturnType<typeof ipn>,
  {
    known = () => ({ kind: "ask" }),
    answer = new Response('{"valid":true}'),
    account = BROKER,
  }: Outside = {},
) {
  const source: Source | undefined = config.sources.get(BROKER);
  if (!source) throw new Error(`no account ${BROKER}`);
  const asked: string[] = [];
  const uses: TokenUse[] = [];
  const told: unknown[] = [];
  const verdict = await source.verify(callback, {
    nowMs: 0,
    source: account,
    fetch: (url) => {
      asked.push(url.href);
      return Promise.resolve(answer);
    },
    again: false,
    mayAsk: () => Promise.resolve(true),
    tokens: {
      consult: (use) => {
        uses.push(use);
        return Promise.resolve(known(use));
      },
      refuse: (...about) => Promise.resolve(void told.push(["refuse", ...about])),
      undecided: (...about) => Promise.resolve(void told.push(["undecided", ...about])),
    },
  });
  return { verdict, asked, uses, told };
}

/** Whom the token of this form serves. */
async function ownerOf(changes: IpnChanges = {}, account = BROKER): Promise<string> {
  const { uses } = await verified(ipn(changes), { account });
  const [use] = uses;
  if (!use) throw new Error("the registry was not asked");
  return use.owner;
}

describe("a token", () => {
  it("that nobody knows is asked about once, by its hash and for its contents", async () => {
    const { verdict, asked, uses, told } = await verified(ipn());
    const owner = await ownerOf();
    expect(verdict).toEqual({
      kind: "verified",
      verification: { method: "callback_get", assurance: "callback_token", covers: ["token"], key: null },
      reservation: { key: TOKEN_HASH, owner, taken: "token_reused" },
    });
    expect(asked).toEqual(["https://tokenpayments.io/api/token-verifier/tkn9f2c0001"]);
    expect(uses).toEqual([{ tokenHash: TOKEN_HASH, owner, fingerprint: SHA256 }]);
    expect(told).toEqual([]);
  });

  it("that is not the provider's is refused, and remembered as refused", async () => {
    const { verdict, told } = await verified(ipn(), { answer: new Response('{"valid":false}') });
    expect(verdict).toEqual({ kind: "refused", reason: "token_invalid" });
    expect(told).toEqual([["refuse", TOKEN_HASH]]);
  });

  it("that the verifier gives no answer about is deferred, and remembered as undecided", async () => {
    const { verdict, told } = await verified(ipn(), { answer: new Response("", { status: 500 }) });
    expect(verdict).toEqual({ kind: "deferred", reason: "verifier_status" });
    expect(told).toEqual([["undecided", TOKEN_HASH, "verifier_status"]]);
  });

  it.each<readonly [known: TokenRecord, verdict: object]>([
    [{ kind: "refused" }, { kind: "refused", reason: "token_invalid" }],
    [
      { kind: "undecided", reason: "verifier_rate" },
      { kind: "deferred", reason: "verifier_rate" },
    ],
  ])("of which is known %j is not asked about again", async (known, verdict) => {
    const played = await verified(ipn(), { known: () => known });
    expect(played).toMatchObject({ asked: [], told: [] });
    expect(played.verdict).toEqual(verdict);
  });

  it("that served other contents is refused, though it is the provider's", async () => {
    const { verdict, asked } = await verified(ipn(), {
      known: () => ({ kind: "reserved", owner: "another order", fingerprint: SHA256 }),
    });
    expect(verdict).toEqual({ kind: "refused", reason: "token_reused" });
    expect(asked).toEqual([]);
  });

  it("that served these contents is believed without another question", async () => {
    const { verdict, asked } = await verified(ipn(), {
      known: ({ owner }) => ({ kind: "reserved", owner, fingerprint: SHA256 }),
    });
    expect(verdict).toMatchObject({ kind: "verified", reservation: { key: TOKEN_HASH } });
    expect(asked).toEqual([]);
  });
});

describe("no question is asked about", () => {
  it.each<readonly [what: string, changes: IpnChanges, reason: string]>([
    ["another merchant's callback", { merchant_id: "M-2002" }, "merchant"],
    ["a callback of no merchant", { merchant_id: null }, "merchant"],
    ["a callback without a token", { token: null }, "missing_token"],
    ["an empty token", { token: "" }, "missing_token"],
    ["a token that leads elsewhere", { token: "../../steal" }, "token_syntax"],
    ["a token that is too short", { token: "tkn9f2c" }, "token_syntax"],
  ])("%s", async (_, changes, reason) => {
    const { verdict, asked, uses } = await verified(ipn(changes));
    expect(verdict).toEqual({ kind: "refused", reason });
    expect([...asked, ...uses]).toEqual([]);
  });

  it("a form that gives a name twice, which is refused from the store too", async () => {
    const twice = ipn({}, "&amount2=9");
    const refused = { kind: "refused", reason: "duplicate_key", detail: "amount2" };
    const { verdict, asked, uses } = await verified(twice);
    expect(verdict).toEqual(refused);
    expect([...asked, ...uses]).toEqual([]);
    expect(await readingOf("tokenpayments", twice)).toEqual(refused);
  });
});

describe("a token that served one order serves no other", () => {
  it.each<IpnChanges>([
    { page_hash: "ph2" },
    { invoice: "INV2" },
    { invoice: null },
    { custom: "acct2" },
    { amount1: "101" },
    { amount1: null },
    { currency1: "EUR" },
    { amount2: "0.03126" },
    { currency2: "BTC" },
  ])("nor this one with %j", async (changes) => {
    expect(await ownerOf(changes)).not.toBe(await ownerOf());
  });

  it("nor what was paid on another chain, or asked for on another", async () => {
    for (const name of ["currency1", "currency2"] as const) {
      const owners = await Promise.all(
        ["USDT", "USDT.TRC20", "USDT.ERC20"].map((ticker) => ownerOf({ [name]: ticker })),
      );
      expect(new Set(owners).size).toBe(3);
    }
    expect(await ownerOf({ currency1: "USDT.TRC20", currency2: "USDT" })).not.toBe(
      await ownerOf({ currency1: "USDT", currency2: "USDT.TRC20" }),
    );
  });

  it("nor another account's", async () => {
    expect(await ownerOf({}, "tokenpayments/other")).not.toBe(await ownerOf());
  });

  it("and serves this one again, however its amounts are written", async () => {
    expect(await ownerOf({ amount1: "0100.0", amount2: "0.031250", currency2: "eth" })).toBe(await ownerOf());
    expect(await ownerOf({ token: "tkn9f2c0002" })).toBe(await ownerOf());
  });
});

describe("a form that leaves fields out", () => {
  it("has them empty in its keys", async () => {
    expect(
      await factsOf("tokenpayments", ipn({ amount1: null, currency1: null, custom: null })),
    ).toMatchObject({
      eventKey: ["M-1001", "ph", "INV", null, null, null, "0.03125", "ETH"],
      subjectKey: ["M-1001", "ph", "INV", null],
      amountRequested: null,
      warnings: [],
    });
  });

  it.each<readonly [changes: IpnChanges, reason: string]>([
    [{ amount2: null }, "missing_amount"],
    [{ currency2: null }, "unknown_currency"],
    [{ currency1: null }, "unknown_currency"],
    [{ page_hash: null, invoice: null }, "missing_event_id"],
  ])("%j is set aside as %s", async (changes, reason) => {
    expect(await readingOf("tokenpayments", ipn(changes))).toEqual({ kind: "quarantined", reason });
  });

  it("is known to the merchant by its custom text where it has no invoice, without a warning", async () => {
    expect(await factsOf("tokenpayments", ipn({ invoice: null }))).toMatchObject({
      merchantReference: "acct",
      warnings: [],
    });
  });
});

describe("an account that counts payments by token", () => {
  const account = configFrom({
    ADMIN_TOKEN: "an-operators-token-of-32-characters",
    RELAY: {
      sources: { tokenpayments: { shop: { merchant_id: "M-1001", dedupe: "token", status: "pending" } } },
      destinations: {},
    },
  }).sources.get("tokenpayments/shop");

  it("makes the keys of the hash of the token, and needs no other name for the proof", async () => {
    expect(await account?.normalise(ipn())).toMatchObject({
      kind: "facts",
      facts: {
        status: "pending",
        eventKey: ["M-1001", TOKEN_HASH],
        subjectKey: ["M-1001", "ph", "INV", "acct", TOKEN_HASH],
        instance: undefined,
      },
    });
  });
});
