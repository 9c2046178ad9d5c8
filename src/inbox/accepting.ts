/** What comes in: dedupe, fold, sequence, freeze and owe. Runs inside one transaction. */
import type { NormalisedEvent, PaymentEvent } from "../event.ts";
import { DEFERRED_SCHEDULE_SECONDS, MAX_DEFERRED_PER_ACCOUNT } from "../limits.ts";
import { compareDecimals } from "../parse/decimal.ts";
import { because } from "../reasons.ts";
import type { Transaction } from "./transaction.ts";
import { alertOf, fold, UNKNOWN_PAYMENT } from "./lifecycle.ts";
import { wantsType } from "./policy/subscription.ts";
import { VERIFIER, type Acceptance, type Accepted, type SetAside, type SettingAside } from "./protocol.ts";
import type { EventRow, NewDelivery } from "./store.ts";

export function accept(tx: Transaction, input: Acceptance): Accepted {
  const { store } = tx;
  const { event: incoming } = input;
  const paymentId = incoming.data.payment_id;
  const payment = store.payment(paymentId) ?? UNKNOWN_PAYMENT;
  const seen = store.eventOf(paymentId, incoming.id);
  if (seen) {
    // Where the provider names its events, the name says that this is the old news come again.
    const isNamed = incoming.data.provider.event_id !== null;
    const taken = isNamed ? null : alertOf(payment.status, incoming.data.status);
    const warnings = [...differences(seen, input), ...(taken ? [taken] : [])];
    countRepeat(tx, seen, warnings);
    for (const about of warnings) tx.alert(about, { source: input.source, event: incoming.id });
    return { outcome: "duplicate", eventId: incoming.id, warnings };
  }

  tx.wakeForRetention();
  const folded = fold(payment, incoming);
  const common = {
    eventId: incoming.id,
    paymentId,
    source: input.source,
    receivedAt: tx.nowMs,
    fingerprint: input.fingerprint,
    contents: JSON.stringify(input.contents),
    callback: null,
  };
  if (folded.outcome === "superseded") {
    const { reason } = folded;
    const differs = reason === "same_state" && saysAnotherAmount(tx, incoming);
    const warnings = [...(folded.alert ? [folded.alert] : []), ...(differs ? ["conflict:amount"] : [])];
    const body = JSON.stringify(incoming);
    store.insert({ ...common, state: "superseded", reason, type: null, warnings, body }, [OWED_TO_NOBODY]);
    tx.count(input.source, { superseded: 1 });
    for (const about of warnings) tx.alert(about, { source: input.source, event: incoming.id });
    return { outcome: "superseded", eventId: incoming.id, reason, warnings };
  }

  const { event, state } = folded;
  const owed = owedOf(tx, event, input.destinations);
  // The row is written even when nobody wants the event: it carries the dedupe key and the payment's state.
  const rows = (owed.length > 0 ? owed : [OWED_TO_NOBODY]).map((row) => ({ ...row, ...state }));
  const n = store.insert(
    {
      ...common,
      state: "accepted",
      reason: null,
      type: event.type,
      warnings: [],
      body: JSON.stringify(event),
    },
    rows,
  );
  if (owed.length === 0) tx.count(input.source, { accepted: 1 });
  for (const { destination, due } of owed) {
    if (due !== null) tx.handOverIfAdmitted({ payment: paymentId, n, destination }, incoming.id);
  }
  return { outcome: "accepted", eventId: incoming.id };
}

/** The same state, but of another sum: two payments of one order, or a lie. Not forwarded; a person should see it. */
function saysAnotherAmount(tx: Transaction, { data }: NormalisedEvent): boolean {
  const last = tx.store.lastForwarded(data.payment_id);
  const before = last === null ? null : (JSON.parse(last) as PaymentEvent).data.amount;
  const now = data.amount;
  if (!before || !now) return false;
  return before.currency !== now.currency || compareDecimals(before.value, now.value) !== 0;
}

/** One delivery per destination that wants the event; its turn is now unless an earlier one is owed. */
function owedOf(tx: Transaction, event: PaymentEvent, names: readonly string[]): NewDelivery[] {
  return names.flatMap((destination): NewDelivery[] => {
    const settings = tx.config.destinations.get(destination);
    if (!settings || !wantsType(settings.types, event.type)) return [];
    const row = { ...OWED_TO_NOBODY, destination };
    if (tx.destinations.isPaused(destination)) return [{ ...row, state: "parked" }];
    const waits = settings.ordered && tx.store.headOf(event.data.payment_id, destination) !== null;
    if (waits) return [{ ...row, state: "pending" }];
    return [{ ...row, state: "pending", due: tx.nowMs, sweepAt: tx.armSweep(destination) }];
  });
}

/** Keeps a callback that has no event: authentic but unusable, or not decidable now. */
export function setAside(tx: Transaction, input: SettingAside): SetAside {
  const { source, eventId, callback, why } = input;
  const paymentId = `callback:${callback.sha256}`;
  const seen = tx.store.eventOf(paymentId, eventId);
  if (seen) {
    countRepeat(tx, seen, []);
    if (why.state === "deferred") askOnceMore(tx, seen);
    return { outcome: why.state, eventId, repeated: true };
  }
  if (
    why.state === "deferred" &&
    deferredOf(tx, source) >= MAX_DEFERRED_PER_ACCOUNT / tx.config.inboxShards
  ) {
    tx.alert("deferred_full", { source });
    return { outcome: "full" };
  }
  const row = {
    eventId,
    paymentId,
    source,
    state: why.state,
    reason: because(why),
    type: null,
    receivedAt: tx.nowMs,
    fingerprint: callback.sha256,
    contents: "{}",
    warnings: [],
    body: null,
    callback: JSON.stringify(callback),
  };
  tx.wakeForRetention();
  tx.store.insert(row, [why.state === "deferred" ? toBeVerified(tx) : OWED_TO_NOBODY]);
  tx.count(source, { [why.state]: 1 });
  tx.alert(why.state, { source, event: eventId, reason: because(why) });
  return { outcome: why.state, eventId, repeated: false };
}

/** The verifier was given up on, and the provider came again: so do we. */
function askOnceMore(tx: Transaction, seen: EventRow): void {
  const key = { payment: seen.payment_id, n: seen.n, destination: VERIFIER };
  if (seen.state !== "deferred" || tx.store.delivery(key)?.state !== "dead") return;
  const due = tx.wakeBy(tx.nowMs + DEFERRED_SCHEDULE_SECONDS[0] * 1000);
  tx.store.schedule(key, due, due);
}

function toBeVerified(tx: Transaction): NewDelivery {
  const due = tx.wakeBy(tx.nowMs + DEFERRED_SCHEDULE_SECONDS[0] * 1000);
  return { ...OWED_TO_NOBODY, destination: VERIFIER, state: "pending", due, sweepAt: due };
}

const OWED_TO_NOBODY: NewDelivery = {
  destination: "",
  state: "none",
  sequence: null,
  status: null,
  refunded: null,
  due: null,
  sweepAt: null,
};

function countRepeat(tx: Transaction, seen: EventRow, warnings: readonly string[]): void {
  const known = JSON.parse(seen.warnings) as string[];
  tx.store.repeated(seen.n, [...new Set([...known, ...warnings])]);
  tx.count(seen.source, { duplicate: 1 });
}

function deferredOf(tx: Transaction, source: string): number {
  return tx.counts().sources[source]?.deferred ?? 0;
}

/** The warnings a repeat earns: none if its bytes are the same, else one for each part that differs. */
function differences(seen: EventRow, input: Acceptance): string[] {
  if (seen.fingerprint === input.fingerprint) return [];
  const before = JSON.parse(seen.contents) as Record<string, string>;
  return Object.entries(input.contents)
    .filter(([name, value]) => before[name] !== value)
    .map(([name]) => name);
}
