/**
 * A declared provider, read: every name resolved, every claim checked against what its proof covers. What could
 * forward another payment's money, or the same one twice, refuses to start.
 */
import { z } from "zod";
import type { Result } from "../../result.ts";
import type { Coverage } from "../../verify/spec/coverage.ts";
import { headersOf, needsOf, parsePlace, type Need, type Place } from "../../verify/spec/places.ts";
import type { VerifySpec } from "../../verify/spec/spec.ts";
import type { Exponents } from "../amounts.ts";
import { parseMeaning, type Meaning } from "../meaning.ts";
import type { Method } from "../provider.ts";
import type { DeclaredAmount } from "./amounts.ts";
import type { FetchBack } from "./fetch-spec.ts";
import { problemsOf } from "./checks.ts";
import type { StatusTable } from "./status.ts";
import { parsePart, parseValue, type Part, type Value } from "./values.ts";
import { writtenSchema, type GivenProvider } from "./written.ts";

export const AMOUNTS = ["amount", "requested", "net", "converted", "fee", "refunded", "refund"] as const;
export type AmountName = (typeof AMOUNTS)[number];

export const CHAIN = ["network", "txid", "from", "to", "confirmations"] as const;
export type ChainName = (typeof CHAIN)[number];

export interface Declaration {
  readonly title: string | null;
  readonly methods: readonly Method[];
  readonly source: GivenProvider["source"];
  readonly contentTypes: readonly string[] | null;
  /** null: the hint is unsigned, and the object is asked for. */
  readonly verify: VerifySpec | null;
  readonly fetch: FetchBack | null;
  readonly schemes: ReadonlyMap<string, VerifySpec>;
  /** By the account's setting: the place whose value must equal it. */
  readonly equals: ReadonlyMap<string, Place>;
  readonly single: Place | null;
  readonly event: Value;
  readonly eventId: Value | null;
  readonly paymentId: Value | null;
  readonly eventKey: readonly Part[];
  readonly subjectKey: readonly Part[];
  readonly status: StatusTable;
  readonly amounts: Readonly<Partial<Record<AmountName, DeclaredAmount>>>;
  readonly exponents: Exponents;
  readonly reference: Value | null;
  readonly occurredAt: { readonly at: Value; readonly unit: "s" | "ms" | "iso" } | null;
  readonly livemode: { readonly at: Value; readonly live: string } | null;
  readonly blockchain: Readonly<Record<ChainName, Value | null>> | null;
  readonly redact: readonly Place[];
  readonly reply: GivenProvider["reply"];
  readonly retries: string | null;
  /** What has to be parsed to read the facts. */
  readonly needs: ReadonlySet<Need>;
  /** Headers that facts are made of: a callback that is set aside keeps them. */
  readonly keptHeaders: readonly string[];
}

export const declaration = writtenSchema.transform((given, context): Declaration => {
  const issue = (path: readonly PropertyKey[], message: string) =>
    context.issues.push({ code: "custom", input: undefined, path: [...path], message });
  const read = build(given, new Reader(issue));
  // Of what is only partly read nothing more can be said.
  if (context.issues.length > 0) return z.NEVER;
  for (const { path, message } of problemsOf(read)) issue(path, message);
  return read;
});

/** Collects what is wrong, and every place that facts are read from. */
class Reader {
  readonly places: Place[] = [];
  readonly #issue: (path: readonly PropertyKey[], message: string) => void;

  constructor(issue: (path: readonly PropertyKey[], message: string) => void) {
    this.#issue = issue;
  }

  /** What was read, whose places are collected; of what is wrong, nothing that is ever used. */
  read<T>(
    path: readonly PropertyKey[],
    result: Result<T, string>,
    placesIn: (value: T) => readonly Place[] = () => [],
  ): T {
    if (!result.ok) {
      this.#issue(path, result.error);
      return z.NEVER;
    }
    this.places.push(...placesIn(result.value));
    return result.value;
  }

  value(path: readonly PropertyKey[], written: string): Value {
    return this.read(path, parseValue(written), ({ places }) => places);
  }

  optional(path: readonly PropertyKey[], written: string | undefined): Value | null {
    return written === undefined ? null : this.value(path, written);
  }

  place(path: readonly PropertyKey[], written: string): Place {
    return this.read(path, parsePlace(written), (place) => [place]);
  }

  parts(path: string, written: readonly string[]): readonly Part[] {
    return written.map((one, index) =>
      this.read([path, index], parsePart(one), (part) => (part.kind === "value" ? part.value.places : [])),
    );
  }
}

function build(given: GivenProvider, reader: Reader): Declaration {
  const amounts = AMOUNTS.flatMap((name) => {
    const amount = given.amounts[name];
    if (amount === undefined) return [];
    const path = (field: string) => ["amounts", name, field];
    const declared: DeclaredAmount = {
      value: reader.value(path("value"), amount.value),
      currency: reader.value(path("currency"), amount.currency),
      network: reader.optional(path("network"), amount.network),
      unit: amount.unit,
      whole: reader.optional(path("whole"), "whole" in amount ? amount.whole : undefined),
    };
    return [[name, declared] as const];
  });
  const chain = given.blockchain;
  const built = {
    title: given.title ?? null,
    methods: given.methods,
    source: given.source,
    contentTypes: given.content_types ?? null,
    verify: given.verify ?? null,
    fetch: given.fetch ?? null,
    schemes: new Map(Object.entries(given.schemes)),
    single: given.single === undefined ? null : reader.place(["single"], given.single),
    event: reader.value(["event"], given.event),
    eventId: reader.optional(["event_id"], given.event_id),
    paymentId: reader.optional(["payment_id"], given.payment_id),
    eventKey: reader.parts("event_key", given.event_key),
    subjectKey: reader.parts("subject_key", given.subject_key),
    status: statusTable(given.status, reader),
    amounts: Object.fromEntries(amounts),
    exponents: new Map(Object.entries(given.exponents)),
    reference: reader.optional(["reference"], given.reference),
    occurredAt: given.occurred_at && {
      at: reader.value(["occurred_at", "at"], given.occurred_at.at),
      unit: given.occurred_at.unit,
    },
    livemode: given.livemode && {
      at: reader.value(["livemode", "at"], given.livemode.at),
      live: given.livemode.live,
    },
    blockchain:
      chain &&
      (Object.fromEntries(
        CHAIN.map((name) => [name, reader.optional(["blockchain", name], chain[name])]),
      ) as Record<ChainName, Value | null>),
    reply: given.reply,
    retries: given.retries ?? null,
  };
  const facts = [...reader.places];
  // Of the callback, whatever the facts are of.
  const equals = Object.entries(given.equals).map(
    ([name, place]) => [name, reader.place(["equals", name], place)] as const,
  );
  const redact = given.redact.map((place, index) => reader.place(["redact", index], place));
  return {
    ...built,
    equals: new Map(equals),
    occurredAt: built.occurredAt ?? null,
    livemode: built.livemode ?? null,
    blockchain: built.blockchain ?? null,
    redact: [...redact, ...tokenPlaces(given)],
    needs: new Set([given.fetch === undefined ? given.source : "json", ...needsOf(facts)]),
    keptHeaders: headersOf(facts),
  };
}

/** A token in a body is a secret in a body. */
function tokenPlaces({ verify, schemes }: GivenProvider): readonly Place[] {
  return [verify, ...Object.values(schemes)]
    .filter((spec) => spec !== undefined)
    .filter(({ alg }) => alg === "static")
    .map(({ signature }) => signature)
    .filter(({ kind }) => kind === "json" || kind === "form");
}

function statusTable(given: GivenProvider["status"], reader: Reader): StatusTable {
  const at = typeof given.at === "string" ? [given.at] : given.at;
  const meaning = (path: readonly PropertyKey[], written: string): Meaning =>
    reader.read(path, parseMeaning(written));
  const words = Object.entries(given.map).map(
    ([word, written]) => [word, meaning(["status", "map", word], written)] as const,
  );
  return {
    at: at.map((written, index) => reader.value(["status", "at", index], written)),
    words: new Map(words),
    absent: given.absent === undefined ? null : meaning(["status", "absent"], given.absent),
    warnings: new Map(Object.entries(given.warnings)),
  };
}

/** What is true of an event of this proof that a CRM may ask for, beside what the proof itself covers. */
export function meaningsCovered(declared: Declaration, { covers }: Coverage): readonly string[] {
  const all = (values: readonly (Value | null | undefined)[]) =>
    values.every((value) => value?.places.every((place) => covers(place)) ?? true);
  const { amount, refunded, refund } = declared.amounts;
  // What was given back is an amount that somebody books as well.
  const amounts = [amount?.value, refunded?.value, refunded?.whole, refund?.value];
  return [
    ...(amount && all(amounts) ? ["amount"] : []),
    ...(amount && all([amount.currency]) ? ["currency"] : []),
    ...(all(declared.status.at) ? ["status"] : []),
    ...(declared.reference && all([declared.reference]) ? ["reference"] : []),
  ];
}
