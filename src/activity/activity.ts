/**
 * The Activity object: what operators watch, over all shards. It keeps the newest refused callbacks and the points
 * of the charts; nothing in it is needed for a callback to be accepted or an event to be delivered, and whatever
 * it loses is only not seen.
 */
import { DurableObject } from "cloudflare:workers";
import { configOf } from "../config/load.ts";
import type { Raised } from "../inbox/alerts.ts";
import { InboxClient } from "../inbox/client.ts";
import type { Counts } from "../inbox/ledger.ts";
import type { Happening } from "../inbox/live-reports.ts";
import { allMeasures, type Measures } from "../inbox/measures.ts";
import { migrate } from "../inbox/store/schema.ts";
import type { ActivityListener } from "../inbox/shard-reports.ts";
import { LIVE_BEAT_MS, LIVE_LEASE_MS, LIVE_STREAM_MS, REFUSED_WRITE_INTERVAL_MS } from "../limits.ts";
import { fault } from "../log.ts";
import type { ActivityBindings } from "./client.ts";
import { Incidents, type Incident } from "./incidents.ts";
import { LastSeenBook, type LastSeen } from "./last-seen.ts";
import { Measured } from "./measured.ts";
import { LiveFeed, type LiveFilter } from "./live-feed.ts";
import { RefusedGroups, type RefusedBatch, type RefusedGroup } from "./refused-groups.ts";
import { ACTIVITY_MIGRATIONS } from "./schema.ts";
import { Series, type Recorded, type TimedPoint } from "./series.ts";

export class Activity extends DurableObject<ActivityBindings> implements ActivityListener {
  readonly #refused: RefusedGroups;
  readonly #series: Series;
  readonly #measured: Measured;
  readonly #incidents: Incidents;
  readonly #lastSeen: LastSeenBook;
  readonly #feed = new LiveFeed();
  #isAlarmSet = false;
  #beat: ReturnType<typeof setInterval> | null = null;

  constructor(ctx: DurableObjectState, env: ActivityBindings) {
    super(ctx, env);
    migrate(ctx.storage, ACTIVITY_MIGRATIONS);
    this.#refused = new RefusedGroups(ctx.storage.sql);
    this.#series = new Series(ctx.storage.sql);
    this.#measured = new Measured(ctx.storage.sql);
    this.#incidents = new Incidents(ctx.storage.sql);
    this.#lastSeen = new LastSeenBook(ctx.storage.sql);
  }

  /** Callbacks that an isolate has refused since its last report. */
  async refused(batches: readonly RefusedBatch[]): Promise<void> {
    this.#feed.add(batches.flatMap(happeningsOf), 0);
    const waits = this.#refused.add(batches, Date.now());
    if (!waits || this.#isAlarmSet) return;
    this.#isAlarmSet = true;
    await this.ctx.storage.setAlarm(Date.now() + REFUSED_WRITE_INTERVAL_MS);
  }

  /** By source and reason, the last refused first. */
  refusedGroups(): RefusedGroup[] {
    return this.#refused.all();
  }

  override alarm(): void {
    this.#isAlarmSet = false;
    this.#refused.flush(Date.now());
  }

  /** All that was counted and measured when charts were last added to; null: never. */
  recorded(): Recorded | null {
    return this.#series.recorded();
  }

  /** Adds to the charts what the shards have counted in all, and measured since they were last asked. */
  record(nowMs: number, counts: Counts, measures: Measures): void {
    const measured = allMeasures([this.#measured.take(), measures]);
    this.#series.record(nowMs, counts, this.#refused.all(), measured);
  }

  /** What a shard has measured, before anybody asked for it. */
  // eslint-disable-next-line typescript/require-await -- as `ActivityListener` has it
  async measured(measures: Measures): Promise<void> {
    this.#measured.add(measures);
  }

  /** What the monitor has found of sources. */
  noteSeen(seen: readonly LastSeen[]): void {
    this.#lastSeen.note(seen);
  }

  /** When each source was last heard of, as far as the monitor has noticed. */
  lastSeen(): LastSeen[] {
    return this.#lastSeen.all();
  }

  // ---- incidents -----------------------------------------------------------------------------------

  /** Alerts that a shard has raised. */
  // eslint-disable-next-line typescript/require-await -- as `ActivityListener` has it
  async raised(alerts: readonly Raised[]): Promise<void> {
    for (const alert of alerts) this.#incidents.raise(alert, Date.now());
  }

  /** Is this alert (`alr_…`) to be sent, or was the same said by another shard? */
  // eslint-disable-next-line typescript/require-await -- as `ActivityListener` has it
  async admitAlert(alert: string, raised: Raised): Promise<boolean> {
    return this.#incidents.admit(alert, raised, Date.now());
  }

  /** Ends what is over (`incidents.ts`); answers those of them that somebody was told of. */
  endWhatIsOver(found: readonly string[], nowMs: number): Incident[] {
    return this.#incidents.endWhatIsOver(found, nowMs);
  }

  /** The newest first. */
  incidents(): Incident[] {
    return this.#incidents.all();
  }

  // ---- the live feed -------------------------------------------------------------------------------

  /** What happens in a shard that was asked to tell. */
  // eslint-disable-next-line typescript/require-await -- as `ActivityListener` has it
  async happened(happenings: readonly Happening[], dropped: number): Promise<void> {
    this.#feed.add(happenings, dropped);
  }

  /** A stream of server-sent events (`live-feed.ts`); null: too many are watching. */
  live(lastId: string | null, filter: LiveFilter): ReadableStream<Uint8Array> | null {
    if (this.#feed.isFull) return null;
    this.#beat ??= setInterval(() => this.#onBeat(), LIVE_BEAT_MS);
    return this.#feed.open(lastId, filter, Date.now() + LIVE_STREAM_MS, this.#askShards());
  }

  #onBeat(): void {
    this.#feed.beat(Date.now());
    if (this.#feed.isWatched) this.ctx.waitUntil(this.#askShards());
    else if (this.#beat !== null) {
      clearInterval(this.#beat);
      this.#beat = null;
    }
  }

  /** Has every shard tell what happens for a while; one that cannot be asked is not seen, and no more. */
  async #askShards(): Promise<void> {
    const inbox = await InboxClient.open(this.env, configOf(this.env).config);
    const untilMs = Date.now() + LIVE_LEASE_MS;
    const asked = await Promise.allSettled(
      inbox.shardNames.map((name) =>
        inbox.ask(name, async (shard) => {
          await shard.watch(untilMs);
        }),
      ),
    );
    for (const [index, { status, ...answer }] of asked.entries())
      if (status === "rejected")
        fault("activity", "reason" in answer ? answer.reason : null, { shard: inbox.shardNames[index] });
  }

  /** Points of the charts in [from, to), in order. */
  points(step: "short" | "long", fromMs: number, toMs: number): TimedPoint[] {
    return this.#series.between(step, fromMs, toMs);
  }
}

/** The samples of a report, the last of them for all that were only counted. */
function happeningsOf({ source, reason, count, samples }: RefusedBatch): Happening[] {
  return samples.map(({ atMs }, index) => ({
    atMs,
    what: "refused",
    source,
    destination: null,
    outcome: "refused",
    reason,
    event: null,
    payment: null,
    status: null,
    durationMs: null,
    count: index === samples.length - 1 ? count - index : 1,
  }));
}
