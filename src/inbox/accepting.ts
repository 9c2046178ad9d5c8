/** What comes in: dedupe, fold, sequence, freeze, owe and lease. Runs inside one transaction. */
import type { AlertName, Conflict, Contents } from "../alert.ts";
import type { NormalisedEvent, PaymentEvent } from "../event.ts";
import { MAX_DIRECT_TIMEOUT_MS, MAX_STORED_CONFLICTS } from "../limits.ts";
import { compareDecimals } from "../parse/decimal.ts";
import { traceContextOf } from "../parse/trace-context.ts";
import { alertOf, fold, UNKNOWN_PAYMENT, type PaymentState } from "./lifecycle.ts";
import { wantsType } from "./policy/subscription.ts";
import type { Acceptance, Accepted, LeasedAttempt } from "./protocol.ts";
import type { Direct, EventHead } from "./store/rows.ts";
import type { KnownPayment, PaymentEvents } from "./store/payments.ts";
import type { Transaction } from "./transaction.ts";

const NEW_PAYMENT: KnownPayment = { state: UNKNOWN_PAYMENT, events: [] };

export function accept(tx: Transaction, input: Acceptance): Accepted {
  const known = tx.store.payments.get(input.event.data.payment_id) ?? NEW_PAYMENT;
  const entry = entryOf(known, input.event.id);
  if (entry === undefined) return takeIn(tx, known, input);
  const first = tx.store.events.head(entry[0]);
  if (!first) return repeatedAfterRetention(tx, known, input);

  // The same event key under another one-time proof, or with other contents: probably a repeat, and perhaps
  // another payment. It is kept under an id of its own; only what is provably the same is not.
  const { instance } = input;
  if (instance !== null && first.instance !== instance)
    return underAnotherProof(tx, known, withSecondId(input, instance));
  const differing = differences(tx, first, input);
  if (differing.length === 0) return repeated(tx, known, first, input, []);
  return conflicting(tx, known, first, input, differing);
}

const NEW_TOKEN: AlertName = "new_token_same_order";

/** With an id for what came under the id of another: half of that id, half of what tells them apart (both hex). */
function withSecondId(input: Acceptance, distinguishing: string): Acceptance {
  const id = `${input.event.id.slice(0, 20)}${distinguishing.slice(0, 16)}`;
  return { ...input, event: { ...input.event, id } };
}

function entryOf({ events }: KnownPayment, eventId: string): PaymentEvents[number] | undefined {
  return events.find(([, id]) => id === eventId);
}

/** The payment's event with this id; null: it has none, or its row is gone. */
export function headOf(tx: Transaction, known: KnownPayment, eventId: string): EventHead | null {
  const entry = entryOf(known, eventId);
  return entry === undefined ? null : tx.store.events.head(entry[0]);
}

/** The event was purged, and its payment still knows that it was there. */
function repeatedAfterRetention(tx: Transaction, known: KnownPayment, input: Acceptance): Accepted {
  tx.book.repeatOfPurged(input.source);
  const alerted = alertOf(known.state.status, input.event.data.status);
  const warnings = input.event.data.provider.event_id === null && alerted ? [alerted] : [];
  for (const about of warnings) alertOfEvent(tx, about, input);
  return { outcome: "duplicate", eventId: input.event.id, warnings };
}

function alertOfEvent(tx: Transaction, about: AlertName, { source, event: { id, data } }: Acceptance): void {
  tx.alert(about, { source, event: id, payment: data.payment_id }, () => data.merchant_reference);
}

/** Provably the same news, or news that is kept already: counted, and alerted if it says something else. */
function repeated(
  tx: Transaction,
  known: KnownPayment,
  seen: EventHead,
  input: Acceptance,
  differing: readonly AlertName[],
): Accepted {
  const { provider, status } = input.event.data;
  // Where the provider names its events, the name says that this is the old news come again.
  const alerted = provider.event_id === null ? alertOf(known.state.status, status) : null;
  const warnings = [...differing, ...(alerted ? [alerted] : [])];
  countRepeat(tx, seen, warnings);
  return { outcome: "duplicate", eventId: input.event.id, warnings };
}

/** Counts a repeat of an event, and keeps and alerts what it said differently. */
export function countRepeat(tx: Transaction, seen: EventHead, warnings: readonly AlertName[]): void {
  tx.wakeBy(tx.book.repeat(seen.n, seen.source, tx.nowMs));
  noteWarnings(tx, seen, warnings);
}

/** What a repeat said differently: kept with the event, and alerted. */
function noteWarnings(tx: Transaction, seen: EventHead, warnings: readonly AlertName[]): void {
  const before = JSON.parse(seen.warnings) as string[];
  const all = new Set([...before, ...warnings]);
  if (all.size > before.length) tx.store.events.setWarnings(seen.n, [...all]);
  const { source, event_id: event, payment_id: payment } = seen;
  for (const about of warnings)
    tx.alert(about, { source, event, payment }, () => tx.store.events.merchantReference(seen.n));
}

/** Under the id of its own that the other proof gives it. */
function underAnotherProof(tx: Transaction, known: KnownPayment, renamed: Acceptance): Accepted {
  const seen = headOf(tx, known, renamed.event.id);
  return seen ? repeated(tx, known, seen, renamed, [NEW_TOKEN]) : takeIn(tx, known, renamed);
}

/** The same event, stated differently: answered as a repeat, kept for a person who may release it. */
function conflicting(
  tx: Transaction,
  known: KnownPayment,
  first: EventHead,
  input: Acceptance,
  differing: readonly Conflict[],
): Accepted {
  const renamed = withSecondId(input, input.fingerprint);
  const seen = headOf(tx, known, renamed.event.id);
  if (seen) return repeated(tx, known, seen, input, differing);
  const prefix = input.event.id.slice(0, 20);
  const kept = known.events.filter(([, id]) => id.startsWith(prefix)).length - 1;
  if (kept >= MAX_STORED_CONFLICTS) {
    countRepeat(tx, first, differing);
    return { outcome: "duplicate", eventId: first.event_id, warnings: differing };
  }
  const n = insert(tx, renamed, { state: "conflicting", reason: differing[0] ?? null, warnings: differing });
  keep(tx, known, n, renamed.event, known.state);
  tx.record(n, { source: [input.source, { arrived: 1, duplicate: 1 }] });
  noteWarnings(tx, first, differing);
  return { outcome: "duplicate", eventId: first.event_id, warnings: differing };
}

/** An event that is new to its payment. */
function takeIn(tx: Transaction, known: KnownPayment, input: Acceptance): Accepted {
  const folded = fold(known.state, input.event);
  if (folded.outcome === "forward") return forward(tx, known, input, folded.event, folded.state);

  const { event, source } = input;
  const isSameState = folded.reason === "same_state";
  const amountDiffers = isSameState && saysAnotherAmount(tx, known, event);
  const isSameOrder = isSameState && input.instance !== null;
  if (isSameOrder && amountDiffers) {
    const n = insert(tx, input, { state: "quarantined", reason: "second_payment", warnings: [] });
    keep(tx, known, n, event, known.state);
    tx.record(n, { source: [source, { arrived: 1, quarantined: 1 }] });
    alertOfEvent(tx, "second_payment", input);
    return { outcome: "quarantined", eventId: event.id, reason: "second_payment" };
  }
  const reason = isSameOrder ? ("same_order" as const) : folded.reason;
  const warnings = [
    ...(folded.alert ? [folded.alert] : []),
    ...(isSameOrder ? [NEW_TOKEN] : []),
    ...(amountDiffers ? (["conflict:amount"] as const) : []),
  ];
  const n = insert(tx, input, { state: "superseded", reason, warnings });
  keep(tx, known, n, event, known.state);
  tx.record(n, { source: [source, { arrived: 1, superseded: 1 }] });
  for (const about of warnings) alertOfEvent(tx, about, input);
  return { outcome: "superseded", eventId: event.id, reason, warnings };
}

function forward(
  tx: Transaction,
  known: KnownPayment,
  input: Acceptance,
  event: PaymentEvent,
  state: PaymentState,
): Accepted {
  const payment = event.data.payment_id;
  const wanted = input.destinations.filter((name) => {
    const settings = tx.config.destinations.get(name) ?? tx.config.heldDestinations.get(name);
    // One that this object's configuration does not know yet is owed all the same.
    return !settings || wantsType(settings.types, event.type);
  });
  const direct = input.attemptNow ? wanted.filter((name) => mayAttemptNow(tx, known, payment, name)) : [];
  const firstAttempts: Direct = Object.fromEntries(direct.map((name) => [name, null]));
  const body = JSON.stringify(event);
  const n = insert(tx, input, {
    state: "accepted",
    reason: null,
    warnings: [],
    type: event.type,
    sequence: event.data.sequence,
    direct: direct.length === 0 ? null : firstAttempts,
    body,
  });
  keep(tx, known, n, event, state);
  tx.record(n, {
    source: [input.source, { arrived: 1, accepted: 1 }],
    destinations: wanted.map((name) => [name, { owed: 1, pending: 1 }] as const),
  });
  for (const destination of wanted) {
    if (direct.includes(destination)) continue;
    const key = { payment, n, destination };
    if (isItsTurn(tx, known, payment, destination)) tx.owe(key, event.id);
    else tx.store.deliveries.insert(payment, n, event.id, { destination, due: null, sweepAt: null });
  }
  const attempts = direct.map((destination): LeasedAttempt => {
    const notBeforeMs = tx.takeSlot(destination);
    const untilMs = tx.wakeBy(tx.leaseEndOf(destination, notBeforeMs));
    tx.leases.hold({ n, destination }, untilMs);
    tx.directs.open({ n, payment, receivedAtMs: tx.nowMs, attempts: firstAttempts }, destination, untilMs);
    return {
      reference: { shard: tx.shard, payment, n, event: event.id, destination },
      delivery: {
        kind: "deliver",
        notBeforeMs,
        body,
        attempt: 1,
        sequence: event.data.sequence,
        replay: false,
        ...traceContextOf(input),
      },
    };
  });
  return { outcome: "accepted", eventId: event.id, attempts };
}

/**
 * May whoever delivered the acceptance make the first attempt? Not what could outlast its invocation, nor what would
 * wait for its slot behind others: it would be made although their attempts have failed meanwhile.
 */
function mayAttemptNow(tx: Transaction, known: KnownPayment, payment: string, destination: string): boolean {
  const settings = tx.config.destinations.get(destination);
  return (
    settings !== undefined &&
    settings.timeoutMs <= MAX_DIRECT_TIMEOUT_MS &&
    !tx.destinations.isOpen(destination) &&
    !tx.isSlotAwaited(destination) &&
    isItsTurn(tx, known, payment, destination) &&
    tx.admission(destination).now > 0
  );
}

/** Is nothing earlier of this payment owed to the destination? */
function isItsTurn(tx: Transaction, known: KnownPayment, payment: string, destination: string): boolean {
  if (known.events.length === 0) return true;
  if (tx.config.destinations.get(destination)?.ordered === false) return true;
  return !tx.directs.holds(payment, destination) && tx.store.deliveries.headOf(payment, destination) === null;
}

interface Outcome {
  readonly state: "accepted" | "superseded" | "quarantined" | "conflicting";
  readonly reason: string | null;
  readonly warnings: readonly string[];
  readonly type?: string;
  readonly sequence?: number;
  readonly direct?: Direct | null;
  /** The frozen event; what it said, unless given. */
  readonly body?: string;
}

function insert(tx: Transaction, input: Acceptance, outcome: Outcome): number {
  return tx.store.events.insert({
    eventId: input.event.id,
    paymentId: input.event.data.payment_id,
    source: input.source,
    receivedAt: tx.nowMs,
    fingerprint: input.fingerprint,
    ...traceContextOf(input),
    contents: JSON.stringify(input.contents),
    instance: input.instance,
    released: input.released,
    callback: null,
    state: outcome.state,
    reason: outcome.reason,
    warnings: outcome.warnings,
    type: outcome.type ?? null,
    sequence: outcome.sequence ?? null,
    direct: outcome.direct ?? null,
    body: outcome.body ?? JSON.stringify(input.event),
  });
}

/** Writes that the payment has this event, and where it stands now. */
function keep(
  tx: Transaction,
  known: KnownPayment,
  n: number,
  event: Pick<NormalisedEvent, "id"> & { readonly data: { readonly payment_id: string } },
  state: PaymentState,
): void {
  tx.store.payments.put(event.data.payment_id, state, [...known.events, [n, event.id]], tx.nowMs);
  tx.wakeForRetention();
}

/** The same state, but of another sum than the payment's last forwarded event. */
function saysAnotherAmount(tx: Transaction, known: KnownPayment, { data }: NormalisedEvent): boolean {
  const last = known.events.findLast(([n]) => (tx.store.events.head(n)?.sequence ?? null) !== null);
  const body = last && tx.store.events.body(last[0]);
  const before = body && (JSON.parse(body) as PaymentEvent).data.amount;
  const now = data.amount;
  if (!before || !now) return false;
  return before.currency !== now.currency || compareDecimals(before.value, now.value) !== 0;
}

/** The warnings a repeat earns: none if its bytes are the same, else one for each part that differs. */
function differences(tx: Transaction, seen: EventHead, input: Acceptance): Conflict[] {
  if (seen.fingerprint === input.fingerprint) return [];
  const before = JSON.parse(tx.store.events.contents(seen.n)) as Contents;
  const { contents } = input;
  return (Object.keys(contents) as Conflict[]).filter((name) => before[name] !== contents[name]);
}
