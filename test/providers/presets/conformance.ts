/**
 * What every declared provider must hold, over its sample (tools/samples): run it over a new preset by its being
 * in the registry, or over a provider of your own with `describeConformance`.
 */
import { describe, expect, it } from "vitest";
import { parseJson, JsonNumber, type JsonValue } from "../../../src/parse/strict-json.ts";
import type { WrittenProvider } from "../../../src/providers/declared/written.ts";
import { parsePlace, type Place } from "../../../src/verify/spec/places.ts";
import {
  changed,
  formNames,
  requestOf,
  type Expected,
  type Sample,
} from "../../../tools/lib/declared/samples.ts";
import { saidBy } from "../../../tools/lib/declared/said.ts";
import type { UnsignedRequest } from "../../../tools/lib/declared/sign.ts";
import {
  accountOf,
  NOW_MS,
  outcomeOf,
  proofOf,
  signed,
  type Account,
  type Outcome,
} from "../../support/declared.ts";

/** Another secret of the same form: hex digits, base64 and plain text stay what they are. */
function anotherSecret(secret: string): string {
  return secret
    .replace(/[A-Za-z0-9](?=[^A-Za-z0-9]*$)/, (last) => (last === "A" ? "0" : "A"))
    .replace(/^(whsec_)?./, (first) =>
      first.endsWith("A") ? `${first.slice(0, -1)}B` : `${first.slice(0, -1)}A`,
    );
}

export function describeConformance(name: string, written: WrittenProvider, sample: Sample): void {
  const old = anotherSecret(sample.secret);
  const account = accountOf(name, written, [sample.secret, old], sample.settings);
  const { source, declared } = account;
  const url = `https://relay.test/in/${name}/shop`;
  const unsigned = requestOf(sample, url);
  const verify = proofOf(declared);
  const isStatic = verify.alg === "static";
  const send = async (request: UnsignedRequest, options: Partial<Parameters<typeof signed>[2]> = {}) =>
    await outcomeOf(
      source,
      await signed(account, request, { secret: sample.secret, ...options }),
      options.nowMs,
    );
  const genuine = async () => await signed(account, unsigned, { secret: sample.secret });

  describe(`the declared provider ${name}`, () => {
    it("understands its sample", async () => {
      check(await send(unsigned), sample.expect);
    });

    it.each(sample.cases)("understands: $name", async (varied) => {
      const outcome = await send(requestOf(sample, url, varied));
      if (varied.expect.same_event) expect(idOf(outcome)).toBe(idOf(await send(unsigned)));
      check(outcome, varied.expect);
    });

    it("accepts the secret before the newest, and names it", async () => {
      expect(keyOf(await send(unsigned, { secret: old }))).toBe("OLD");
      expect(keyOf(await send(unsigned))).toBe("NEW");
    });

    it("refuses a secret that is not listed, and none at all", async () => {
      const reason = isStatic ? "bad_token" : "bad_signature";
      expect(await send(unsigned, { secret: anotherSecret(old) })).toEqual({ kind: "refused", reason });
      const missing = isStatic ? "missing_token" : "missing_signature";
      for (const bare of [
        without(await genuine(), verify.signature),
        blank(await genuine(), verify.signature),
      ]) {
        expect(await outcomeOf(source, bare)).toEqual({ kind: "refused", reason: missing });
      }
    });

    it("refuses a change of whatever it covers, and says that it covers no other", async () => {
      const request = await genuine();
      const { covers } = verify.coverage;
      const wrong: string[] = [];
      for (const [place, other] of changesOf(request, verify.signature)) {
        const outcome = await outcomeOf(source, other);
        const isRefused =
          outcome.kind === "refused" && /^(bad_signature|malformed_signature|stale)/.test(outcome.reason);
        if (isRefused !== covers(place)) wrong.push(`${place.text}: ${JSON.stringify(outcome).slice(0, 80)}`);
      }
      expect(wrong).toEqual([]);
    });

    it("says of a partial proof whether amount, currency, status and reference are covered", async () => {
      const outcome = await send(unsigned);
      if (outcome.kind !== "event") throw new Error(`no event: ${outcome.reason}`);
      const { assurance, covers } = outcome.event.data.verification;
      if (assurance === "signed" && !covers.includes("body")) {
        expect(covers).toEqual(expect.arrayContaining(["amount", "currency", "status"]));
      }
      expect(covers.length).toBeGreaterThan(0);
      expect(assurance).toBe(isStatic ? "shared_secret" : assurance);
    });

    it("takes a repeat for the same event, also re-serialised and with a fresh time", async () => {
      const first = await send(unsigned);
      const again = await send({ ...unsigned, body: respelled(unsigned) }, { nowMs: NOW_MS + 60_000 });
      expect(idOf(again)).toBe(idOf(first));
      expect(contentsOf(again)).toEqual(contentsOf(first));
    });

    it("takes another payment for another payment", async () => {
      const first = await send(unsigned);
      for (const place of subjectPlaces(account, unsigned)) {
        const other = await send(withText(unsigned, place, "another-1"));
        // Another merchant is refused; another id is another payment.
        if (other.kind === "event") {
          expect(paymentOf(other)).not.toBe(paymentOf(first));
          expect(idOf(other)).not.toBe(idOf(first));
        } else expect(other.reason).toBe("merchant");
      }
    });

    // Lists that may be empty: what a declaration has no word, amount or time for is not tested.
    const wordAt = declared.status.at[0]?.places.find((one) => unsignedHas(unsigned, one));
    const hasWords = declared.status.words.size > 0;
    it.each(hasWords ? ["brand_new_word", "confirmed?", "refunded?"] : [])(
      "keeps the word %s, which it does not know, as the provider's own, apart from our states",
      async (word) => {
        if (wordAt === undefined) throw new Error("the sample has no word");
        const known = await send(unsigned);
        const outcome = await send(withText(unsigned, wordAt, word));
        if (outcome.kind !== "event") throw new Error(`${word}: ${outcome.reason}`);
        expect(outcome.facts).toMatchObject({ kind: "provider", status: null });
        expect(outcome.event.data.amount).toBeNull();
        // Under an id of the provider's own it is a conflict, which is kept; otherwise an event of its own.
        expect([idOf(outcome), contentsOf(outcome)]).not.toEqual([idOf(known), contentsOf(known)]);
      },
    );

    const isMoney = sample.expect.type === "payment.confirmed";
    const { amount } = declared.amounts;
    const amountAt = amount?.value.places.find((one) => unsignedHas(unsigned, one));
    const withAmount = async (text: string, isNumber: boolean) => {
      if (amountAt === undefined) throw new Error("the sample has no amount");
      return await send(withText(unsigned, amountAt, text, isNumber));
    };
    const notMoney = [
      ["0", true],
      ["-5", true],
      ["0", false],
      ["1,5", false],
      ["1e400", true],
      ["NaN", false],
      ["٣", false],
    ] as const;
    it.each(isMoney ? notMoney : [])(
      "never calls money an amount of %s (a number: %s)",
      async (text, isNumber) => {
        expect(await withAmount(text, isNumber)).toEqual({
          kind: "quarantined",
          reason: "bad_amount:amount",
        });
      },
    );

    it.each(isMoney && amount?.unit === "decimal" ? ["0.123456789012345678", "1000000000000000000.5"] : [])(
      "keeps every digit of %s",
      async (text) => {
        expect(await withAmount(text, true)).toHaveProperty("event.data.amount.value", text);
      },
    );

    const { time } = verify;
    const edge = time?.toleranceSeconds ?? 0;
    const times = [
      [0, "in"],
      [edge, "in"],
      [-edge, "in"],
      [edge + 1, "stale"],
      [-edge - 1, "stale"],
    ] as const;
    it.each(time === null ? [] : times)("a time %i s from now is %s", async (offset, expected) => {
      const nowMs = NOW_MS + offset * 1_000;
      const outcome = await outcomeOf(
        source,
        await signed(account, unsigned, { secret: sample.secret, nowMs }),
      );
      expect(outcome.kind === "refused" ? outcome.reason : "in").toBe(expected);
    });

    it("refuses another encoding of the same text, and a name that is given twice", async () => {
      const request = await genuine();
      const utf8 = new TextEncoder().encode(request.body);
      const marked = Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8);
      const broken = Uint8Array.of(...utf8.subarray(0, -1), 0xff, ...utf8.subarray(-1));
      for (const bytes of [marked, broken])
        expect((await outcomeOf(source, { ...request, bytes })).kind).toBe("refused");
      const twice = { ...unsigned, body: doubled(unsigned) };
      const again = await signed(account, twice, { secret: sample.secret }).then(
        (one) => one,
        () => twice,
      );
      const outcome = await outcomeOf(source, again);
      expect(outcome).toHaveProperty("kind", "refused");
    });

    it("shows no secret in what it forwards", async () => {
      const outcome = await send(unsigned);
      expect(JSON.stringify(outcome)).not.toContain(sample.secret);
    });
  });
}

function check(outcome: Outcome, expected: Expected): void {
  if (expected.refused !== undefined) {
    expect(outcome).toEqual({ kind: "refused", reason: expected.refused });
    return;
  }
  if (expected.quarantined !== undefined || expected.aside !== undefined) {
    expect(outcome.kind).toBe(expected.aside === undefined ? "quarantined" : "aside");
    expect("reason" in outcome ? outcome.reason.split(":")[0] : null).toBe(
      expected.quarantined ?? expected.aside,
    );
    return;
  }
  if (outcome.kind !== "event") throw new Error(`${outcome.kind}: ${outcome.reason}`);
  const { event, facts } = outcome;
  const { same_event: _, warnings, ...rest } = expected;
  expect(saidBy(event)).toMatchObject(rest);
  expect(facts.warnings).toEqual(warnings ?? []);
}

const idOf = (outcome: Outcome) => (outcome.kind === "event" ? outcome.event.id : outcome.reason);
const paymentOf = (outcome: Outcome) =>
  outcome.kind === "event" ? outcome.event.data.payment_id : outcome.reason;
const contentsOf = (outcome: Outcome) => (outcome.kind === "event" ? outcome.facts.contents : outcome.reason);
const keyOf = (outcome: Outcome) =>
  outcome.kind === "event" ? outcome.event.data.verification.key : outcome.reason;

function isForm({ headers }: UnsignedRequest): boolean {
  return headers["content-type"]?.includes("form") === true;
}

function rootOf({ body }: UnsignedRequest) {
  const parsed = parseJson(new TextEncoder().encode(body));
  if (!parsed.ok) throw new Error("the sample is no JSON");
  return parsed.value;
}

/** Every value that is not inside another one, by its place. */
function leavesOf(request: UnsignedRequest): readonly (readonly [place: string, value: JsonValue])[] {
  if (isForm(request)) return formNames(request.body).map((name) => [`form:${name}`, name] as const);
  const found: (readonly [string, JsonValue])[] = [];
  const walk = (value: JsonValue, path: string): void => {
    if (value instanceof Map)
      for (const [key, one] of value) walk(one as JsonValue, `${path}/${String(key)}`);
    else if (Array.isArray(value)) value.forEach((one: JsonValue, index) => walk(one, `${path}/${index}`));
    else found.push([`json:${path}`, value]);
  };
  walk(rootOf(request).root, "");
  return found;
}

/** The request with each value changed to another one of its type, and each header that is not the signature. */
function changesOf(request: UnsignedRequest, signature: Place): (readonly [Place, UnsignedRequest])[] {
  const inBody = leavesOf(request).map(([text, value]) => {
    const other =
      value instanceof JsonNumber
        ? 7_919
        : typeof value === "boolean"
          ? !value
          : typeof value === "string"
            ? `${value}1`
            : "now there";
    return [placeOf(text), { ...request, body: changed(request.body, { [text]: other }) }] as const;
  });
  const inHeaders = Object.keys(request.headers)
    .filter((name) => name !== "content-type")
    .map((name) => {
      const headers = { ...request.headers, [name]: `${request.headers[name]}1` };
      return [placeOf(`header:${name}`), { ...request, headers }] as const;
    });
  return [...inBody, ...inHeaders].filter(([place]) => place.text !== signature.text);
}

function placeOf(text: string): Place {
  const place = parsePlace(text);
  if (!place.ok) throw new Error(place.error);
  return place.value;
}

function unsignedHas(request: UnsignedRequest, place: Place): boolean {
  return leavesOf(request).some(([text, value]) => text === place.text && value !== null && value !== "");
}

function subjectPlaces({ declared }: Account, request: UnsignedRequest): readonly Place[] {
  return declared.subjectKey.flatMap((part) =>
    part.kind === "value" ? part.value.places.filter((place) => unsignedHas(request, place)).slice(0, 1) : [],
  );
}

function withText(request: UnsignedRequest, place: Place, text: string, isNumber = false): UnsignedRequest {
  const raw = isNumber && place.kind === "json" ? rawNumber(text) : text;
  return { ...request, body: changed(request.body, { [place.text]: raw }) };
}

/** A number exactly as written, which JavaScript's own would not keep. */
function rawNumber(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

function without(request: UnsignedRequest, place: Place): UnsignedRequest {
  if (place.kind !== "header") return blankInBody(request, place);
  const { [place.name]: _, ...headers } = request.headers;
  return { ...request, headers };
}

function blank(request: UnsignedRequest, place: Place): UnsignedRequest {
  if (place.kind === "header") return { ...request, headers: { ...request.headers, [place.name]: "" } };
  return blankInBody(request, place);
}

function blankInBody(request: UnsignedRequest, place: Place): UnsignedRequest {
  return { ...request, body: changed(request.body, { [place.text]: "" }) };
}

/** The same contents in other bytes: white space, escapes, another order where there is one. */
function respelled(request: UnsignedRequest): string {
  if (isForm(request)) return request.body.replaceAll("e", "%65");
  return request.body.replaceAll(/(?<=[,{[])"/g, ' "').replaceAll('"id"', String.raw`"\u0069d"`);
}

/** The first name of the body once more. */
function doubled(request: UnsignedRequest): string {
  if (isForm(request)) return `${request.body}&${request.body.split("&")[0]}`;
  const [, member = ""] = /^\{("[^"]+":)/.exec(request.body) ?? [];
  return request.body.replace(/^\{/, `{${member}1,`);
}
