/**
 * The Inbox: the only truth about what was accepted and what is owed (docs/architecture.md).
 *
 * RPC methods only: each opens one transaction, lets the module beside it decide and write, sees to the
 * alarm in the same turn, and hands what is now due to the queue. It never talks to a CRM or a
 * provider: an open request would bill the object for as long as it takes.
 */
import { DurableObject } from "cloudflare:workers";
import type { AlertName } from "../alert.ts";
import { configOf } from "../config/load.ts";
import type { RelayConfig } from "../config/schema.ts";
import {
  ALARM_OVERDUE_MS,
  EVENT_ID_BLOCK_EVENTS,
  EVENT_ID_BLOCK_INTERVAL_MS,
  SEARCH_BLOCK_EVENTS,
  SWEEP_RETRY_MS,
} from "../limits.ts";
import { fault, type LogFields } from "../log.ts";
import type { DeferredReason } from "../reasons.ts";
import { accept } from "./accepting.ts";
import type { InboxBindings } from "./client.ts";
import { reportConfiguration } from "./configuration-alert.ts";
import { dismiss, noteReleased, releasable, undismiss, type Releasable } from "./deciding.ts";
import { destinationReports, type DestinationReport } from "./destination-report.ts";
import { DeferralQuota } from "./deferral-quota.ts";
import { conclude, settleVerification } from "./deferred.ts";
import type { EventFilter } from "./filter.ts";
import { forgetPayment, forgetReleased, type Forgetting } from "./forgetting.ts";
import type { HealthReport } from "./health.ts";
import { healthOf } from "./health-report.ts";
import { lease } from "./leasing.ts";
import type { LedgerPart } from "./ledger.ts";
import { list } from "./listing.ts";
import type { Measures } from "./measures.ts";
import { Membership, SHARDS_MARKER } from "./membership.ts";
import { pause, resume } from "./pausing.ts";
import {
  VERIFIER,
  type Acceptance,
  type Accepted,
  type Attempt,
  type Consultation,
  type Decision,
  type Leased,
  type Reference,
  type Result,
  type SetAside,
  type Settled,
  type SettingAside,
  type TokenQuestion,
} from "./protocol.ts";
import { PURGE_BEGINS, purgeStep, type PurgeState } from "./purging.ts";
import {
  briefTimelines,
  find,
  setAsideCallback,
  timeline,
  type EventDetail,
  type SaidEvent,
} from "./queries.ts";
import { QueueSender } from "./queue-sender.ts";
import { RECOUNT_BEGINS, recountStep, type RecountState } from "./recounting.ts";
import { cancelReplay, nextReplayStepAt, replay, startReplay, stepReplays } from "./replaying.ts";
import { paymentOf, setAside } from "./setting-aside.ts";
import { ShardReports } from "./shard-reports.ts";
import { admitShards, SHARD_REGISTRY, type ShardCount } from "./shard.ts";
import { settle } from "./settling.ts";
import type { AuditRow, ReplayJobRow } from "./store/operator-store.ts";
import { migrate } from "./store/schema.ts";
import { Store } from "./store/store.ts";
import { nextSweepAt, sweep } from "./sweeping.ts";
import { knownCallerKey, TokenQuestions } from "./tokens.ts";
import { Transaction, VolatileState } from "./transaction.ts";

export class Inbox extends DurableObject<InboxBindings> {
  /** This object's own, which every reference carries; asked of the platform once. */
  readonly #name: string;
  readonly #store: Store;
  readonly #queueSender: QueueSender;
  /** Of its own, so that no delivery waits for a verifier that hangs. */
  readonly #verificationSender: QueueSender;
  readonly #questions: TokenQuestions;
  readonly #deferralQuota: DeferralQuota;
  readonly #state: VolatileState;
  readonly #membership: Membership;
  readonly #reports: ShardReports;
  /** When the alarm is set for; null: not set. */
  #alarmAtMs: number | null = null;
  #purge: PurgeState = PURGE_BEGINS;
  #recount: RecountState = RECOUNT_BEGINS;
  /** When the searches are to take in more events (epoch ms); null: an alarm for something else will do. */
  #nextBlockAtMs: number | null = null;
  /** What is in memory is not what is on disk: before the first work, and after a transaction that was undone. */
  #isStale = true;

  constructor(ctx: DurableObjectState, env: InboxBindings) {
    super(ctx, env);
    this.#name = ctx.id.name ?? "";
    migrate(ctx.storage);
    this.#store = new Store(ctx.storage.sql);
    // Events of an earlier release are in no block of the search.
    if (this.#store.search.isBehind(SEARCH_BLOCK_EVENTS)) this.#nextBlockAtMs = Date.now();
    this.#queueSender = new QueueSender(env.DELIVERIES);
    this.#verificationSender = new QueueSender(env.VERIFICATIONS ?? env.DELIVERIES);
    this.#questions = new TokenQuestions((key) => this.#store.reservations.get(key));
    this.#deferralQuota = new DeferralQuota(this.#questions.callers);
    this.#state = new VolatileState(this.#store);
    this.#membership = new Membership(
      this.#store.singleRows,
      this.#name,
      async (shards, before) => await env.INBOX.getByName(SHARD_REGISTRY).registerShard(shards, before),
    );
    this.#reports = new ShardReports(
      () => env.ACTIVITY?.getByName("activity") ?? null,
      (work) => ctx.waitUntil(work),
    );
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAtMs = await ctx.storage.getAlarm();
    });
  }

  // ---- what comes in -----------------------------------------------------------------------------

  /** Dedupe, fold, sequence, freeze, owe and lease. When this returns, the event is on disk. */
  async accept(input: Acceptance): Promise<Accepted> {
    await this.#membership.admit(this.#config(), () => this.#store.payments.has(input.event.data.payment_id));
    return await this.#accept(input);
  }

  /**
   * The same, in an installation that has grown, for a payment that this old home knows; null: it does not.
   *
   * @param shards how many there are now
   */
  async acceptKnown(input: Acceptance, shards?: number): Promise<Accepted | null> {
    this.#membership.noteFollowedBy(shards ?? this.#config().inboxShards);
    if (!this.#store.payments.has(input.event.data.payment_id)) return null;
    return await this.#accept(input);
  }

  /** Keeps a callback that has no event yet. */
  async setAside(input: SettingAside): Promise<SetAside> {
    await this.#membership.admit(this.#config(), () => this.#store.payments.has(paymentOf(input)));
    return await this.#setAside(input);
  }

  /** The same, in an installation that has grown, for a callback that this old home has; null: it has not. */
  async setAsideKnown(input: SettingAside, shards?: number): Promise<SetAside | null> {
    this.#membership.noteFollowedBy(shards ?? this.#config().inboxShards);
    if (!this.#store.payments.has(paymentOf(input))) return null;
    return await this.#setAside(input);
  }

  async #accept(input: Acceptance): Promise<Accepted> {
    const accepted = await this.#work((tx) => accept(tx, input));
    this.#reports.accepted(input, accepted);
    return accepted;
  }

  async #setAside(input: SettingAside): Promise<SetAside> {
    const kept = await this.#work((tx) => setAside(tx, input, this.#deferralQuota));
    this.#reports.setAside(input, kept);
    return kept;
  }

  // ---- names that may have one owner only ----------------------------------------------------------

  /**
   * What is known of a token: who it served, or that it was refused within the last minute. Waits while
   * somebody is asking about it; `ask` makes the caller the one who asks.
   */
  async consultToken(question: TokenQuestion): Promise<Consultation> {
    return await this.#questions.consult(question, this.#config().inboxShards);
  }

  refuseToken(tokenHash: string): void {
    this.#questions.answered(tokenHash, { kind: "refused" });
  }

  /** The verifier gave no answer, or was not asked after all. */
  undecidedToken(tokenHash: string, reason: DeferredReason): void {
    this.#questions.answered(tokenHash, { kind: "undecided", reason });
  }

  /** Whose a name is in this old home of an installation that has grown; null: nobody's here. */
  reservation(key: string, shards?: number): { owner: string; fingerprint: string } | null {
    this.#membership.noteFollowedBy(shards ?? this.#config().inboxShards);
    return this.#store.reservations.get(key);
  }

  /** Takes a name for an owner; answers whose it is. The first to come keeps it. */
  async reserve(key: string, owner: string, fingerprint: string): Promise<string> {
    if (this.#store.reservations.get(key) === null) this.#membership.refuseSuperseded(this.#config());
    const caller = this.#questions.unknownCallerOf(key);
    const holder = await this.#work((tx) => {
      const { reservations } = tx.store;
      const held = reservations.get(key);
      if (held) return held.owner;
      reservations.add(key, owner, fingerprint, tx.nowMs);
      // Remembered beyond this object's memory: a provider must not be unknown when its verifier is down.
      const known = caller && knownCallerKey(caller);
      if (known && !reservations.get(known)) reservations.add(known, owner, "", tx.nowMs);
      tx.wakeForRetention();
      return owner;
    });
    this.#questions.answered(key, { kind: "valid" });
    return holder;
  }

  // ---- what goes out -------------------------------------------------------------------------------

  /** What to do with each reference, in their order. */
  async lease(references: readonly Reference[]): Promise<Leased[]> {
    return await this.#work((tx) => references.map((reference) => lease(tx, reference)));
  }

  /** Records attempts, each at most once, says when to come again, and leases the next to whoever asks for it. */
  async settle(results: readonly Result[]): Promise<Settled[]> {
    // Before, since what is known of an open first attempt is forgotten with its settlement.
    const received = results.map((result) => this.#deliveredOfMs(result));
    const settled = await this.#work((tx) => settle(tx, results));
    for (const [index, result] of results.entries()) this.#reports.attempted(result, received[index] ?? null);
    return settled;
  }

  /** When the event that was delivered had been received (epoch ms); null: it was not delivered, or is gone. */
  #deliveredOfMs({ reference: { n }, outcome }: Result): number | null {
    if (outcome.kind !== "delivered") return null;
    return this.#state.directs.receivedAtMsOf(n) ?? this.#store.events.head(n)?.received_at ?? null;
  }

  async settleVerification(reference: Reference, attempt: Attempt, decision: Decision): Promise<Settled> {
    return await this.#work((tx) => settleVerification(tx, reference, attempt, decision));
  }

  /** The sweep, and everything else that is due by the clock. */
  override async alarm(): Promise<void> {
    // The platform has taken it: the work below looks when the next one is due, and sets it in the same turn.
    this.#alarmAtMs = null;
    try {
      await this.#work((tx) => this.#doWhatIsDue(tx));
      await Promise.all([this.#queueSender.idle(), this.#verificationSender.idle()]);
    } catch (error) {
      fault("inbox.alarm", error);
      // A handler that throws is abandoned after a few tries, and its rows would be stuck.
      await this.#setAlarm(Date.now() + SWEEP_RETRY_MS);
    }
  }

  #doWhatIsDue(tx: Transaction): void {
    tx.forgetExpired();
    sweep(tx);
    stepReplays(tx);
    this.#purge = purgeStep(tx, this.#purge);
    this.#recount = recountStep(tx, this.#recount);
    if (tx.book.hasRepeats) tx.book.write(tx.shardNow());
    // One a time; whether more have gathered is looked at soon.
    const areIdsAdded = tx.store.eventIds.addBlock(EVENT_ID_BLOCK_EVENTS);
    const areWordsAdded = tx.store.search.addBlock(SEARCH_BLOCK_EVENTS);
    this.#nextBlockAtMs = areIdsAdded || areWordsAdded ? tx.nowMs + EVENT_ID_BLOCK_INTERVAL_MS : null;
  }

  /** When something is due next (epoch ms), null for never. */
  #nextDueAt(tx: Transaction): number | null {
    const times = [nextSweepAt(tx), nextReplayStepAt(tx), this.#nextBlockAtMs];
    if (tx.book.isBehind) times.push(this.#recount.nextAtMs ?? tx.nowMs);
    if (!tx.store.retention.isEmpty()) times.push(this.#purge.nextAtMs, this.#recount.nextAtMs);
    const due = times.filter((time) => time !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  // ---- what is watched -----------------------------------------------------------------------------

  /** Has this shard tell what happens in it until then (epoch ms). */
  watch(untilMs: number): void {
    this.#reports.watch(untilMs);
  }

  /** What was measured since the last call. */
  takeMeasures(): Measures {
    return this.#reports.takeMeasures();
  }

  /** How large this shard's database is. */
  databaseBytes(): number {
    return this.ctx.storage.sql.databaseSize;
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

  async briefTimelines(paymentIds: readonly string[]): Promise<SaidEvent[][]> {
    return await this.#work((tx) => briefTimelines(tx, paymentIds));
  }

  /** Sends one event again; answers how many deliveries will be made. */
  async replay(n: number, destination: string | undefined, actor: string): Promise<number> {
    return await this.#work((tx) => {
      const event = tx.store.events.head(n)?.event_id;
      tx.store.operators.audit(tx.nowMs, actor, "replay", JSON.stringify({ event, destination }));
      return replay(tx, n, destination);
    });
  }

  async setAsideCallback(eventId: string): Promise<ReturnType<typeof setAsideCallback>> {
    return await this.#work((tx) => setAsideCallback(tx, eventId));
  }

  /** A quarantined callback was run again after a fix: this came of it. */
  async concludeQuarantined(n: number, decision: Decision, actor: string): Promise<void> {
    await this.#work((tx) => {
      const event = tx.store.events.head(n);
      if (event?.state !== "quarantined" || decision.kind === "undecided") return;
      const detail = JSON.stringify({ event: event.event_id, became: decision.kind });
      tx.store.operators.audit(tx.nowMs, actor, "replay", detail);
      conclude(tx, event, decision);
    });
  }

  /** What an event set aside can be released from; null for one that is not. */
  async releasable(n: number): Promise<Releasable | null> {
    return await this.#work((tx) => releasable(tx, n));
  }

  /** An event set aside was released as a payment of its own. */
  async noteReleased(n: number, became: string, actor: string): Promise<void> {
    await this.#work((tx) => {
      noteReleased(tx, n, became, actor);
    });
  }

  /** Takes an event off the lists of what needs a person; false when there is nothing to dismiss. */
  async dismiss(n: number, actor: string, why: string): Promise<boolean> {
    return await this.#work((tx) => dismiss(tx, n, actor, why));
  }

  /** Puts a dismissed event back on the lists. */
  async undismiss(n: number, actor: string): Promise<void> {
    await this.#work((tx) => {
      undismiss(tx, n, actor);
    });
  }

  /** Erases what is personal about a payment; null: it is not known here. */
  async forgetPayment(paymentId: string, force: boolean, actor: string): Promise<Forgetting | null> {
    return await this.#work((tx) => forgetPayment(tx, paymentId, { force, actor }));
  }

  /** The same for one event that was released as a payment; false when nothing of it is left. */
  async forgetReleased(n: number, actor: string): Promise<boolean> {
    return await this.#work((tx) => forgetReleased(tx, n, actor));
  }

  async startReplay(id: string, filter: EventFilter, perSecond: number, total: number): Promise<void> {
    await this.#work((tx) => {
      startReplay(tx, id, filter, perSecond, total);
    });
  }

  async cancelReplay(id: string): Promise<void> {
    await this.#work((tx) => {
      cancelReplay(tx, id);
    });
  }

  /** Writes down an order that concerns every shard; one of them keeps it. */
  async audit(actor: string, action: string, detail: string): Promise<void> {
    await this.#work((tx) => tx.store.operators.audit(tx.nowMs, actor, action, detail));
  }

  replays(): ReplayJobRow[] {
    return this.#store.operators.replayJobs();
  }

  /** Up to `limit` orders below number `before` (null: the newest), newest first; `next` null: there is no more. */
  auditLog(before: number | null, limit: number): { items: AuditRow[]; next: number | null } {
    const items = this.#store.operators.auditLog(before, limit);
    return { items, next: items.length < limit ? null : (items.at(-1)?.n ?? null) };
  }

  /** This shard's part of the ledger. */
  async ledger(): Promise<LedgerPart> {
    return await this.#work((tx) => {
      const { counts, remainder } = tx.book;
      const held = Object.keys(counts.destinations).filter((name) => !tx.isServed(name));
      return { counts, held, remainder };
    });
  }

  /** What the monitor looks at: how sources behave, and what waits too long. */
  async health(): Promise<HealthReport> {
    return await this.#work((tx) => healthOf(tx));
  }

  /** An alert that somebody else noticed. */
  async raise(about: AlertName, fields: LogFields): Promise<void> {
    await this.#work((tx) => tx.alert(about, fields));
  }

  /** What the monitor found wrong with the configuration; nothing: it is right. */
  async reportConfiguration(problems: readonly string[]): Promise<void> {
    await this.#work((tx) => {
      reportConfiguration(tx, problems);
    });
  }

  /** Pauses and breakers of this shard. */
  destinations(): { name: string; paused: string | null; breaker: string | null }[] {
    return this.#store.destinations.all();
  }

  /** The same of all that are configured, with what each is owed and has under way. */
  async destinationReports(): Promise<DestinationReport[]> {
    return await this.#work((tx) => destinationReports(tx));
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

  // ---- the number of shards ----------------------------------------------------------------------------

  /**
   * Asked of the one object named `SHARD_REGISTRY`, by every shard before it takes anything in for the first
   * time: another number of shards would accept everything again under the same ids.
   */
  async registerShard(shards: number, before: number | null): Promise<ShardCount | null> {
    return await this.ctx.storage.transaction(() => {
      const admitted = admitShards(this.knownShards(), { shards, before });
      if (admitted) this.#store.singleRows.setMarker(SHARDS_MARKER, JSON.stringify(admitted));
      return Promise.resolve(admitted);
    });
  }

  /** Asked of the registry by a Worker whose configuration does not say how many there are; null: none was ever used. */
  knownShards(): ShardCount | null {
    const known = this.#store.singleRows.marker(SHARDS_MARKER);
    return known === null ? null : (JSON.parse(known) as ShardCount);
  }

  // ---- how a method works ----------------------------------------------------------------------------

  /** One transaction, the alarm in the same turn as its writes, then the queue. */
  async #work<T>(decide: (tx: Transaction) => T): Promise<T> {
    const tx = new Transaction({
      store: this.#store,
      config: this.#config(),
      shard: this.#name,
      state: this.#state,
      nowMs: Date.now(),
    });
    const wasStale = this.#isStale;
    if (wasStale) this.#state.load(tx.config);
    this.#isStale = true;
    const decided = this.ctx.storage.transactionSync(() => {
      const result = decide(tx);
      tx.finish();
      return result;
    });
    this.#isStale = false;
    // An alarm can be lost, with a life, a failed `setAlarm` or the platform: whoever comes then looks for work.
    if (this.#alarmAtMs !== null && this.#alarmAtMs + ALARM_OVERDUE_MS <= tx.nowMs) this.#alarmAtMs = null;
    const lookedAtMs = wasStale || this.#alarmAtMs === null ? this.#nextDueAt(tx) : null;
    const wakeAtMs = earlier(this.#state.wakeAtMs, lookedAtMs);
    this.#state.wakeAtMs = null;
    if (wakeAtMs !== null && (this.#alarmAtMs === null || wakeAtMs < this.#alarmAtMs))
      await this.#setAlarm(wakeAtMs);
    if (tx.references.length > 0) this.#send(tx.references);
    this.#reports.raised(tx.raised);
    return decided;
  }

  #send(references: readonly Reference[]): void {
    const questions = references.filter(({ destination }) => destination === VERIFIER);
    const deliveries = references.filter(({ destination }) => destination !== VERIFIER);
    this.ctx.waitUntil(this.#queueSender.send(deliveries));
    this.ctx.waitUntil(this.#verificationSender.send(questions));
  }

  #config(): RelayConfig {
    return configOf(this.env).config;
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
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
