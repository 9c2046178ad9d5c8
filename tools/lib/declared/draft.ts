/**
 * The first draft of a declaration, and a sample with its cases, from one captured callback: guesses by the names of
 * things, each with a note for whoever finishes it. No word is guessed to mean money. Pure.
 */
import type { CapturedRequest } from "../../../src/diagnose/captured.ts";
import type { WrittenProvider } from "../../../src/providers/declared/written.ts";
import { draftProof } from "./draft-proof.ts";
import { formLeaves, jsonLeaves, type Leaf } from "./leaves.ts";
import { changed, type Sample, type SampleCase } from "./samples.ts";

export interface Draft {
  readonly written: WrittenProvider;
  readonly sample: Sample;
  /** What is to be compared with the provider's document, in the order of the declaration. */
  readonly notes: readonly string[];
}

const REDACTED = "[redacted]";
const SECRET =
  /(^|[/_:-])(token|secret|password|passwd|api_?key|auth_?token|access_?token|pan|cvv|cvc|card_?number)$/i;
const EVENT_ID = /^(json:\/|form:|query:)(event_?id|webhook_?id|notification_?id|callback_?id|id)$/i;
/** The surest names first. */
const PAYMENT_IDS = [
  /(payment|transaction|txn|trx|charge|deposit|intent|invoice|track)_?(id|uuid|hash)$/i,
  /(payment|transaction|charge|deposit|intent|invoice|object)\/(id|uuid|reference)$/i,
  /[/:](id|uuid|txid)$/i,
  /order_?(id|uuid)$|order\/id$/i,
];
const REFERENCE =
  /[/_:](merchant_?(reference|order_?id)|reference|order(_?(id|number|no|reference))?|external_?id|client_?reference\w*|custom\w*)$/i;
const STATUS = /[/_:](status|state)$/i;
const TYPE = /[/_:](type|event|kind|topic|event_?name)$/i;
const AMOUNT = /[/_:](amount|amount_?paid|paid_?amount|total|sum|value|gross)$/i;
const CURRENCY = /(currency|ccy|coin|asset)(_?code)?$/i;
const TIME = /[/_:](created|updated|occurred|completed|paid|event)?_?(at|on|time|timestamp|date)$/i;

/** @throws Error in words, where the callback cannot be read */
export function draftOf(request: CapturedRequest): Draft {
  const { source, leaves, body } = readBody(request);
  const headers = request.headers.map(([name, text]): Leaf => ({
    place: `header:${name.toLowerCase()}`,
    text,
    isNumber: false,
  }));
  const proof = draftProof(headers, leaves, source);
  const facts = leaves.filter(({ place }) => !proof.places.has(place) && !SECRET.test(place));
  const secrets = leaves.filter(({ place }) => !proof.places.has(place) && SECRET.test(place));
  const find = (
    pattern: RegExp,
    but: readonly (Leaf | undefined)[] = [],
    fits: (leaf: Leaf) => boolean = () => true,
  ) => facts.find((leaf) => pattern.test(leaf.place) && !but.includes(leaf) && fits(leaf));

  const event = find(EVENT_ID);
  const payment = first(PAYMENT_IDS, (pattern) => find(pattern, [event])) ?? event ?? facts[0];
  if (payment === undefined) throw new Error("the callback has no value that could name a payment");
  const eventId = event === payment ? undefined : event;
  const reference = find(REFERENCE, [event, payment]);
  const type = find(TYPE, [event, payment]);
  const status = find(STATUS) ?? type;
  const amount = find(AMOUNT, [], ({ text }) => /^\d+(\.\d+)?$/.test(text));
  const currency = find(CURRENCY, [], ({ text }) => /^[A-Za-z0-9.]{2,12}$/.test(text));
  const isPaid = amount !== undefined && currency !== undefined;
  const time = find(TIME, [amount], ({ text }) => unitOf(text) !== null);
  const written: WrittenProvider = {
    ...(request.method === "POST" ? {} : { methods: [methodOf(request.method)] }),
    ...(source === "json" ? {} : { source }),
    event: type?.place ?? "text:callback",
    ...(eventId === undefined ? {} : { event_id: eventId.place }),
    payment_id: payment.place,
    event_key: [eventId?.place ?? "state"],
    subject_key: [payment.place],
    ...(reference === undefined ? {} : { reference: reference.place }),
    ...(secrets.length === 0 ? {} : { redact: secrets.map(({ place }) => place) }),
    verify: proof.verify,
    status:
      status === undefined
        ? { at: source === "json" ? "json:/status" : `${source}:status`, map: {}, absent: "pending" }
        : { at: status.place, map: { [status.text]: "pending" } },
    ...(isPaid ? { amounts: { amount: { value: amount.place, currency: currency.place } } } : {}),
    ...(time === undefined ? {} : { occurred_at: { at: time.place, unit: unitOf(time.text) ?? "iso" } }),
  };
  const named = { event, payment, reference, status, amount: isPaid ? amount : undefined };
  return {
    written,
    sample: {
      secret: "",
      ...contentTypeOf(request),
      ...bodyOf(body, source, [...secrets, ...leaves.filter(({ place }) => proof.places.has(place))]),
      expect: {
        type: "payment.pending",
        ...(isPaid && amount.isNumber ? { amount: amount.text } : {}),
        ...(reference === undefined ? {} : { merchant_reference: reference.text }),
      },
      cases: source === "query" ? [] : casesOf(named, proof.verify.content ?? ""),
    },
    notes: [...proof.notes, ...notesOn(named, isPaid, time)],
  };
}

function readBody({ method, url, headers, body }: CapturedRequest) {
  const text = Buffer.from(body).toString("utf8");
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  if (text === "" || method === "GET") {
    const query = url.split("?")[1] ?? "";
    return { source: "query" as const, leaves: formLeaves("query", query), body: query };
  }
  if (type.includes("form") || !/^\s*\{/.test(text)) {
    return { source: "form" as const, leaves: formLeaves("form", text), body: text };
  }
  const leaves = jsonLeaves(text);
  if (leaves === null) throw new Error("the body begins like JSON, and is not JSON");
  return { source: "json" as const, leaves, body: text };
}

function first<T, R>(of: readonly T[], look: (one: T) => R | undefined): R | undefined {
  for (const one of of) {
    const found = look(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function contentTypeOf({ headers }: CapturedRequest): { readonly content_type?: string } {
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
  return type === undefined || type === "application/json" ? {} : { content_type: type };
}

function methodOf(method: string): "GET" | "POST" | "PUT" | "DELETE" {
  const known = (["GET", "POST", "PUT", "DELETE"] as const).find((one) => one === method.toUpperCase());
  if (known === undefined) throw new Error(`no provider is taken by ${method}: GET, POST, PUT or DELETE`);
  return known;
}

/** Its secrets taken out; the signature is put in again by whoever signs. */
function bodyOf(body: string, source: string, secrets: readonly Leaf[]): Pick<Sample, "query" | "body"> {
  if (source === "query") {
    const query = new URLSearchParams(body);
    for (const { place } of secrets) query.set(place.replace("query:", ""), REDACTED);
    return { query: String(query), body: "" };
  }
  const clean = changed(body, Object.fromEntries(secrets.map(({ place }) => [place, REDACTED])));
  if (source !== "json") return { body: clean };
  // As an object it is easier to read, but numbers must keep their digits.
  const parsed = JSON.parse(clean) as object;
  return { body: JSON.stringify(parsed) === clean.trim() ? parsed : clean };
}

function unitOf(text: string): "s" | "ms" | "iso" | null {
  if (/^\d{10}$/.test(text)) return "s";
  if (/^\d{13}$/.test(text)) return "ms";
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text) ? "iso" : null;
}

interface Named {
  readonly payment: Leaf;
  readonly status: Leaf | undefined;
  readonly event: Leaf | undefined;
  readonly reference: Leaf | undefined;
  readonly amount: Leaf | undefined;
}

/** @param content what is signed: an object in place of one of its values cannot be */
function casesOf({ payment, status, amount }: Named, content: string): SampleCase[] {
  const set = (place: string, value: unknown) => ({ [place]: value });
  return [
    ...(status === undefined
      ? []
      : [
          {
            name: "a word nobody knows",
            set: set(status.place, "never heard of"),
            expect: { type: "provider.event" },
          },
        ]),
    ...(payment.place.startsWith("json:") && !content.includes(`{${payment.place}}`)
      ? [
          {
            name: "a payment whose name cannot be read",
            set: set(payment.place, {}),
            expect: { quarantined: "missing_event_id" },
          },
        ]
      : []),
    ...(amount === undefined
      ? []
      : [
          {
            name: "an amount below zero",
            set: set(amount.place, "-1"),
            expect: { quarantined: "bad_amount" },
          },
        ]),
  ];
}

function notesOn(
  { event, payment, reference, status, amount }: Named,
  isPaid: boolean,
  time: Leaf | undefined,
): string[] {
  return [
    event === undefined || event === payment
      ? "event_key: no id of the event was found: state makes the next word for a payment another event"
      : `event_key: is ${event.place} the same when the provider repeats a callback?`,
    `subject_key: does ${payment.place} name one payment, and the same one in each of its callbacks?`,
    reference === undefined
      ? "reference: nothing looks like your own order's name"
      : `reference: is ${reference.place} what you gave the provider?`,
    status === undefined
      ? "status: nothing looks like the word for a state: write where it stands, or what its absence means"
      : `status.map: "${status.text}" is pending until you write what it means; add every other word that the provider documents, and confirmed to the one that means money`,
    isPaid && amount
      ? `amounts.amount: is ${amount.place} what was paid, and in whole units? unit = "minor" is for cents`
      : "amounts.amount: no amount with a currency was found: a word cannot mean confirmed without one",
    ...(time === undefined ? [] : [`occurred_at: is ${time.place} when it happened, in UTC?`]),
    "reply: what does the provider want in the body of a 200?",
  ];
}
