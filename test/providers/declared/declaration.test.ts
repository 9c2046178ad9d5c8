/** A declaration, read: what becomes of everything that is written, and the place and sentence of every mistake. */
import { describe, expect, it } from "vitest";
import { STATUSES } from "../../../src/event.ts";
import { declaration, meaningsCovered } from "../../../src/providers/declared/declaration.ts";
import { replySpec } from "../../../src/providers/declared/reply.ts";
import type { WrittenProvider } from "../../../src/providers/declared/written.ts";
import { fetchSpec } from "../../../src/providers/declared/fetch-spec.ts";
import type { Place } from "../../../src/verify/spec/places.ts";
import { verifySpec } from "../../../src/verify/spec/spec.ts";
import { acme } from "../../support/acme.ts";
import { declared, issuesOf, value } from "./made.ts";

const OPEN = { path: "/orders/{json:/id}", id: { asked: "json:/id", answered: "json:/id" } };
const json = (pointer: string): Place => ({
  kind: "json",
  pointer: pointer.slice(1).split("/"),
  text: `json:${pointer}`,
});
const part = (written: string) => ({ kind: "value", value: value(written), as: null, optional: false });

describe("a declaration", () => {
  it("that leaves out all it may", () => {
    const verify = { alg: "hmac-sha256", sig: "header:x-signature" } as const;
    const read = declaration.parse({
      verify,
      event_key: ["json:/event"],
      subject_key: ["json:/payment"],
      status: { at: "json:/state", map: { waiting: "pending" } },
    } satisfies WrittenProvider);
    expect(shown(read)).toEqual({
      title: null,
      methods: ["POST"],
      source: "json",
      contentTypes: null,
      verify: shown(verifySpec.parse(verify)),
      fetch: null,
      schemes: new Map(),
      equals: new Map(),
      single: null,
      event: value("text:callback"),
      eventId: null,
      paymentId: null,
      eventKey: [part("json:/event")],
      subjectKey: [part("json:/payment")],
      status: {
        at: [value("json:/state")],
        words: new Map([["waiting", { direction: "in", status: "pending" }]]),
        absent: null,
        warnings: new Map(),
      },
      amounts: {},
      exponents: new Map(),
      reference: null,
      occurredAt: null,
      livemode: null,
      blockchain: null,
      redact: [],
      reply: replySpec.parse({}),
      retries: null,
      needs: new Set(["json"]),
      keptHeaders: [],
    });
  });

  it("that says everything", () => {
    const other = { alg: "sha512", sig: "header:x-hash", content: "{secret}{raw}" } as const;
    const sum = (name: string, more: object = {}) => ({
      value: `json:/${name}`,
      currency: "text:EUR",
      ...more,
    });
    const amount = (name: string, more: object = {}) => ({
      value: value(`json:/${name}`),
      currency: value("text:EUR"),
      network: null,
      unit: "decimal",
      whole: null,
      ...more,
    });
    const read = declared({
      title: "Acme",
      methods: ["POST", "PUT"],
      content_types: ["application/vnd.acme+json"],
      schemes: { other },
      equals: { shop: "json:/shop", site: "header:x-site" },
      single: "json:/items",
      event: "header:x-kind",
      event_id: "json:/event_id",
      payment_id: "json:/payment/id",
      event_key: ["json:/event_id", "state", "amount(json:/sum)?"],
      subject_key: ["json:/payment/id"],
      status: {
        at: ["json:/state", "json:/paid"],
        map: { "done:true": "confirmed", "sent:": "payout.updated" },
        absent: "payout.failed",
        warnings: { "done:true": "late" },
      },
      amounts: {
        amount: sum("sum", { network: "json:/chain" }),
        requested: sum("requested"),
        net: sum("net", { unit: "minor" }),
        converted: sum("converted"),
        fee: sum("fee"),
        refunded: sum("back", { whole: "json:/captured" }),
        refund: sum("part"),
      },
      exponents: { EUR: 3 },
      reference: "json:/order | query:order | header:x-order | header:x-kind",
      occurred_at: { at: "json:/at", unit: "ms" },
      livemode: { at: "json:/live", live: "yes" },
      blockchain: { network: "json:/chain", txid: "json:/tx" },
      redact: ["json:/card"],
      reply: { body: "OK" },
      retries: "for a day",
    });
    expect(shown(read)).toEqual({
      title: "Acme",
      methods: ["POST", "PUT"],
      source: "json",
      contentTypes: ["application/vnd.acme+json"],
      verify: shown(verifySpec.parse(acme.verify)),
      fetch: null,
      schemes: new Map([["other", shown(verifySpec.parse(other))]]),
      equals: new Map([
        ["shop", json("/shop")],
        ["site", { kind: "header", name: "x-site", text: "header:x-site" }],
      ]),
      single: json("/items"),
      event: value("header:x-kind"),
      eventId: value("json:/event_id"),
      paymentId: value("json:/payment/id"),
      eventKey: [
        part("json:/event_id"),
        { kind: "state" },
        { kind: "value", value: value("json:/sum"), as: "amount", optional: true },
      ],
      subjectKey: [part("json:/payment/id")],
      status: {
        at: [value("json:/state"), value("json:/paid")],
        words: new Map([
          ["done:true", { direction: "in", status: "confirmed" }],
          ["sent:", { direction: "out", status: null }],
        ]),
        absent: { direction: "out", status: "failed" },
        warnings: new Map([["done:true", "late"]]),
      },
      amounts: {
        amount: amount("sum", { network: value("json:/chain") }),
        requested: amount("requested"),
        net: amount("net", { unit: "minor" }),
        converted: amount("converted"),
        fee: amount("fee"),
        refunded: amount("back", { whole: value("json:/captured") }),
        refund: amount("part"),
      },
      exponents: new Map([["EUR", 3]]),
      reference: value("json:/order | query:order | header:x-order | header:x-kind"),
      occurredAt: { at: value("json:/at"), unit: "ms" },
      livemode: { at: value("json:/live"), live: "yes" },
      blockchain: {
        network: value("json:/chain"),
        txid: value("json:/tx"),
        from: null,
        to: null,
        confirmations: null,
      },
      redact: [json("/card")],
      reply: replySpec.parse({ body: "OK" }),
      retries: "for a day",
      needs: new Set(["json", "query"]),
      // Of what facts are made of; what an account equals was compared before.
      keptHeaders: ["x-kind", "x-order"],
    });
  });

  it("keeps the headers that keys are made of", () => {
    const { keptHeaders } = declared({
      verify: { ...acme.verify, content: "{header:x-acme-time}.{header:x-id}.{header:x-payment}.{raw}" },
      event_key: ["header:x-id"],
      subject_key: ["header:x-payment"],
    });
    expect(keptHeaders).toEqual(["x-id", "x-payment"]);
  });

  it("that fetches reads its facts from JSON, whatever the callback is", () => {
    const fetch = { ...OPEN, path: "/orders/{form:id}", id: { asked: "form:id", answered: "json:/id" } };
    const { verify: _, ...unsigned } = acme;
    const read = declaration.parse({ ...unsigned, source: "form", fetch });
    expect(read.verify).toBeNull();
    expect(read.fetch).toEqual(fetchSpec.parse(fetch));
    expect(read.needs).toEqual(new Set(["json"]));
  });

  it("reads a form of the query from the query alone", () => {
    const { needs } = declaration.parse({
      verify: { alg: "sha256", sig: "query:sign", content: "{query:id}|{query:state}|{secret}" },
      methods: ["GET"],
      source: "query",
      event_key: ["query:id"],
      subject_key: ["query:id"],
      status: { at: "query:state", map: {} },
    });
    expect(needs).toEqual(new Set(["query"]));
  });

  it.each<
    readonly [
      what: string,
      verify: WrittenProvider["verify"],
      schemes: NonNullable<WrittenProvider["schemes"]>,
      redacted: string[],
    ]
  >([
    ["a token in the body", { alg: "static", sig: "json:/token" }, {}, ["json:/card", "json:/token"]],
    [
      "no token in a header, which is not stored",
      { alg: "static", sig: "header:x-token" },
      {},
      ["json:/card"],
    ],
    [
      "no signature",
      { alg: "hmac-sha256", sig: "json:/sign", content: "{json:/event_id}{json:/payment/id}" },
      {},
      ["json:/card"],
    ],
    [
      "the token of another scheme as well",
      acme.verify,
      { old: { alg: "static", sig: "json:/token" } },
      ["json:/card", "json:/token"],
    ],
  ])("redacts %s", (_, verify, schemes, redacted) => {
    const { redact } = declared({ verify, schemes, redact: ["json:/card"] });
    expect(redact.map(({ text }) => text)).toEqual(redacted);
  });
});

describe("a mistake", () => {
  const noPlace = (text: string) =>
    `${text} is no place: write header:<name>, json:/<pointer>, form:<name> or query:<name>`;
  const noValue = (text: string) => `${noPlace(text)}, or text:<a text of your own>`;
  const noPart = (text: string) =>
    `${noValue(text)}; a part of a key is such a place, amount(…), ticker(…), txid(…) or state`;
  const noState = (text: string) =>
    `${text} is no state: write ${STATUSES.join(", ")} or updated, with payout. in front for money out`;
  const sum = { value: "json:/a", currency: "text:EUR" };

  it.each<readonly [path: readonly PropertyKey[], changes: object, message: string]>([
    [["single"], { single: "x" }, noPlace("x")],
    [["event"], { event: "x" }, noValue("x")],
    [["event_id"], { event_id: "x" }, noValue("x")],
    [["payment_id"], { payment_id: "x" }, noValue("x")],
    [["event_key", 1], { event_key: ["json:/a", "x"] }, noPart("x")],
    [["subject_key", 0], { subject_key: ["x"] }, noPart("x")],
    [["status", "at", 0], { status: { ...acme.status, at: "x" } }, noValue("x")],
    [["status", "at", 1], { status: { ...acme.status, at: ["json:/a", "x"] } }, noValue("x")],
    [["status", "map", "done"], { status: { ...acme.status, map: { done: "x" } } }, noState("x")],
    [["status", "absent"], { status: { ...acme.status, absent: "x" } }, noState("x")],
    [["amounts", "amount", "value"], { amounts: { amount: { ...sum, value: "x" } } }, noValue("x")],
    [["amounts", "fee", "currency"], { amounts: { fee: { ...sum, currency: "x" } } }, noValue("x")],
    [["amounts", "net", "network"], { amounts: { net: { ...sum, network: "x" } } }, noValue("x")],
    [["amounts", "refunded", "whole"], { amounts: { refunded: { ...sum, whole: "x" } } }, noValue("x")],
    [["reference"], { reference: "x" }, noValue("x")],
    [["occurred_at", "at"], { occurred_at: { at: "x" } }, noValue("x")],
    [["livemode", "at"], { livemode: { at: "x" } }, noValue("x")],
    [["blockchain", "txid"], { blockchain: { txid: "x" } }, noValue("x")],
    [["equals", "shop"], { equals: { shop: "x" } }, noPlace("x")],
    [["redact", 1], { redact: ["json:/a", "x"] }, noPlace("x")],
  ])("at %j is named there, and nothing else is", (path, changes, message) => {
    expect(issuesOf(declaration, { ...acme, ...changes })).toEqual([{ code: "custom", path, message }]);
  });

  it("does not hide another", () => {
    const changes = { redact: ["x"], event: "y", status: { at: "z", map: { done: "paid" } } };
    expect(issuesOf(declaration, { ...acme, ...changes }).map(({ path }) => path.join("."))).toEqual([
      "event",
      "status.map.done",
      "status.at.0",
      "redact.0",
    ]);
  });

  it.each<readonly [what: string, changes: object, path: string, message: string]>([
    [
      "in what can be read is named as well",
      { single: "header:x-items" },
      "single",
      "must be a list in a JSON body: json:/items",
    ],
    [
      "is a list of another source",
      {
        source: "form",
        single: "json:/items",
        verify: { alg: "sha256", sig: "form:sign", content: "{form:id}{secret}" },
        event: "text:callback",
        event_id: "form:id",
        payment_id: "form:id",
        event_key: ["form:id"],
        subject_key: ["form:id"],
        status: { at: "form:state", map: {} },
        amounts: {},
        reference: "form:id",
      },
      "source",
      "is form, but json: places are read: write the source the provider uses",
    ],
  ])("%s", (_, changes, path, message) => {
    expect(issuesOf(declaration, { ...acme, ...changes })).toEqual([
      { code: "custom", path: [path], message },
    ]);
  });
});

describe("covered is", () => {
  const sum = (name: string, more: object = {}) => ({
    value: `json:/${name}`,
    currency: "json:/currency",
    ...more,
  });
  const covering = (...texts: string[]) => ({
    claims: [],
    covers: ({ text }: Place) => texts.includes(text),
    isAmbiguous: false,
  });
  const STATE = { at: ["json:/word", "json:/result"], map: {} };
  const ALL = ["json:/sum", "json:/currency", "json:/word", "json:/result", "json:/order"];

  it.each<readonly [what: string, changes: Partial<WrittenProvider>, places: string[], meanings: string[]]>([
    ["all there is", {}, ALL, ["amount", "currency", "status", "reference"]],
    ["nothing", {}, [], []],
    ["the amount alone", {}, ["json:/sum"], ["amount"]],
    ["the currency alone", {}, ["json:/currency"], ["currency"]],
    [
      "the currency that is a text of its own",
      { amounts: { amount: sum("sum", { currency: "text:EUR" }) } },
      [],
      ["currency"],
    ],
    ["the state by all its places", {}, ["json:/word", "json:/result"], ["status"]],
    ["no state by one of its places", {}, ["json:/word"], []],
    ["the reference alone", {}, ["json:/order"], ["reference"]],
    ["no reference by one of two places", { reference: "json:/order | json:/id" }, ["json:/order"], []],
    [
      "no amount and no reference where there are none",
      { amounts: {}, reference: undefined },
      ALL,
      ["status"],
    ],
    [
      "the amount with all that is given back",
      {
        amounts: {
          amount: sum("sum"),
          refunded: sum("total", { whole: "json:/captured" }),
          refund: sum("part"),
        },
      },
      ["json:/sum", "json:/total", "json:/captured", "json:/part"],
      ["amount"],
    ],
    [
      "no amount without the total",
      { amounts: { amount: sum("sum"), refunded: sum("total") } },
      ["json:/sum"],
      [],
    ],
    [
      "no amount without its whole",
      { amounts: { amount: sum("sum"), refunded: sum("total", { whole: "json:/captured" }) } },
      ["json:/sum", "json:/total"],
      [],
    ],
    [
      "no amount without the refund",
      { amounts: { amount: sum("sum"), refund: sum("part") } },
      ["json:/sum"],
      [],
    ],
    [
      "the amount whatever its fee",
      { amounts: { amount: sum("sum"), fee: sum("fee") } },
      ["json:/sum"],
      ["amount"],
    ],
  ])("%s", (_, changes, places, meanings) => {
    const read = declared({
      status: STATE,
      amounts: { amount: sum("sum") },
      reference: "json:/order",
      ...changes,
    });
    expect(meaningsCovered(read, covering(...places))).toEqual(meanings);
  });
});

/** Functions are equal to themselves alone: what a proof covers is compared elsewhere. */
function shown(read: unknown): unknown {
  if (read instanceof Map) return new Map([...read].map(([key, one]) => [key, shown(one)]));
  if (read instanceof Set || Array.isArray(read) || typeof read !== "object" || read === null) return read;
  return Object.fromEntries(
    Object.entries(read).map(([key, one]) => [key, typeof one === "function" ? key : shown(one)]),
  );
}
