/**
 * The Inbox: the only truth about what was accepted and what is owed (architecture.md).
 *
 * Doors only: each opens one transaction, lets the module beside it decide and write, sees to the
 * alarm in the same turn, and hands what is now due to the queue. It never talks to a CRM or a
 * provider: an open request would bill the object for as long as it takes.
 */
import { DurableObject } from "cloudflare:workers";
import { configOf } from "../config/load.ts";
import type { RelayConfig } from "../config/schema.ts";
import type { Env } from "../env.ts";
import { ACTIVITY_EVENTS, SWEEP_RETRY_MS } from "../limits.ts";
import { fault, type LogFields } from "../log.ts";
import type { TokenRecord } from "../providers/provider.ts";
import { accept, repeat, setAside } from "./accepting.ts";
import { Archive, type ReplayRow } from "./archive.ts";
import { claim, pause, resume, settle } from "./delivering.ts";
import { Desk, Memory } from "./desk.ts";
import { Outgoing } from "./outgoing.ts";
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
  Claimed,
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
import type { Pulse } from "./pulse.ts";
import { TokenMemory } from "./tokens.ts";
import { release, settleVerification } from "./verifying.ts";

export class Inbox extends DurableObject<Env> {
  readonly #store: Store;
  readonly #archive: Archive;
  readonly #outgoing: Outgoing;
  readonly #tokens = new TokenMemory();
  #memory = new Memory();
  /** When the alarm is set for; null: not set. */
  #alarmAtMs: number | null = null;
  #purge: PurgeState = { nextAtMs: 0, lookedTo: 0 };
  #reconciled = false;
  /** The last transaction was rolled back: what memory says of pauses and breakers may not be so. */
  #undone = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new Store(ctx.storage.sql);
    this.#archive = new Archive(ctx.storage.sql);
    this.#outgoing = new Outgoing(env.DELIVERIES);
    void ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage);
      this.#memory = Memory.from(this.#store);
      this.#alarmAtMs = await ctx.storage.getAlarm();
    });
  }

  // ---- what comes in -----------------------------------------------------------------------------

  /** Dedupe, fold, sequence, freeze and owe. When this returns, the event is on disk. */
  async accept(input: Acceptance): Promise<Accepted> {
    return await this.#work((desk) => accept(desk, input));
  }

  /** Counts a callback that names an event of this payment but belongs to another; false: there is none. */
  async repeat(paymentId: string, eventId: string, warning: string): Promise<boolean> {
    return await this.#work((desk) => repeat(desk, paymentId, eventId, warning));
  }

  /** Keeps a callback that has no event yet. */
  async setAside(input: SettingAside): Promise<SetAside> {
    return await this.#work((desk) => setAside(desk, input));
  }

  // ---- names that may have one owner only ----------------------------------------------------------

  /**
   * What is known of a token: who it served, that it was refused within the last minute, or that somebody
   * is asking about it. null makes the caller the one who asks.
   */
  tokenRecord(key: string): TokenRecord | { readonly kind: "asking" } | null {
    const nowMs = Date.now();
    if (this.#tokens.isRefused(key, nowMs)) return { kind: "refused" };
    const held = this.#store.claim(key);
    if (held) return { kind: "claimed", ...held };
    return this.#tokens.mayAsk(key, nowMs) ? null : { kind: "asking" };
  }

  refuseToken(key: string): void {
    this.#tokens.refuse(key, Date.now());
  }

  /** The verifier gave no answer: the next one may ask. */
  undecidedToken(key: string): void {
    this.#tokens.answered(key);
  }

  /** Takes a name for an owner; answers whose it is. The first to come keeps it. */
  async claimName(key: string, owner: string, fingerprint: string): Promise<string> {
    return await this.#work((desk) => {
      const held = desk.store.claim(key);
      if (held) return held.owner;
      desk.store.addClaim(key, owner, fingerprint, desk.nowMs);
      this.#tokens.answered(key);
      desk.wakeForRetention();
      return owner;
    });
  }

  // ---- what goes out -------------------------------------------------------------------------------

  /** What to do with each reference, in their order. */
  async claim(references: readonly Reference[]): Promise<Claimed[]> {
    return await this.#work((desk) => references.map((reference) => claim(desk, reference)));
  }

  /** Records attempts, each at most once, and says when to come again. */
  async settle(results: readonly Result[]): Promise<Settled[]> {
    return await this.#work((desk) => settle(desk, results));
  }

  async settleVerification(reference: Reference, attempt: Attempt, decision: Decision): Promise<Settled> {
    return await this.#work((desk) => settleVerification(desk, reference, attempt, decision));
  }

  /** The sweep. */
  override async alarm(): Promise<void> {
    // First of all: a handler that throws is abandoned after a few tries, and its rows would be stuck.
    await this.#setAlarm(Date.now() + SWEEP_RETRY_MS);
    try {
      const nextAtMs = await this.#work((desk) => this.#round(desk));
      // Before the queue gets its time: what is accepted meanwhile arms the alarm for itself.
      if (nextAtMs === null) await this.#clearAlarm();
      else await this.#setAlarm(nextAtMs);
      await this.#outgoing.flushed();
    } catch (error) {
      fault("inbox.alarm", error);
    }
  }

  /** Everything that is due by the clock; answers when the next thing is, null for never. */
  #round(desk: Desk): number | null {
    desk.forgetOldClaims();
    sweep(desk);
    const replaysAtMs = stepReplays(desk);
    this.#purge = purgeStep(desk, this.#purge);
    const times = [nextSweepAt(desk), replaysAtMs, desk.archive.isEmpty() ? null : this.#purge.nextAtMs];
    const next = times.filter((time) => time !== null);
    return next.length === 0 ? null : Math.min(...next);
  }

  // ---- operators -----------------------------------------------------------------------------------

  async list(filter: EventFilter, before: number | null, limit: number): Promise<ReturnType<typeof list>> {
    return await this.#work((desk) => list(desk, filter, before, limit));
  }

  async find(eventId: string): Promise<EventDetail[]> {
    return await this.#work((desk) => find(desk, eventId));
  }

  async timeline(paymentId: string): Promise<EventDetail[]> {
    return await this.#work((desk) => timeline(desk, paymentId));
  }

  /** Sends one event again; answers how many deliveries will be made. */
  async replay(n: number, destination: string | undefined, actor: string): Promise<number> {
    return await this.#work((desk) => {
      const event = desk.store.event(n)?.event_id;
      desk.archive.audit(desk.nowMs, actor, "replay", JSON.stringify({ event, destination }));
      return replay(desk, n, destination);
    });
  }

  async setAsideCallback(eventId: string): Promise<ReturnType<typeof setAsideCallback>> {
    return await this.#work((desk) => setAsideCallback(desk, eventId));
  }

  /** A quarantined callback was run again after a fix: this came of it. */
  async releaseQuarantined(n: number, decision: Decision, actor: string): Promise<void> {
    await this.#work((desk) => {
      const event = desk.store.event(n);
      if (event?.state !== "quarantined" || decision.kind === "undecided") return;
      desk.archive.audit(
        desk.nowMs,
        actor,
        "replay",
        JSON.stringify({ event: event.event_id, became: decision.kind }),
      );
      release(desk, event, decision);
    });
  }

  async startReplay(id: string, filter: EventFilter, perSecond: number): Promise<void> {
    await this.#work((desk) => {
      startReplay(desk, id, filter, perSecond);
    });
  }

  async cancelReplay(id: string): Promise<void> {
    await this.#work((desk) => {
      cancelReplay(desk, id);
    });
  }

  /** Writes down an order that concerns every shard; one of them keeps it. */
  async audit(actor: string, action: string, detail: string): Promise<void> {
    await this.#work((desk) => desk.archive.audit(desk.nowMs, actor, action, detail));
  }

  replays(): ReplayRow[] {
    return this.#archive.replayJobs();
  }

  auditLog(limit: number): ReturnType<Archive["auditLog"]> {
    return this.#archive.auditLog(limit);
  }

  /** This shard's part of the ledger: finished counts, and what is owed now. */
  async ledger(): Promise<LedgerPart> {
    return await this.#work((desk) => ({
      counts: desk.counts(),
      open: desk.store.openEvents(),
      owed: desk.store.owedCounts(),
    }));
  }

  /** What the watch looks at: how sources behave, and what waits too long. */
  pulse(): Pulse {
    return {
      activity: this.#archive.activity(ACTIVITY_EVENTS),
      deferredSince: this.#archive.deferredSince(),
    };
  }

  /** An alert that somebody else noticed. */
  async raise(about: string, fields: LogFields): Promise<void> {
    await this.#work((desk) => desk.alert(about, fields));
  }

  /** Pauses and breakers of this shard. */
  destinations(): { name: string; paused: string | null; breaker: string | null }[] {
    return this.#store.destinations();
  }

  /** Holds what is owed to a destination and what will be. */
  async pause(destination: string, why: string): Promise<void> {
    await this.#work((desk) => {
      pause(desk, destination, why);
    });
  }

  async resume(destination: string): Promise<void> {
    await this.#work((desk) => {
      resume(desk, destination);
    });
  }

  // ---- how a door works ------------------------------------------------------------------------------

  /** One transaction, the alarm in the same turn as its writes, then the queue. */
  async #work<T>(decide: (desk: Desk) => T): Promise<T> {
    const desk = this.#desk();
    if (this.#undone) this.#memory.readAgain(this.#store);
    this.#undone = true;
    const decided = this.ctx.storage.transactionSync(() => {
      // Once per life of the object, since a new configuration comes with a new life.
      if (!this.#reconciled) reconcile(desk);
      return decide(desk);
    });
    this.#undone = false;
    this.#reconciled = true;
    const { wakeAtMs } = this.#memory;
    this.#memory.wakeAtMs = null;
    if (wakeAtMs !== null && (this.#alarmAtMs === null || wakeAtMs < this.#alarmAtMs))
      await this.#setAlarm(wakeAtMs);
    this.ctx.waitUntil(this.#outgoing.send(desk.outgoing));
    return decided;
  }

  #desk(): Desk {
    return new Desk({
      store: this.#store,
      archive: this.#archive,
      config: this.#config(),
      shard: this.ctx.id.name ?? "",
      memory: this.#memory,
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
