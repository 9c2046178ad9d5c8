/** Callbacks that have no event: authentic but unusable, or not decidable now. Runs inside one transaction. */
import { DEFERRED_SCHEDULE_SECONDS } from "../limits.ts";
import { because } from "../reasons.ts";
import { countRepeat, headOf } from "./accepting.ts";
import { contentsOfCaller, type DeferralQuota } from "./deferral-quota.ts";
import { UNKNOWN_PAYMENT } from "./lifecycle.ts";
import { VERIFIER, type SetAside, type SettingAside } from "./protocol.ts";
import type { EventHead } from "./store/rows.ts";
import type { Transaction } from "./transaction.ts";

/** Keeps a callback until somebody decides about it. */
export function setAside(tx: Transaction, input: SettingAside, quota: DeferralQuota): SetAside {
  const { source, eventId, callback, why, merchantReference = null } = input;
  const payment = paymentOf(input);
  const known = tx.store.payments.get(payment);
  const seen = known && headOf(tx, known, eventId);
  if (seen) return setAsideAgain(tx, seen, input);

  if (why.state === "deferred" && !quota.take(tx, source, callback.caller)) return { outcome: "full" };
  const n = tx.store.events.insert({
    eventId,
    paymentId: payment,
    source,
    state: why.state,
    reason: because(why),
    type: null,
    receivedAt: tx.nowMs,
    fingerprint: callback.sha256,
    contents: why.state === "deferred" ? contentsOfCaller(callback.caller) : "{}",
    warnings: [],
    sequence: null,
    instance: null,
    direct: null,
    released: null,
    body: null,
    callback: JSON.stringify(callback),
  });
  tx.store.payments.put(payment, UNKNOWN_PAYMENT, [...(known?.events ?? []), [n, eventId]], tx.nowMs);
  tx.wakeForRetention();
  tx.record(n, { source: [source, { arrived: 1, [why.state]: 1 }] });
  if (why.state === "deferred") oweQuestion(tx, payment, n, eventId);
  tx.alert(why.state, { source, event: eventId, reason: because(why) }, () => merchantReference);
  return { outcome: why.state, eventId, repeated: false };
}

/** Such a callback has no payment yet: its bytes stand for one. */
export function paymentOf({ callback }: SettingAside): string {
  return `callback:${callback.sha256}`;
}

function setAsideAgain(tx: Transaction, seen: EventHead, { eventId, callback, why }: SettingAside): SetAside {
  const key = { payment: seen.payment_id, n: seen.n, destination: VERIFIER };
  if (why.state === "deferred" && seen.state === "refused") {
    // It was refused, and now nobody can say: it is undecided anew, as if it came for the first time.
    tx.store.events.deferAgain(seen.n, because(why), tx.nowMs, JSON.stringify(callback));
    tx.store.search.renew(seen.n);
    tx.record(seen.n, { source: [seen.source, { arrived: 1, duplicate: 1 }] });
    tx.store.events.addDuplicates(seen.n, 1);
    tx.record(seen.n, { source: [seen.source, { refused: -1, deferred: 1 }] });
    tx.record(seen.n, { destinations: [[VERIFIER, { owed: 1, pending: 1 }]] });
    askFrom(tx, key);
    return { outcome: "deferred", eventId, repeated: false };
  }
  countRepeat(tx, seen, []);
  // The verifier was given up on, and the provider came again: so do we.
  if (why.state === "deferred" && tx.store.deliveries.get(key)?.state === "dead") {
    tx.record(seen.n, { destinations: [[VERIFIER, { dead: -1, pending: 1 }]] });
    askFrom(tx, key);
  }
  return { outcome: why.state, eventId, repeated: true };
}

function oweQuestion(tx: Transaction, payment: string, n: number, eventId: string): void {
  const due = tx.wakeBy(tx.nowMs + DEFERRED_SCHEDULE_SECONDS[0] * 1000);
  tx.store.deliveries.insert(payment, n, eventId, { destination: VERIFIER, due, sweepAt: due });
  tx.record(n, { destinations: [[VERIFIER, { owed: 1, pending: 1 }]] });
}

function askFrom(tx: Transaction, key: { payment: string; n: number; destination: string }): void {
  const due = tx.wakeBy(tx.nowMs + DEFERRED_SCHEDULE_SECONDS[0] * 1000);
  tx.store.deliveries.schedule(key, due, due);
}
