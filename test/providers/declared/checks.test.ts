/** What a declaration must not say: each mistake by its path, with what to write instead. */
import { describe, expect, it } from "vitest";
import { declaration } from "../../../src/providers/declared/declaration.ts";
import type { WrittenProvider } from "../../../src/providers/declared/written.ts";
import { acme } from "../../support/acme.ts";

const RAW = { alg: "hmac-sha256", sig: "header:x-sign" } as const;
const TOKEN = { alg: "static", sig: "header:x-token" } as const;
const FETCH = {
  path: "/orders/{json:/id}",
  id: { asked: "json:/id", answered: "json:/order" },
} as const;
const { verify: _, ...unproved } = acme;
/** A hint of which everything is asked for. */
const hint: WrittenProvider = { ...unproved, fetch: FETCH };

/** Path and message of each problem; none of a declaration that may start. */
function problemsOf(written: WrittenProvider): readonly (readonly [path: string, message: string])[] {
  const parsed = declaration.safeParse(written);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => [path.join("."), message]);
}

const uncovered = (place: string, claims: string) =>
  `${place} is not covered by the proof, so that whoever repeats a callback could make a new payment of it: ` +
  `use what is signed (${claims})`;
const foreign = (source: string, kind: string) =>
  `is ${source}, but ${kind}: places are read: write the source the provider uses`;
const secret = (place: string) => `reads ${place}, which is secret: it is neither stored nor shown`;

describe("a declaration", () => {
  it.each<readonly [what: string, written: WrittenProvider]>([
    ["signed", acme],
    ["signed in one of two ways", { ...acme, schemes: { other: RAW } }],
    ["with a token", { ...acme, verify: TOKEN }],
    ["with a token in the body", { ...acme, verify: { alg: "static", sig: "json:/token" } }],
    ["signed in the query", { ...acme, verify: { ...RAW, sig: "query:sign" } }],
    ["asked for", hint],
    ["signed and asked for", { ...acme, fetch: FETCH }],
    [
      "asked for by a value of a form",
      {
        ...hint,
        source: "form",
        fetch: { path: "/orders/{form:id}", id: { asked: "form:id", answered: "json:/id" } },
      },
    ],
    ["by PUT and DELETE", { ...acme, methods: ["PUT", "DELETE"] }],
  ])("may be %s", (_what, written) => {
    expect(problemsOf(written)).toEqual([]);
  });
});

describe("the proof", () => {
  it("is missing, and nothing is asked for", () => {
    expect(problemsOf(unproved)).toEqual([
      [
        "verify",
        "is missing: an open address is never accepted. Write how callbacks are proved, or fetch what they name",
      ],
    ]);
  });

  it("is missing, although there are schemes", () => {
    expect(problemsOf({ ...hint, schemes: { other: RAW } })).toEqual([
      ["verify", "is missing, which the schemes are other ways for: write the usual one"],
    ]);
    expect(problemsOf({ ...acme, fetch: FETCH, schemes: { other: RAW } })).toEqual([]);
  });

  it("covers both keys", () => {
    const written: WrittenProvider = {
      ...acme,
      verify: { alg: "hmac-sha256", sig: "header:x-sign", content: "{json:/event_id}|{json:/amount}" },
      subject_key: ["json:/payment/id"],
    };
    expect(problemsOf(written)).toEqual([
      ["subject_key.0", uncovered("json:/payment/id", "field:/event_id, field:/amount")],
    ]);
    expect(
      problemsOf({ ...written, event_key: ["state", "header:x-id"], subject_key: ["json:/event_id"] }),
    ).toEqual([["event_key.1", uncovered("header:x-id", "field:/event_id, field:/amount")]]);
  });

  it("covers them in every scheme", () => {
    const content = "{json:/event_id}";
    expect(problemsOf({ ...acme, schemes: { short: { ...RAW, content } } })).toEqual([
      ["subject_key.0", uncovered("json:/payment/id", "field:/event_id")],
    ]);
  });

  it("is no token in an address", () => {
    const message =
      "is a token in an address, which every log on the way keeps: have the provider send a header, or leave the " +
      "query empty and give the account path_secrets";
    const inQuery = { alg: "static", sig: "query:token" } as const;
    expect(problemsOf({ ...acme, verify: inQuery })).toEqual([["verify.sig", message]]);
    expect(problemsOf({ ...acme, schemes: { old: inQuery } })).toEqual([["schemes.old.sig", message]]);
  });
});

describe("what is asked for", () => {
  const json = "answers with JSON: read the event from json: places of the answer";

  it.each(["form:kind", "query:kind", "header:x-kind"])("says nothing at %s", (event) => {
    expect(problemsOf({ ...hint, event })).toEqual([["fetch", json]]);
  });

  it("is named by the callback, whose source the places must be of", () => {
    const fetch = {
      path: "/{form:shop}/{json:/id}/{query:part}",
      id: { asked: "form:id", answered: "json:/id" },
    };
    const message = (place: string) => `${place} is not in the callback, whose source is json`;
    expect(problemsOf({ ...hint, fetch })).toEqual([
      ["fetch.path", message("form:shop")],
      ["fetch.path", message("query:part")],
      ["fetch.id", message("form:id")],
    ]);
  });

  it("need not be covered by the proof of the hint", () => {
    const verify = { ...RAW, content: "{json:/id}" };
    expect(problemsOf({ ...acme, fetch: FETCH, verify })).toEqual([]);
  });
});

describe("a confirmation", () => {
  const missing = [
    "amounts.amount",
    "is missing, although a word means confirmed: name its value and currency",
  ];
  const status = { at: "json:/state", map: { waiting: "pending" } };

  it("has an amount, whether a word or none means it", () => {
    expect(problemsOf({ ...acme, amounts: {} })).toEqual([missing]);
    expect(problemsOf({ ...acme, amounts: {}, status: { ...status, absent: "confirmed" } })).toEqual([
      missing,
    ]);
  });

  it("that cannot come needs none", () => {
    expect(problemsOf({ ...acme, amounts: {}, status })).toEqual([]);
    expect(problemsOf({ ...acme, amounts: {}, status: { ...status, absent: "pending" } })).toEqual([]);
  });
});

describe("the source", () => {
  const GET: WrittenProvider = {
    ...acme,
    source: "query",
    methods: ["GET"],
    verify: { ...RAW, content: "{query:id}{query:event}" },
    event: "query:kind",
    event_id: "query:event",
    payment_id: "query:id",
    event_key: ["query:event"],
    subject_key: ["query:id"],
    status: { at: "query:state", map: { done: "confirmed" } },
    amounts: { amount: { value: "query:amount", currency: "query:currency" } },
    reference: "query:order",
  };

  it("is where the facts are read", () => {
    expect(problemsOf(GET)).toEqual([]);
    expect(problemsOf({ ...acme, reference: "query:order" })).toEqual([]);
    expect(problemsOf({ ...acme, reference: "form:order" })).toEqual([["source", foreign("json", "form")]]);
    expect(problemsOf({ ...acme, source: "form" })).toEqual([["source", foreign("form", "json")]]);
    expect(problemsOf({ ...GET, reference: "json:/order" })).toEqual([["source", foreign("query", "json")]]);
    // It was said to be of json: places.
    expect(problemsOf({ ...GET, reference: "form:order" })).toEqual([["source", foreign("query", "form")]]);
  });

  it("is where every proof is read", () => {
    const form = { ...RAW, content: "{raw}{form:id}" };
    expect(problemsOf({ ...acme, verify: form })).toEqual([["source", foreign("json", "form")]]);
    expect(problemsOf({ ...acme, schemes: { other: form } })).toEqual([["source", foreign("json", "form")]]);
    expect(problemsOf({ ...hint, verify: form })).toEqual([["source", foreign("json", "form")]]);
  });

  it.each<readonly [WrittenProvider["methods"], boolean]>([
    [["GET"], true],
    [["DELETE"], true],
    [["GET", "DELETE"], true],
    [["POST"], false],
    [["GET", "PUT"], false],
  ])("in the query goes with %j: %j", (methods, isRight) => {
    const message = "must be GET or DELETE where the parameters are in the query";
    expect(problemsOf({ ...GET, methods })).toEqual(isRight ? [] : [["methods", message]]);
  });

  it("is the query where a method is GET", () => {
    expect(problemsOf({ ...acme, methods: ["POST", "GET"] })).toEqual([
      ["source", "must be query where a method is GET"],
    ]);
  });
});

describe("a secret", () => {
  it.each<readonly [setting: string, changes: Partial<WrittenProvider>]>([
    ["single", { single: "json:/token" }],
    ["event_key.0", { event_key: ["json:/token"] }],
    ["subject_key.1", { subject_key: ["json:/id", "json:/token"] }],
    ["event", { event: "json:/kind | json:/token" }],
    ["event_id", { event_id: "json:/token" }],
    ["payment_id", { payment_id: "json:/token" }],
    ["reference", { reference: "json:/token" }],
    ["status.at.1", { status: { at: ["json:/state", "json:/token"], map: {} } }],
    ["occurred_at.at", { occurred_at: { at: "json:/token" } }],
    ["livemode.at", { livemode: { at: "json:/token" } }],
    ["blockchain.to", { blockchain: { txid: "json:/txid", to: "json:/token" } }],
    [
      "amounts.fee.value",
      { amounts: { ...acme.amounts, fee: { value: "json:/token", currency: "text:EUR" } } },
    ],
    [
      "amounts.fee.currency",
      { amounts: { ...acme.amounts, fee: { value: "json:/fee", currency: "json:/token" } } },
    ],
    [
      "amounts.fee.network",
      {
        amounts: {
          ...acme.amounts,
          fee: { value: "json:/fee", currency: "text:EUR", network: "json:/token" },
        },
      },
    ],
    [
      "amounts.refunded.whole",
      {
        amounts: {
          ...acme.amounts,
          refunded: { value: "json:/back", currency: "text:EUR", whole: "json:/token" },
        },
      },
    ],
  ])("is not read as %s", (setting, changes) => {
    const problem = [[setting, secret("json:/token")]];
    expect(problemsOf({ ...acme, ...changes, redact: ["json:/other", "json:/token"] })).toEqual(problem);
    const token = { alg: "static", sig: "json:/token" } as const;
    expect(problemsOf({ ...acme, ...changes, verify: token })).toEqual(problem);
  });

  it("is not read in part", () => {
    const redact = ["json:/payment/order"];
    expect(problemsOf({ ...acme, redact, reference: "json:/payment/order/id" })).toEqual([
      ["reference", secret("json:/payment/order/id")],
    ]);
    expect(problemsOf({ ...acme, redact, reference: "json:/payment/order_id" })).toEqual([]);
    expect(
      problemsOf({ ...acme, redact: ["json:/payment/order/card"], reference: "json:/payment/order" }),
    ).toEqual([]);
  });

  it("of a form has the very name", () => {
    const form: WrittenProvider = {
      ...acme,
      verify: TOKEN,
      source: "form",
      event_key: ["form:id"],
      subject_key: ["form:id"],
    };
    const written: WrittenProvider = {
      ...form,
      event: "text:payment",
      event_id: "form:id",
      payment_id: "form:id",
      status: { at: "form:state", map: {} },
      amounts: {},
      redact: ["form:card"],
    };
    expect(problemsOf({ ...written, reference: "form:card" })).toEqual([["reference", secret("form:card")]]);
    expect(problemsOf({ ...written, reference: "form:card/number" })).toEqual([]);
  });

  it.each([
    ["the proof's", { verify: TOKEN }],
    ["a scheme's", { schemes: { old: TOKEN } }],
    ["a signature's", { verify: { ...RAW, sig: "header:x-token" } }],
  ] as const)("in %s header is not read", (_what, changes) => {
    expect(problemsOf({ ...acme, ...changes, event: "header:X-Token" })).toEqual([
      ["event", secret("header:x-token")],
    ]);
    expect(problemsOf({ ...acme, ...changes, event: "header:x-kind" })).toEqual([]);
  });

  it("is none where a signature in the body is read", () => {
    const verify = { ...RAW, sig: "json:/sign", content: "{json:/event_id}{json:/payment/id}" };
    expect(problemsOf({ ...acme, verify, event: "json:/sign" })).toEqual([]);
  });
});

describe("a key", () => {
  const changing = ["subject_key", "names state, which changes: one payment would become several"];
  const nameless = ["subject_key", "names no value of the callback: all payments would be one"];
  const fixed = (key: string) => [key, "has a text of its own, which tells nothing apart: leave text: out"];

  it.each<readonly [what: string, written: Partial<WrittenProvider>, problems: unknown]>([
    ["of a payment by nothing but its state", { subject_key: ["state"] }, [changing, nameless]],
    ["of a payment by its state too", { subject_key: ["json:/id", "state"] }, [changing]],
    ["of a payment by a text", { subject_key: ["text:x"] }, [nameless, fixed("subject_key.0")]],
    ["of a payment by a value or a text", { subject_key: ["json:/a | text:x"] }, [fixed("subject_key.0")]],
    ["of an event by a text too", { event_key: ["json:/id", "text:x"] }, [fixed("event_key.1")]],
    ["of an event by its state", { event_key: ["state"] }, []],
  ])("%s", (_what, changes, problems) => {
    expect(problemsOf({ ...acme, ...changes })).toEqual(problems);
  });
});

describe("what is redacted", () => {
  it("is a value of the body", () => {
    const message = "must be a value of the body: headers are never stored";
    expect(
      problemsOf({ ...acme, redact: ["json:/card", "header:x-card", "form:card", "query:card"] }),
    ).toEqual([
      ["redact.1", message],
      ["redact.3", message],
    ]);
  });
});

describe("a single list", () => {
  it.each(["header:items", "query:items"])("is not %s", (single) => {
    expect(problemsOf({ ...acme, single })).toEqual([
      ["single", "must be a list in a JSON body: json:/items"],
    ]);
  });

  it("is in a JSON body", () => {
    expect(problemsOf({ ...acme, single: "json:/items" })).toEqual([]);
  });
});
