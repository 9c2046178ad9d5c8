/**
 * What a declared provider's callback says. Also run over a stored callback, so it reads nothing but what is
 * kept: the body, the query and the headers that the declaration names.
 *
 * Promises: an id that is there and cannot be read is quarantined, not skipped; a confirmation without a
 * positive amount is never money; a word in no table is the provider's own event, whatever it is spelled like.
 */
import type { Status } from "../../event.ts";
import { identifiers } from "../../parse/access.ts";
import { canonicalDecimal } from "../../parse/decimal.ts";
import { fromRfc3339, fromUnixMilliseconds, fromUnixSeconds } from "../../parse/time.ts";
import type { Because, QuarantinedReason } from "../../reasons.ts";
import { textOf, valueOf, type Contents, type Message } from "../../verify/spec/places.ts";
import { statePart, type KeyPart } from "../keys.ts";
import { kindOf, type Meaning } from "../meaning.ts";
import { readProved } from "../proof.ts";
import type { Facts, Reading } from "../provider.ts";
import { CHAIN, type ChainName, type Declaration } from "./declaration.ts";
import { NO_AMOUNTS, readAmounts } from "./stated-amounts.ts";
import { meaningOf, wordOf } from "./status.ts";
import { read, readIdentifier, readNetwork, readPart, readText, type Part, type Value } from "./values.ts";

export async function readFacts(declared: Declaration, message: Message): Promise<Reading> {
  const contents = await readProved(message, declared.needs);
  if ("kind" in contents) return contents;
  const facts = factsOf(declared, contents);
  return "reason" in facts ? { kind: "quarantined", ...facts } : { kind: "facts", facts };
}

function factsOf(declared: Declaration, contents: Contents): Facts | Because<QuarantinedReason> {
  if (declared.single !== null) {
    const list = valueOf(declared.single, contents);
    if (!Array.isArray(list) || list.length !== 1) {
      return { reason: "conflict", detail: "several_events" };
    }
  }
  const word = wordOf(declared.status, contents);
  const meaning = meaningOf(declared.status, word);
  const amounts = meaning === null ? NO_AMOUNTS : readAmounts(declared, meaning, contents);
  if ("reason" in amounts) return amounts;
  const status = amounts.status ?? meaning?.status ?? null;

  const keys = readKeys(declared, meaning, status, word, contents);
  if ("reason" in keys) return keys;
  const ids = readIds(declared, contents);
  if ("reason" in ids) return ids;
  const chain = readChain(declared.blockchain, contents);
  const { amount, refund } = amounts.money;
  const stated = amount ?? refund;
  return {
    kind: kindOf(meaning),
    direction: meaning?.direction ?? "in",
    status,
    eventKey: keys.event,
    subjectKey: keys.subject,
    provider: {
      event: ids.event ?? word ?? "unnamed",
      event_id: ids.event_id,
      payment_id: ids.payment_id,
      status: word,
    },
    merchantReference: ids.reference,
    amount: amount ?? null,
    amountRequested: amounts.money.requested ?? null,
    amountNet: amounts.money.net ?? null,
    amountConverted: amounts.money.converted ?? null,
    amountRefunded: amounts.money.refunded,
    amountOfRefund: refund,
    fee: amounts.money.fee ?? null,
    blockchain: chain,
    occurredAt: readTime(declared.occurredAt, contents),
    warnings: [...amounts.warnings, ...ids.warnings, ...warningsOf(declared, word)],
    livemode: readLivemode(declared.livemode, contents),
    contents: {
      "conflict:amount": [stated ? canonicalDecimal(stated.value) : "", stated?.currency ?? ""].join(" "),
      "conflict:network": stated?.network ?? chain?.network ?? "",
      "conflict:body": JSON.stringify([statePart(status, word), ids.reference]),
    },
  };
}

function warningsOf({ status }: Declaration, word: string | null): readonly string[] {
  const warning = word === null ? undefined : status.warnings.get(word);
  return warning === undefined ? [] : [warning];
}

interface Keys {
  readonly event: readonly KeyPart[];
  readonly subject: readonly KeyPart[];
}

/**
 * An event is its own parts and its payment's: a provider that uses an id twice must not lose the second payment.
 * One with no place in our table need not speak of a payment at all.
 */
function readKeys(
  declared: Declaration,
  meaning: Meaning | null,
  status: Status | null,
  word: string | null,
  contents: Contents,
): Keys | Because<QuarantinedReason> {
  const state = statePart(meaning === null ? null : (status ?? "updated"), word);
  const of = (parts: readonly Part[]): readonly KeyPart[] | Because<QuarantinedReason> => {
    const key: KeyPart[] = [];
    for (const part of parts) {
      if (part.kind === "state") {
        key.push(state);
        continue;
      }
      const read = readPart(part, contents);
      if (read === "unreadable" || (read === "missing" && meaning !== null)) {
        return { reason: "missing_event_id", detail: part.value.places[0]?.text };
      }
      key.push(read === "missing" ? null : read.part);
    }
    return key;
  };
  const event = of(declared.eventKey);
  if ("reason" in event) return event;
  const subject = of(declared.subjectKey);
  if ("reason" in subject) return subject;
  if (subject.some((part) => part !== null)) return { event: [...event, ...subject], subject };
  const named = event.filter((part) => part !== null && part !== state);
  // About no payment: the event is its own subject, if anything tells it from others.
  return named.length === 0 || meaning !== null
    ? { reason: "missing_event_id", detail: "subject_key" }
    : { event, subject: event };
}

interface Ids {
  readonly event: string | null;
  readonly event_id: string | null;
  readonly payment_id: string | null;
  readonly reference: string | null;
  readonly warnings: readonly string[];
}

function readIds(declared: Declaration, contents: Contents): Ids | Because<QuarantinedReason> {
  const values = { event: declared.event, event_id: declared.eventId, payment_id: declared.paymentId };
  const names = ["event", "event_id", "payment_id"] as const;
  const ids = identifiers((name) => read(values[name], contents), names);
  if (!ids.ok) return { reason: "missing_event_id", detail: ids.error };
  const reference = readIdentifier(declared.reference, contents);
  // Free text of the merchant's own: not fit to be shown as an id, and no reason to keep money back.
  const isUnreadable = reference === "unreadable";
  return {
    ...ids.value,
    reference: isUnreadable ? null : reference.id,
    warnings: isUnreadable ? ["unreadable:reference"] : [],
  };
}

function readChain(
  places: Readonly<Record<ChainName, Value | null>> | null,
  contents: Contents,
): Facts["blockchain"] {
  if (places === null) return null;
  const id = (name: ChainName): string | null => {
    const read = readIdentifier(places[name], contents);
    return read === "unreadable" ? null : read.id;
  };
  if (CHAIN.every((name) => id(name) === null)) return null;
  const confirmations = id("confirmations") ?? "";
  return {
    network: readNetwork(places.network, contents),
    txid: id("txid"),
    from: id("from"),
    to: id("to"),
    confirmations: /^\d{1,9}$/.test(confirmations) ? Number(confirmations) : null,
  };
}

/** By the provider's word, or null: never invented. */
function readTime(time: Declaration["occurredAt"], contents: Contents): string | null {
  if (time === null) return null;
  const text = readText(time.at, contents) ?? "";
  switch (time.unit) {
    case "s":
      return fromUnixSeconds(text);
    case "ms":
      return fromUnixMilliseconds(text);
    case "iso":
      return fromRfc3339(text);
  }
}

/** Undefined where the provider does not say; whatever is not plainly live is not. */
function readLivemode(livemode: Declaration["livemode"], contents: Contents): boolean | undefined {
  if (livemode === null) return undefined;
  const given = textOf(read(livemode.at, contents));
  return given === undefined ? undefined : given === livemode.live;
}
