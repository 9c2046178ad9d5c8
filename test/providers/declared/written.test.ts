/** A provider as it is written: what is taken for what is left out, and which names and numbers are taken. */
import { describe, expect, it } from "vitest";
import {
  MAX_DECIMAL_EXPONENT,
  MAX_DECLARED_PARTS,
  MAX_DECLARED_REDACTED,
  MAX_DECLARED_WORDS,
} from "../../../src/limits.ts";
import { writtenSchema, type WrittenProvider } from "../../../src/providers/declared/written.ts";
import { issuesOf } from "./made.ts";

const LEAST = {
  event_key: ["json:/event"],
  subject_key: ["json:/payment"],
  status: { at: "json:/state", map: { done: "confirmed" } },
} satisfies WrittenProvider;

/** What is left out, as it is read. */
const LEFT_OUT = {
  methods: ["POST"],
  source: "json",
  schemes: {},
  equals: {},
  event: "text:callback",
  amounts: {},
  exponents: {},
  redact: [],
  reply: { body: "" },
};

const words = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`word-${index}`, "pending"]));

describe("a provider as it is written", () => {
  it("needs keys and words, and says of the rest what most providers do", () => {
    expect(writtenSchema.parse(LEAST)).toEqual({
      ...LEAST,
      ...LEFT_OUT,
      status: { ...LEAST.status, warnings: {} },
    });
  });

  it("may say each of these things itself", () => {
    const amount = { value: "json:/sum", currency: "json:/currency", network: "json:/chain" };
    const said = {
      title: "Acme",
      methods: ["GET", "PUT", "DELETE", "POST"],
      content_types: ["application/json", "application/vnd.acme-pay.v1+json"],
      equals: { merchant_id2: "json:/merchant" },
      single: "json:/items",
      event: "json:/kind",
      event_id: "json:/event",
      payment_id: "json:/payment",
      event_key: ["json:/event", "state"],
      subject_key: ["json:/payment"],
      status: {
        at: ["json:/state", "json:/result"],
        map: { "done:true": "confirmed" },
        absent: "pending",
        warnings: { "done:true": "paid_over:late" },
      },
      amounts: {
        amount: { ...amount, unit: "decimal" },
        requested: { ...amount, unit: "minor" },
        net: { ...amount, unit: "decimal" },
        converted: { ...amount, unit: "decimal" },
        fee: { ...amount, unit: "decimal" },
        refunded: { ...amount, unit: "decimal", whole: "json:/captured" },
        refund: { ...amount, unit: "decimal" },
      },
      exponents: { EUR: 0, JPY: MAX_DECIMAL_EXPONENT },
      reference: "json:/order",
      blockchain: {
        network: "json:/chain",
        txid: "json:/tx",
        from: "json:/from",
        to: "json:/to",
        confirmations: "json:/blocks",
      },
      redact: ["json:/card"],
      reply: { body: "OK", type: "text/html" },
      retries: "every hour, for a day",
    } satisfies WrittenProvider;
    expect(writtenSchema.parse(said)).toEqual({ source: "json", schemes: {}, ...said });
  });

  it.each(["json", "form", "query"] as const)("may have its parameters in: %s", (source) => {
    expect(writtenSchema.parse({ ...LEAST, source }).source).toBe(source);
  });

  it("counts money in decimals unless it says otherwise", () => {
    const { amounts } = writtenSchema.parse({
      ...LEAST,
      amounts: { amount: { value: "json:/sum", currency: "text:EUR" } },
    });
    expect(amounts).toEqual({ amount: { value: "json:/sum", currency: "text:EUR", unit: "decimal" } });
  });

  it.each([
    [{ at: "json:/at" }, "iso"],
    [{ at: "json:/at", unit: "iso" }, "iso"],
    [{ at: "json:/at", unit: "s" }, "s"],
    [{ at: "json:/at", unit: "ms" }, "ms"],
  ] as const)("writes the time of an event %j as %s", (occurred_at, unit) => {
    expect(writtenSchema.parse({ ...LEAST, occurred_at }).occurred_at).toEqual({ at: "json:/at", unit });
  });

  it("is live where it says true, unless it says otherwise", () => {
    const liveOf = (livemode: WrittenProvider["livemode"]) =>
      writtenSchema.parse({ ...LEAST, livemode }).livemode?.live;
    expect(liveOf({ at: "json:/live" })).toBe("true");
    expect(liveOf({ at: "json:/live", live: "0" })).toBe("0");
  });

  it("has as many parts, words and secrets as there may be", () => {
    const event_key = Array<string>(MAX_DECLARED_PARTS).fill("json:/a");
    const redact = Array<string>(MAX_DECLARED_REDACTED).fill("json:/a");
    const map = words(MAX_DECLARED_WORDS);
    const read = writtenSchema.parse({ ...LEAST, event_key, redact, status: { at: "json:/s", map } });
    expect([read.event_key, read.redact, read.status.map]).toEqual([event_key, redact, map]);
  });
});

describe("refused is", () => {
  it.each(["json", "/json", "application/", "Application/json", "application/json; charset=utf-8", "a/b/c"])(
    "the media type %j",
    (type) => {
      expect(issuesOf(writtenSchema, { ...LEAST, content_types: ["text/html", type] })).toEqual([
        { code: "invalid_format", path: ["content_types", 1], message: "must be like application/json" },
      ]);
    },
  );

  // The sentence was not shown: of a wrong name it said `Invalid key in record`.
  it.each<readonly [setting: string, name: string, value: unknown, message: string]>([
    ["schemes", "", { alg: "static", sig: "json:/a" }, "must be a name of a-z 0-9 -"],
    ["schemes", "Old", { alg: "static", sig: "json:/a" }, "must be a name of a-z 0-9 -"],
    ["schemes", "old_1", { alg: "static", sig: "json:/a" }, "must be a name of a-z 0-9 -"],
    ["equals", "", "json:/a", "must be a name of a-z 0-9 _"],
    ["equals", "1a", "json:/a", "must be a name of a-z 0-9 _"],
    ["equals", "Shop", "json:/a", "must be a name of a-z 0-9 _"],
    ["equals", "shop-id", "json:/a", "must be a name of a-z 0-9 _"],
    ["equals", "allow_ips", "json:/a", "is a setting of every account: give yours another name"],
    [
      "schemes",
      "default",
      { alg: "static", sig: "json:/a" },
      "is the name of verify itself: give the other way another one",
    ],
    ["exponents", "eur", 2, "must be like EUR"],
    ["exponents", "EURO", 2, "must be like EUR"],
    ["exponents", "EU", 2, "must be like EUR"],
  ])("under %s the name %j", (setting, name, value, message) => {
    expect(issuesOf(writtenSchema, { ...LEAST, [setting]: { [name]: value } })).toEqual([
      { code: "invalid_key", path: [setting, name], message },
    ]);
  });

  it.each(["schemes", "equals", "exponents"])("for %s what is no table", (setting) => {
    expect(issuesOf(writtenSchema, { ...LEAST, [setting]: "x" })).toEqual([
      {
        code: "invalid_type",
        path: [setting],
        message: expect.not.stringMatching(/must be a name|must be like/) as unknown,
      },
    ]);
  });

  it.each(["", "Late", "is late", "late1", "late\n"])("the warning %j", (warning) => {
    const status = { ...LEAST.status, warnings: { done: warning } };
    expect(issuesOf(writtenSchema, { ...LEAST, status })).toEqual([
      {
        code: "invalid_format",
        path: ["status", "warnings", "done"],
        message: "must be a word of a-z _ :",
      },
    ]);
  });

  it("a word too many", () => {
    const status = { at: "json:/s", map: words(MAX_DECLARED_WORDS + 1) };
    expect(issuesOf(writtenSchema, { ...LEAST, status })).toEqual([
      { code: "custom", path: ["status", "map"], message: "has too many words" },
    ]);
  });

  it.each<readonly [what: string, changes: object, code: string, path: readonly PropertyKey[]]>([
    ["an empty title", { title: "" }, "too_small", ["title"]],
    ["no method", { methods: [] }, "too_small", ["methods"]],
    ["a method of no callback", { methods: ["HEAD"] }, "invalid_value", ["methods", 0]],
    ["a source that is not known", { source: "xml" }, "invalid_value", ["source"]],
    ["no media type", { content_types: [] }, "too_small", ["content_types"]],
    ["an empty value", { event: "" }, "too_small", ["event"]],
    ["a key of no part", { subject_key: [] }, "too_small", ["subject_key"]],
    [
      "a part too many",
      { event_key: Array(MAX_DECLARED_PARTS + 1).fill("json:/a") },
      "too_big",
      ["event_key"],
    ],
    [
      "a secret too many",
      { redact: Array(MAX_DECLARED_REDACTED + 1).fill("json:/a") },
      "too_big",
      ["redact"],
    ],
    ["an exponent below zero", { exponents: { EUR: -1 } }, "too_small", ["exponents", "EUR"]],
    [
      "an exponent beyond any amount",
      { exponents: { EUR: MAX_DECIMAL_EXPONENT + 1 } },
      "too_big",
      ["exponents", "EUR"],
    ],
    [
      "an amount without a currency",
      { amounts: { amount: { value: "json:/a" } } },
      "invalid_type",
      ["amounts", "amount", "currency"],
    ],
    [
      "a whole of what is not given back",
      { amounts: { fee: { value: "json:/a", currency: "text:EUR", whole: "json:/b" } } },
      "unrecognized_keys",
      ["amounts", "fee"],
    ],
    [
      "a unit of time that is not known",
      { occurred_at: { at: "json:/a", unit: "min" } },
      "invalid_value",
      ["occurred_at", "unit"],
    ],
    ["a setting there is not", { script: "x" }, "unrecognized_keys", []],
  ])("%s", (_, changes, code, path) => {
    expect(issuesOf(writtenSchema, { ...LEAST, ...changes })).toEqual([
      { code, path, message: expect.any(String) as unknown },
    ]);
  });
});
