/**
 * The Inbox: the only truth about what was accepted and what is owed (architecture.md).
 *
 * Doors only: each decodes what it is given, decides by the pure modules beside it and writes through
 * the store, in one transaction. It never talks to a CRM or a provider: an open request would bill
 * the object for as long as it takes.
 */
import { DurableObject } from "cloudflare:workers";
import { configOf } from "../config/load.ts";
import type { RelayConfig } from "../config/schema.ts";
import { admits, CLOSED, failed, isOpen, probing, succeeded, type Breaker } from "../delivery/breaker.ts";
import { nextDelaySeconds } from "../delivery/schedule.ts";
import type { Env } from "../env.ts";
import type { PaymentEvent } from "../event.ts";
import {
  CLAIM_GRACE_MS,
  DEFERRED_SCHEDULE_SECONDS,
  MAX_DEFERRED_PER_ACCOUNT,
  QUEUE_BATCH_MESSAGES,
  SWEEP_AGAIN_MS,
  SWEEP_RETRY_MS,
  SWEEP_ROWS,
  TOKEN_REFUSED_MEMORY_ENTRIES,
  TOKEN_REFUSED_MEMORY_MS,
  VERIFIER_TIMEOUT_MS,
} from "../limits.ts";
import { alert, fault } from "../log.ts";
import type { TokenRecord } from "../providers/provider.ts";
import { because } from "../reasons.ts";
import { countDelivered, countSource, readCounts, type Counts, type SourceChange } from "./ledger.ts";
import { alertOf, fold, UNKNOWN_PAYMENT } from "./lifecycle.ts";
import { nextHandoverAt, wantsType } from "./outbox.ts";
import {
  VERIFIER,
  type Acceptance,
  type Accepted,
  type Attempt,
  type Claimed,
  type Decision,
  type Reference,
  type Result,
  type SetAside,
  type Settled,
  type SettingAside,
  type StoredCallback,
} from "./protocol.ts";
import { migrate } from "./schema.ts";
import { Store, type DeliveryRow, type EventRow, type NewDelivery } from "./store.ts";

/** Whose turn it is with an event, and when. */
type Turn = Pick<NewDelivery, "destination" | "state" | "due" | "sweepAt">;

export class Inbox extends DurableObject<Env> {
  readonly #store: Store;
  /** References accepted or released and not yet given to the queue; lost with the object, found by the sweep. */
  #outgoing: Reference[] = [];
  #flushing: Promise<void> | null = null;
  /** When the alarm is set for, as far as we know; null: not set. */
  #alarmAt: number | null = null;
  /** Deliveries being attempted, until when: a second message about one of them is put aside. */
  readonly #claimed = new Map<string, number>();
  readonly #breakers = new Map<string, Breaker>();
  readonly #paused = new Map<string, string>();
  readonly #refusedTokens = new Map<string, number>();
  /** The earliest new hand-over of the work in hand; the alarm must not be later. */
  #wakeAt: number | null = null;
  #reconciled = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new Store(ctx.storage.sql);
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage);
      this.#alarmAt = await ctx.storage.getAlarm();
      for (const { name, paused, breaker } of this.#store.destinations()) {
        if (paused !== null) this.#paused.set(name, paused);
        if (breaker !== null) this.#breakers.set(name, JSON.parse(breaker) as Breaker);
      }
    });
  }

  // ---- what comes in -----------------------------------------------------------------------------

  /** Dedupe, fold, sequence, freeze and owe, in one transaction. After this returns, it is kept. */
  async accept(input: Acceptance): Promise<Accepted> {
    const config = this.#config();
    const nowMs = Date.now();
    const { accepted, owed } = this.ctx.storage.transactionSync(() => this.#accept(input, config, nowMs));
    await this.#keepAlarm();
    this.#handOver(owed);
    return accepted;
  }

  #accept(input: Acceptance, config: RelayConfig, nowMs: number): { accepted: Accepted; owed: Reference[] } {
    const { draft } = input;
    const { payment_id: paymentId } = draft.data;
    const payment = this.#store.payment(paymentId) ?? UNKNOWN_PAYMENT;
    const seen = this.#store.eventOf(paymentId, draft.id);
    if (seen) {
      const differing = differences(seen, input);
      const taken = alertOf(payment.status, draft.data.status);
      const warnings = [...differing, ...(taken ? [taken] : [])];
      this.#store.repeated(seen.n, [...new Set([...(JSON.parse(seen.warnings) as string[]), ...warnings])]);
      this.#count(input.source, { duplicate: 1 });
      return { accepted: { outcome: "duplicate", eventId: draft.id, warnings }, owed: [] };
    }

    const folded = fold(payment, draft);
    const row = {
      eventId: draft.id,
      paymentId,
      source: input.source,
      receivedAt: nowMs,
      fingerprint: input.fingerprint,
      contents: JSON.stringify(input.contents),
      callback: null,
    };
    if (folded.outcome === "superseded") {
      const warnings = folded.alert ? [folded.alert] : [];
      this.#store.insert(
        {
          ...row,
          state: "superseded",
          reason: folded.reason,
          type: null,
          warnings,
          body: JSON.stringify(draft),
        },
        [owedToNobody()],
      );
      this.#count(input.source, { superseded: 1 });
      return {
        accepted: { outcome: "superseded", eventId: draft.id, reason: folded.reason, warnings },
        owed: [],
      };
    }

    const { event, state } = folded;
    const deliveries = this.#owedOf(event, input.destinations, config, nowMs).map((delivery) => ({
      ...delivery,
      sequence: state.sequence,
      status: state.status,
      refunded: state.refunded,
    }));
    const n = this.#store.insert(
      {
        ...row,
        state: "accepted",
        reason: null,
        type: event.type,
        warnings: [],
        body: JSON.stringify(event),
      },
      deliveries.length > 0 ? deliveries : [{ ...owedToNobody(), ...state }],
    );
    if (deliveries.length === 0) this.#count(input.source, { accepted: 1 });
    const owed = deliveries
      .filter(({ due, destination }) => due !== null && this.#isOpen(destination))
      .map(({ destination }) => this.#reference(paymentId, n, draft.id, destination));
    return { accepted: { outcome: "accepted", eventId: draft.id }, owed };
  }

  /** One delivery per destination that wants the event; its turn is now unless an earlier one is owed. */
  #owedOf(event: PaymentEvent, names: readonly string[], config: RelayConfig, nowMs: number): Turn[] {
    return names.flatMap((destination): Turn[] => {
      const settings = config.destinations.get(destination);
      if (!settings || !wantsType(settings.types, event.type)) return [];
      if (this.#paused.has(destination)) return [{ destination, state: "parked", due: null, sweepAt: null }];
      const waits =
        settings.ordered &&
        this.#store.owesEarlier(event.data.payment_id, destination, Number.MAX_SAFE_INTEGER);
      if (waits) return [{ destination, state: "pending", due: null, sweepAt: null }];
      return [
        { destination, state: "pending", due: nowMs, sweepAt: this.#sweepAt(destination, nowMs, config) },
      ];
    });
  }

  /** Keeps a callback that has no event: authentic but unusable, or not decidable now. */
  async setAside(input: SettingAside): Promise<SetAside> {
    const config = this.#config();
    const nowMs = Date.now();
    const paymentId = `callback:${input.callback.sha256}`;
    const { state } = input.why;
    const kept = this.ctx.storage.transactionSync((): SetAside => {
      const seen = this.#store.eventOf(paymentId, input.eventId);
      if (seen) {
        this.#store.repeated(seen.n, JSON.parse(seen.warnings) as string[]);
        this.#count(input.source, { duplicate: 1 });
        return { outcome: state, eventId: input.eventId, repeated: true };
      }
      if (
        state === "deferred" &&
        this.#deferredOf(input.source) >= MAX_DEFERRED_PER_ACCOUNT / config.inboxShards
      ) {
        return { outcome: "full" };
      }
      const due = nowMs + DEFERRED_SCHEDULE_SECONDS[0] * 1000;
      if (state === "deferred") this.#wakeBy(due);
      this.#store.insert(
        {
          eventId: input.eventId,
          paymentId,
          source: input.source,
          state,
          reason: because(input.why),
          type: null,
          receivedAt: nowMs,
          fingerprint: input.callback.sha256,
          contents: "{}",
          warnings: [],
          body: null,
          callback: JSON.stringify(input.callback),
        },
        [
          state === "deferred"
            ? { ...owedToNobody(), destination: VERIFIER, state: "pending", due, sweepAt: due }
            : owedToNobody(),
        ],
      );
      this.#count(input.source, { [state]: 1 });
      return { outcome: state, eventId: input.eventId, repeated: false };
    });
    await this.#keepAlarm();
    return kept;
  }

  // ---- claims on names outside a payment -----------------------------------------------------------

  /** What is known of a token: who it served, or that it was refused within the last minute. */
  tokenRecord(key: string): TokenRecord | null {
    const refusedUntil = this.#refusedTokens.get(key);
    if (refusedUntil !== undefined && refusedUntil > Date.now()) return { kind: "refused" };
    const claim = this.#store.claim(key);
    return claim && { kind: "claimed", ...claim };
  }

  /** In memory only: a flood of forgeries must not cost storage. */
  refuseToken(key: string): void {
    this.#refusedTokens.delete(key);
    this.#refusedTokens.set(key, Date.now() + TOKEN_REFUSED_MEMORY_MS);
    if (this.#refusedTokens.size <= TOKEN_REFUSED_MEMORY_ENTRIES) return;
    const [oldest] = this.#refusedTokens.keys();
    if (oldest !== undefined) this.#refusedTokens.delete(oldest);
  }

  /** Takes a name for an owner; answers whose it is. The first to come keeps it. */
  claimName(key: string, owner: string, fingerprint: string): string {
    return this.ctx.storage.transactionSync(() => {
      const held = this.#store.claim(key);
      if (held) return held.owner;
      this.#store.addClaim(key, owner, fingerprint, Date.now());
      return owner;
    });
  }

  // ---- delivery ------------------------------------------------------------------------------------

  /** What to do with each reference, in their order. A claimed delivery is nobody else's for a while. */
  async claim(references: readonly Reference[]): Promise<Claimed[]> {
    const config = this.#config();
    const nowMs = Date.now();
    const claims = this.ctx.storage.transactionSync(() =>
      references.map((reference) => this.#claim(reference, config, nowMs)),
    );
    await this.#keepAlarm();
    return claims;
  }

  #claim(reference: Reference, config: RelayConfig, nowMs: number): Claimed {
    const row = this.#store.delivery(reference);
    if (!row || row.state === "delivered" || row.state === "dead" || row.state === "none")
      return { kind: "done" };
    if (row.state === "parked") return { kind: "held" };
    const event = this.#store.event(row.n);
    if (!event) return { kind: "done" };
    if (row.destination === VERIFIER) return this.#claimVerification(row, event, nowMs);

    const destination = config.destinations.get(row.destination);
    if (!destination || this.#paused.has(row.destination)) {
      this.#store.park(reference);
      return { kind: "held" };
    }
    if (row.due === null) return { kind: "held" };
    if (row.due > nowMs) return { kind: "wait", seconds: (row.due - nowMs) / 1000 };
    if (this.#isClaimed(row, nowMs)) return { kind: "held" };
    if (destination.ordered && this.#store.owesEarlier(row.payment_id, row.destination, row.n))
      return { kind: "held" };
    const breaker = this.#breakerOf(row.destination);
    if (!admits(breaker, nowMs)) return { kind: "held" };
    if (isOpen(breaker)) this.#setBreaker(row.destination, probing(breaker, nowMs));

    this.#claimed.set(claimKey(row), nowMs + destination.timeoutMs + CLAIM_GRACE_MS);
    return {
      kind: "deliver",
      body: event.body ?? "",
      attempt: row.attempts + 1,
      sequence: row.sequence ?? 0,
      replay: row.replay !== 0,
    };
  }

  #claimVerification(row: DeliveryRow, event: EventRow, nowMs: number): Claimed {
    if (event.callback === null || event.state !== "deferred") return { kind: "done" };
    if (row.due !== null && row.due > nowMs) return { kind: "wait", seconds: (row.due - nowMs) / 1000 };
    if (this.#isClaimed(row, nowMs)) return { kind: "held" };
    this.#claimed.set(claimKey(row), nowMs + VERIFIER_TIMEOUT_MS + CLAIM_GRACE_MS);
    return {
      kind: "verify",
      source: event.source,
      callback: JSON.parse(event.callback) as StoredCallback,
      attempt: row.attempts + 1,
    };
  }

  /** Records attempts, once each, and says when to come again. */
  async settle(results: readonly Result[]): Promise<Settled[]> {
    const config = this.#config();
    const nowMs = Date.now();
    const owed: Reference[] = [];
    const settled = this.ctx.storage.transactionSync(() => {
      let counts: Counts | null = null;
      const answers = results.map((result) => {
        const row = this.#store.delivery(result.reference);
        if (row) this.#claimed.delete(claimKey(row));
        const isThisAttempt = row !== null && result.attempt.attempt === row.attempts + 1;
        if (!row || (row.state !== "pending" && row.state !== "parked") || !isThisAttempt) {
          return this.#alreadySettled(row, nowMs);
        }
        if (result.outcome.kind === "delivered") {
          counts = this.#delivered(row, result.attempt, counts ?? this.#counts(), config, nowMs, owed);
          return { next: "done" as const };
        }
        return this.#failed(row, result, config, nowMs, owed);
      });
      if (counts) this.#store.setLedger(JSON.stringify(counts));
      return answers;
    });
    await this.#keepAlarm();
    this.#handOver(owed);
    return settled;
  }

  #alreadySettled(row: DeliveryRow | null, nowMs: number): Settled {
    if (row?.state === "pending" && row.due !== null) {
      return { next: "retry", seconds: Math.max(0, (row.due - nowMs) / 1000) };
    }
    return { next: "done" };
  }

  #delivered(
    row: DeliveryRow,
    attempt: Attempt,
    counts: Counts,
    config: RelayConfig,
    nowMs: number,
    owed: Reference[],
  ): Counts {
    this.#store.delivered(keyOf(row), attempt);
    const wasOpen = isOpen(this.#breakerOf(row.destination));
    if (this.#breakerOf(row.destination).failures > 0) this.#setBreaker(row.destination, succeeded());
    if (wasOpen) alert("breaker_closed", { destination: row.destination });
    this.#releaseNext(row, config, nowMs, owed);
    const delivered = countDelivered(counts, row.destination, 1);
    if (this.#store.owesAnything(row.payment_id, row.n)) return delivered;
    const event = this.#store.event(row.n);
    return event ? countSource(delivered, event.source, { accepted: 1 }) : delivered;
  }

  #failed(row: DeliveryRow, result: Result, config: RelayConfig, nowMs: number, owed: Reference[]): Settled {
    const { attempt, outcome } = result;
    const asked = outcome.kind === "failed" ? outcome.retryAfterSeconds : null;
    const schedule = config.destinations.get(row.destination)?.scheduleSeconds ?? [];
    const seconds = nextDelaySeconds(schedule, attempt.attempt, asked, Math.random());
    const wasOpen = isOpen(this.#breakerOf(row.destination));
    const breaker = failed(this.#breakerOf(row.destination), nowMs);
    this.#setBreaker(row.destination, breaker);
    if (!wasOpen && isOpen(breaker)) alert("breaker_open", { destination: row.destination });

    if (row.state === "parked") {
      this.#store.failed(keyOf(row), attempt, nowMs, null);
      this.#store.park(keyOf(row));
      return { next: "done" };
    }
    if (seconds === null) {
      this.#store.failed(keyOf(row), attempt, null, null);
      alert("dead_letter", { destination: row.destination, event: row.event_id, attempts: attempt.attempt });
      this.#releaseNext(row, config, nowMs, owed);
      return { next: "done" };
    }
    const due = nowMs + seconds * 1000;
    this.#store.failed(keyOf(row), attempt, due, this.#wakeBy(due + config.handoverLeaseMs));
    if (outcome.kind === "gone") {
      this.#pause(row.destination, "gone");
      return { next: "done" };
    }
    return { next: "retry", seconds };
  }

  /** The payment's next event has its turn: the one before it is delivered or dead. */
  #releaseNext(row: DeliveryRow, config: RelayConfig, nowMs: number, owed: Reference[]): void {
    const next = this.#store.headOf(row.payment_id, row.destination);
    if (next?.state !== "pending" || next.due !== null) return;
    this.#store.schedule(keyOf(next), nowMs, this.#sweepAt(next.destination, nowMs, config));
    if (this.#isOpen(next.destination))
      owed.push(this.#reference(next.payment_id, next.n, next.event_id, next.destination));
  }

  /** What the verifier said of a deferred callback, once it was asked again. */
  async settleVerification(reference: Reference, attempt: Attempt, decision: Decision): Promise<Settled> {
    const config = this.#config();
    const nowMs = Date.now();
    const settled = this.ctx.storage.transactionSync((): Settled => {
      const row = this.#store.delivery(reference);
      if (row) this.#claimed.delete(claimKey(row));
      const event = row && this.#store.event(row.n);
      if (!row || event?.state !== "deferred" || row.state !== "pending") return { next: "done" };
      if (decision.kind === "undecided") return this.#undecided(row, attempt, config, nowMs);
      this.#store.close(keyOf(row));
      switch (decision.kind) {
        case "accepted":
          // Counted as accepted, duplicate or superseded where it was accepted.
          this.#store.decided(row.n, "released", decision.outcome, decision.eventId, false);
          this.#count(event.source, { deferred: -1 });
          break;
        case "refused":
          this.#store.decided(row.n, "refused", because(decision), null, false);
          this.#count(event.source, { deferred: -1, refused: 1 });
          break;
        case "quarantined":
          this.#store.decided(row.n, "quarantined", because(decision), null, true);
          this.#count(event.source, { deferred: -1, quarantined: 1 });
          break;
      }
      return { next: "done" };
    });
    await this.#keepAlarm();
    return settled;
  }

  #undecided(row: DeliveryRow, attempt: Attempt, config: RelayConfig, nowMs: number): Settled {
    // The first entry was the wait before this attempt.
    const seconds = nextDelaySeconds(DEFERRED_SCHEDULE_SECONDS.slice(1), attempt.attempt, null, 0);
    if (seconds === null) {
      this.#store.failed(keyOf(row), attempt, null, null);
      alert("dead_letter", { destination: row.destination, event: row.event_id, attempts: attempt.attempt });
      return { next: "done" };
    }
    const due = nowMs + seconds * 1000;
    this.#store.failed(keyOf(row), attempt, due, this.#wakeBy(due + config.handoverLeaseMs));
    return { next: "retry", seconds };
  }

  // ---- the outbox ------------------------------------------------------------------------------------

  /** Gives references to the queue, a hundred at a time, one call after another. */
  #handOver(references: readonly Reference[]): void {
    if (references.length === 0) return;
    this.#outgoing.push(...references);
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    this.ctx.waitUntil(this.#flushing);
  }

  async #flush(): Promise<void> {
    while (this.#outgoing.length > 0) {
      const batch = this.#outgoing.splice(0, QUEUE_BATCH_MESSAGES);
      try {
        await this.env.DELIVERIES.sendBatch(batch.map((body) => ({ body })));
      } catch (error) {
        // Their rows are still owed: the sweep hands them over when their lease ends.
        fault("queue.send", error, { references: batch.length });
      }
    }
  }

  /** The sweep: hands over again whatever got no answer within its lease. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    // First of all: a handler that throws is abandoned after a few tries, and its rows would be stuck.
    await this.#setAlarm(Date.now() + SWEEP_RETRY_MS);
    try {
      const config = this.#config();
      const nowMs = Date.now();
      const { owed, more } = this.ctx.storage.transactionSync(() => this.#sweep(config, nowMs));
      this.#handOver(owed);
      await this.#flushing;
      const next = more ? nowMs + SWEEP_AGAIN_MS : this.#nextAlarmAt(config);
      if (next === null) await this.#clearAlarm();
      else await this.#setAlarm(next);
    } catch (error) {
      fault("inbox.alarm", error);
    }
  }

  #sweep(config: RelayConfig, nowMs: number): { owed: Reference[]; more: boolean } {
    const owed: Reference[] = [];
    let more = false;
    for (const destination of served(config)) {
      const breaker = this.#breakerOf(destination);
      if (!admits(breaker, nowMs)) continue;
      const limit = isOpen(breaker) ? 1 : SWEEP_ROWS;
      const rows = this.#store.toSweep(destination, nowMs, limit);
      if (!isOpen(breaker) && rows.length === limit) more = true;
      for (const row of rows) {
        this.#store.handedOver(keyOf(row), nextHandoverAt(nowMs, config.handoverLeaseMs, row.handovers + 1));
        if (!this.#isClaimed(row, nowMs))
          owed.push(this.#reference(row.payment_id, row.n, row.event_id, destination));
      }
      if (isOpen(breaker) && rows.length > 0) this.#setBreaker(destination, probing(breaker, nowMs));
    }
    return { owed, more };
  }

  /** The earliest instant at which something has to be handed over: no lower bound, overdue is now. */
  #nextAlarmAt(config: RelayConfig): number | null {
    const times = served(config).flatMap((destination) => {
      const at = this.#store.nextSweepAt(destination);
      if (at === null) return [];
      const probeAt = this.#breakerOf(destination).probeAtMs;
      return [probeAt === null ? at : Math.max(at, probeAt)];
    });
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Notes that something has to be handed over at this instant; `#keepAlarm` sees to it. */
  #wakeBy(atMs: number): number {
    this.#wakeAt = Math.min(this.#wakeAt ?? atMs, atMs);
    return atMs;
  }

  /** When a delivery whose turn is now is handed over again: after its lease, or when an open breaker probes. */
  #sweepAt(destination: string, nowMs: number, config: RelayConfig): number {
    const { probeAtMs } = this.#breakerOf(destination);
    this.#wakeBy(Math.max(probeAtMs ?? 0, nowMs + config.handoverLeaseMs));
    return probeAtMs === null ? nowMs + config.handoverLeaseMs : nowMs;
  }

  /** Called in the same turn as the write it belongs to, so that both are kept or neither. */
  async #keepAlarm(): Promise<void> {
    const wakeAt = this.#wakeAt;
    this.#wakeAt = null;
    if (wakeAt !== null && (this.#alarmAt === null || wakeAt < this.#alarmAt)) await this.#setAlarm(wakeAt);
  }

  async #setAlarm(atMs: number): Promise<void> {
    this.#alarmAt = atMs;
    await this.ctx.storage.setAlarm(atMs);
  }

  async #clearAlarm(): Promise<void> {
    this.#alarmAt = null;
    await this.ctx.storage.deleteAlarm();
  }

  /** Parked means paused or not configured, and nothing else: a new configuration may have changed which. */
  #reconcile(config: RelayConfig): void {
    if (this.#reconciled) return;
    this.#reconciled = true;
    const isServed = (name: string) =>
      name === VERIFIER || (config.destinations.has(name) && !this.#paused.has(name));
    this.ctx.storage.transactionSync(() => {
      for (const name of this.#store.destinationsWith("pending"))
        if (!isServed(name)) this.#store.parkAll(name);
      for (const name of this.#store.destinationsWith("parked"))
        if (isServed(name)) this.#unpark(name, config);
    });
  }

  #unpark(name: string, config: RelayConfig): void {
    this.#store.unparkAll(name, this.#wakeBy(Date.now()), config.destinations.get(name)?.ordered ?? true);
  }

  // ---- operators -------------------------------------------------------------------------------------

  /** Holds what is owed to a destination and what will be; nothing is dropped. */
  async pause(name: string, why: string): Promise<void> {
    this.ctx.storage.transactionSync(() => this.#pause(name, why));
    await this.#keepAlarm();
  }

  #pause(name: string, why: string): void {
    this.#paused.set(name, why);
    this.#store.setDestination(name, why, breakerText(this.#breakerOf(name)));
    this.#store.parkAll(name);
    alert("destination_paused", { destination: name, why });
  }

  async resume(name: string): Promise<void> {
    const config = this.#config();
    this.ctx.storage.transactionSync(() => {
      this.#paused.delete(name);
      this.#breakers.delete(name);
      this.#store.setDestination(name, null, null);
      if (config.destinations.has(name)) this.#unpark(name, config);
    });
    await this.#keepAlarm();
  }

  /** This shard's part of the ledger: finished counts and what is owed now. */
  ledger(): {
    counts: Counts;
    open: { source: string; count: number }[];
    owed: { destination: string; state: string; count: number }[];
  } {
    return { counts: this.#counts(), open: this.#store.openEvents(), owed: this.#store.owedCounts() };
  }

  // ---- small things ----------------------------------------------------------------------------------

  #config(): RelayConfig {
    const loaded = configOf(this.env);
    if (!loaded.ok) throw new Error("the configuration has problems (see /healthz)");
    this.#reconcile(loaded.config);
    return loaded.config;
  }

  #reference(payment: string, n: number, event: string, destination: string): Reference {
    return { shard: this.ctx.id.name ?? "", payment, n, event, destination };
  }

  #counts(): Counts {
    return readCounts(this.#store.ledger());
  }

  #count(source: string, change: SourceChange): void {
    this.#store.setLedger(JSON.stringify(countSource(this.#counts(), source, change)));
  }

  #deferredOf(source: string): number {
    return this.#counts().sources[source]?.deferred ?? 0;
  }

  #breakerOf(destination: string): Breaker {
    return this.#breakers.get(destination) ?? CLOSED;
  }

  #setBreaker(destination: string, breaker: Breaker): void {
    if (destination === VERIFIER) return;
    this.#breakers.set(destination, breaker);
    this.#store.setDestination(destination, this.#paused.get(destination) ?? null, breakerText(breaker));
  }

  /** May references of this destination go to the queue? Not while its breaker is open: the sweep probes. */
  #isOpen(destination: string): boolean {
    return !isOpen(this.#breakerOf(destination));
  }

  #isClaimed(row: DeliveryRow, nowMs: number): boolean {
    const until = this.#claimed.get(claimKey(row));
    if (until !== undefined && until <= nowMs) this.#claimed.delete(claimKey(row));
    return until !== undefined && until > nowMs;
  }
}

/** Whom the sweep looks after: what is owed to anybody else is parked. */
function served(config: RelayConfig): string[] {
  return [...config.destinations.keys(), VERIFIER];
}

function owedToNobody(): NewDelivery {
  return {
    destination: "",
    state: "none",
    sequence: null,
    status: null,
    refunded: null,
    due: null,
    sweepAt: null,
  };
}

function keyOf(row: DeliveryRow): { payment: string; n: number; destination: string } {
  return { payment: row.payment_id, n: row.n, destination: row.destination };
}

function claimKey(row: DeliveryRow): string {
  return `${row.n}:${row.destination}`;
}

function breakerText(breaker: Breaker): string | null {
  return breaker === CLOSED ? null : JSON.stringify(breaker);
}

/** The warnings a repeat earns: none if its bytes are the same, else one for each part that differs. */
function differences(seen: EventRow, input: Acceptance): string[] {
  if (seen.fingerprint === input.fingerprint) return [];
  const before = JSON.parse(seen.contents) as Record<string, string>;
  return Object.entries(input.contents)
    .filter(([name, value]) => before[name] !== value)
    .map(([name]) => name);
}
