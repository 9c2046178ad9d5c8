/**
 * The Inbox: the only truth about what was accepted and what is owed (architecture.md).
 *
 * RPC methods only: each opens one transaction, lets the module beside it decide and write, sees to the
 * alarm in the same turn, and hands what is now due to the queue. It never talks to a CRM or a
 * provider: an open request would bill the object for as long as it takes.
 */
import { DurableObject } from "cloudflare:workers";
import { configOf } from "../config/load.ts";
import type { RelayConfig } from "../config/schema.ts";
import type { InboxBindings } from "./client.ts";
import { ACTIVITY_EVENTS, SWEEP_RETRY_MS } from "../limits.ts";
import { fault, type LogFields } from "../log.ts";
import type { TokenRecord } from "../providers/provider.ts";
import { accept, setAside } from "./accepting.ts";
import { OperatorStore, type ReplayJobRow } from "./operator-store.ts";
import { lease, pause, resume, settle } from "./delivering.ts";
import { Transaction, VolatileState } from "./transaction.ts";
import { QueueSender } from "./queue-sender.ts";
import type { LedgerPart } from "./ledger.ts";
import {
  cancelReplay,
  find,
  list,
  replay,
  setAsideCallback,
  startReplay,
  stepReplays,
  timeline,
  type EventDetail,
  type EventFilter,
} from "./operating.ts";
import { purgeStep, type PurgeState } from "./purging.ts";
import type {
  Acceptance,
  Accepted,
  Attempt,
  Leased,
  Decision,
  Reference,
  Result,
  SetAside,
  Settled,
  SettingAside,
} from "./protocol.ts";
import { migrate } from "./schema.ts";
import { Store } from "./store.ts";
import { nextSweepAt, reconcile, sweep } from "./sweeping.ts";
import type { HealthReport } from "./health.ts";
import { TokenMemory } from "./tokens.ts";
import { conclude, settleVerification } from "./verifying.ts";

export class Inbox extends DurableObject<InboxBindings> {
  readonly #store: Store;
  readonly #operatorStore: OperatorStore;
  readonly #queueSender: QueueSender;
  readonly #tokens = new TokenMemory();
  readonly #state: VolatileState;
  /** When the alarm is set for; null: not set. */
  #alarmAtMs: number | null = null;
  #purge: PurgeState = { nextAtMs: 0, lookedTo: 0 };
  #reconciled = false;
  /** The last transaction was rolled back: what memory says of pauses and breakers may not be so. */
  #undone = false;

  constructor(ctx: DurableObjectState, env: InboxBindings) {
    super(ctx, env);
    this.#store = new Store(ctx.storage.sql);
    this.#operatorStore = new OperatorStore(ctx.storage.sql);
    this.#queueSender = new QueueSender(env.DELIVERIES);
    this.#state = new VolatileState(this.#store);
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage);
      this.#state.destinations.readAgain();
      this.#alarmAtMs = await ctx.storage.getAlarm();
    });
  }

  // ---- what comes in -----------------------------------------------------------------------------

  /** Dedupe, fold, sequence, freeze and owe. When this returns, the event is on disk. */
  async accept(input: Acceptance): Promise<Accepted> {
    return await this.#work((tx) => accept(tx, input));
  }

  /** Keeps a callback that has no event yet. */
  async setAside(input: SettingAside): Promise<SetAside> {
    return await this.#work((tx) => setAside(tx, input));
  }

  // ---- names that may have one owner only ----------------------------------------------------------

  /**
   * What is known of a token: who it served, that it was refused within the last minute, or that somebody
   * is asking about it. null makes the caller the one who asks.
   */
  consultToken(key: string): TokenRecord | { readonly kind: "asking" } | null {
    const nowMs = Date.now();
    if (this.#tokens.isRefused(key, nowMs)) return { kind: "refused" };
    const held = this.#store.reservation(key);
    if (held) return { kind: "reserved", ...held };
    return this.#tokens.beginAsking(key, nowMs) ? null : { kind: "asking" };
  }

  refuseToken(key: string): void {
    this.#tokens.refuse(key, Date.now());
  }

  /** The verifier gave no answer: the next one may ask. */
  undecidedToken(key: string): void {
    this.#tokens.answered(key);
  }

  /** Takes a name for an owner; answers whose it is. The first to come keeps it. */
  async reserve(key: string, owner: string, fingerprint: string): Promise<string> {
    return await this.#work((tx) => {
      const held = tx.store.reservation(key);
      if (held) return held.owner;
      tx.store.addReservation(key, owner, fingerprint, tx.nowMs);
      this.#tokens.answered(key);
      tx.wakeForRetention();
      return owner;
    });
  }

  // ---- what goes out -------------------------------------------------------------------------------

  /** What to do with each reference, in their order. */
  async lease(references: readonly Reference[]): Promise<Leased[]> {
    return await this.#work((tx) => references.map((reference) => lease(tx, reference)));
  }

  /** Records attempts, each at most once, and says when to come again. */
  async settle(results: readonly Result[]): Promise<Settled[]> {
    return await this.#work((tx) => settle(tx, results));
  }

  async settleVerification(reference: Reference, attempt: Attempt, decision: Decision): Promise<Settled> {
    return await this.#work((tx) => settleVerification(tx, reference, attempt, decision));
  }

  /** The sweep. */
  override async alarm(): Promise<void> {
    // First of all: a handler that throws is abandoned after a few tries, and its rows would be stuck.
    await this.#setAlarm(Date.now() + SWEEP_RETRY_MS);
    try {
      const nextAtMs = await this.#work((tx) => this.#round(tx));
      // Before the queue gets its time: what is accepted meanwhile arms the alarm for itself.
      if (nextAtMs === null) await this.#clearAlarm();
      else await this.#setAlarm(nextAtMs);
      await this.#queueSender.idle();
    } catch (error) {
      fault("inbox.alarm", error);
    }
  }

  /** Everything that is due by the clock; answers when the next thing is, null for never. */
  #round(tx: Transaction): number | null {
    tx.leases.forgetExpired(tx.nowMs);
    sweep(tx);
    const replaysAtMs = stepReplays(tx);
    this.#purge = purgeStep(tx, this.#purge);
    const times = [nextSweepAt(tx), replaysAtMs, tx.operatorStore.isEmpty() ? null : this.#purge.nextAtMs];
    const next = times.filter((time) => time !== null);
    return next.length === 0 ? null : Math.min(...next);
  }

  // ---- operators -----------------------------------------------------------------------------------

  async list(filter: EventFilter, before: number | null, limit: number): Promise<ReturnType<typeof list>> {
    return await this.#work((tx) => list(tx, filter, before, limit));
  }

  async find(eventId: string): Promise<EventDetail[]> {
    return await this.#work((tx) => find(tx, eventId));
  }

  async timeline(paymentId: string): Promise<EventDetail[]> {
    return await this.#work((tx) => timeline(tx, paymentId));
  }

  /** Sends one event again; answers how many deliveries will be made. */
  async replay(n: number, destination: string | undefined, actor: string): Promise<number> {
    return await this.#work((tx) => {
      const event = tx.store.event(n)?.event_id;
      tx.operatorStore.audit(tx.nowMs, actor, "replay", JSON.stringify({ event, destination }));
      return replay(tx, n, destination);
    });
  }

  async setAsideCallback(eventId: string): Promise<ReturnType<typeof setAsideCallback>> {
    return await this.#work((tx) => setAsideCallback(tx, eventId));
  }

  /** A quarantined callback was run again after a fix: this came of it. */
  async concludeQuarantined(n: number, decision: Decision, actor: string): Promise<void> {
    await this.#work((tx) => {
      const event = tx.store.event(n);
      if (event?.state !== "quarantined" || decision.kind === "undecided") return;
      tx.operatorStore.audit(
        tx.nowMs,
        actor,
        "replay",
        JSON.stringify({ event: event.event_id, became: decision.kind }),
      );
      conclude(tx, event, decision);
    });
  }

  async startReplay(id: string, filter: EventFilter, perSecond: number): Promise<void> {
    await this.#work((tx) => {
      startReplay(tx, id, filter, perSecond);
    });
  }

  async cancelReplay(id: string): Promise<void> {
    await this.#work((tx) => {
      cancelReplay(tx, id);
    });
  }

  /** Writes down an order that concerns every shard; one of them keeps it. */
  async audit(actor: string, action: string, detail: string): Promise<void> {
    await this.#work((tx) => tx.operatorStore.audit(tx.nowMs, actor, action, detail));
  }

  replays(): ReplayJobRow[] {
    return this.#operatorStore.replayJobs();
  }

  auditLog(limit: number): ReturnType<OperatorStore["auditLog"]> {
    return this.#operatorStore.auditLog(limit);
  }

  /** This shard's part of the ledger: finished counts, and what is owed now. */
  async ledger(): Promise<LedgerPart> {
    return await this.#work((tx) => ({
      counts: tx.counts(),
      open: tx.store.openEvents(),
      owed: tx.store.owedCounts(),
    }));
  }

  /** What the monitor looks at: how sources behave, and what waits too long. */
  health(): HealthReport {
    return {
      activity: this.#operatorStore.activity(ACTIVITY_EVENTS),
      deferredSince: this.#operatorStore.deferredSince(),
    };
  }

  /** An alert that somebody else noticed. */
  async raise(about: string, fields: LogFields): Promise<void> {
    await this.#work((tx) => tx.alert(about, fields));
  }

  /** Pauses and breakers of this shard. */
  destinations(): { name: string; paused: string | null; breaker: string | null }[] {
    return this.#store.destinations();
  }

  /** Holds what is owed to a destination and what will be. */
  async pause(destination: string, why: string): Promise<void> {
    await this.#work((tx) => {
      pause(tx, destination, why);
    });
  }

  async resume(destination: string): Promise<void> {
    await this.#work((tx) => {
      resume(tx, destination);
    });
  }

  // ---- how a method works ----------------------------------------------------------------------------

  /** One transaction, the alarm in the same turn as its writes, then the queue. */
  async #work<T>(decide: (tx: Transaction) => T): Promise<T> {
    const tx = this.#tx();
    if (this.#undone) this.#state.destinations.readAgain();
    this.#undone = true;
    const decided = this.ctx.storage.transactionSync(() => {
      // Once per life of the object, since a new configuration comes with a new life.
      if (!this.#reconciled) reconcile(tx);
      return decide(tx);
    });
    this.#undone = false;
    this.#reconciled = true;
    const { wakeAtMs } = this.#state;
    this.#state.wakeAtMs = null;
    if (wakeAtMs !== null && (this.#alarmAtMs === null || wakeAtMs < this.#alarmAtMs))
      await this.#setAlarm(wakeAtMs);
    this.ctx.waitUntil(this.#queueSender.send(tx.handovers));
    return decided;
  }

  #tx(): Transaction {
    return new Transaction({
      store: this.#store,
      operatorStore: this.#operatorStore,
      config: this.#config(),
      shard: this.ctx.id.name ?? "",
      state: this.#state,
      nowMs: Date.now(),
    });
  }

  #config(): RelayConfig {
    const loaded = configOf(this.env);
    if (!loaded.ok) throw new Error("the configuration has problems (see /healthz)");
    return loaded.config;
  }

  async #setAlarm(atMs: number): Promise<void> {
    // The platform cuts fractions off: the alarm would ring before what it is for, again and again.
    this.#alarmAtMs = Math.ceil(atMs);
    try {
      await this.ctx.storage.setAlarm(this.#alarmAtMs);
    } catch (error) {
      this.#alarmAtMs = null;
      throw error;
    }
  }

  async #clearAlarm(): Promise<void> {
    this.#alarmAtMs = null;
    await this.ctx.storage.deleteAlarm();
  }
}
