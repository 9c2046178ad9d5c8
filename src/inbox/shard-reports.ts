/**
 * What one shard tells the Activity object of its work, after it is on disk: what happened (while somebody watches),
 * what was measured, and which alerts were raised. Nothing here decides anything, and a listener that fails is
 * noticed by whoever looks at charts, and by nobody else.
 */
import { fault } from "../log.ts";
import type { Raised } from "./alerts.ts";
import { LiveReports, type Happening, type LiveListener } from "./live-reports.ts";
import { MeasureReports, type MeasureListener } from "./measure-reports.ts";
import { MeasureBook, type Measures } from "./measures.ts";
import type { Acceptance, Accepted, Result, SetAside, SettingAside } from "./protocol.ts";

export type ActivityListener = LiveListener & MeasureListener;

export class ShardReports {
  readonly #measures = new MeasureBook();
  readonly #measureReports: MeasureReports;
  readonly #live: LiveReports;
  readonly #listener: () => ActivityListener | null;
  readonly #waitUntil: (work: Promise<unknown>) => void;

  /**
   * @param listener a new stub every time: one that has failed goes on failing
   * @param waitUntil keeps the object alive for what it tells in the background
   */
  constructor(listener: () => ActivityListener | null, waitUntil: (work: Promise<unknown>) => void) {
    this.#listener = listener;
    this.#waitUntil = waitUntil;
    this.#live = new LiveReports(listener);
    this.#measureReports = new MeasureReports(this.#measures, listener);
  }

  /** @param untilMs what happens is told until then (epoch ms) */
  watch(untilMs: number): void {
    this.#live.watch(untilMs);
  }

  /** What was measured since the last call. */
  takeMeasures(): Measures {
    return this.#measures.take();
  }

  /** An event was taken in, or known. Of what an operator released no time is measured: it waited for a person. */
  accepted({ source, event, released }: Acceptance, accepted: Accepted): void {
    const nowMs = Date.now();
    const { payment_id: payment, received_at: receivedAt } = event.data;
    if (released === null) {
      this.#measures.accepted(source, Date.parse(receivedAt), nowMs);
      // A first attempt reports back soon, and what it has measured is told with this.
      if (accepted.outcome !== "accepted" || accepted.attempts.length === 0)
        this.#measureReports.note("accepted");
    }
    const { outcome, eventId } = accepted;
    const reason = "reason" in accepted ? accepted.reason : null;
    this.#tell(nowMs, { what: "callback", source, outcome, reason, event: eventId, payment });
  }

  /** A callback that has no event was kept, or there was no room for it. */
  setAside({ source, why }: SettingAside, kept: SetAside): void {
    const event = kept.outcome === "full" ? null : kept.eventId;
    this.#tell(Date.now(), { what: "callback", source, outcome: kept.outcome, reason: why.reason, event });
  }

  /**
   * A delivery was attempted, and the attempt is settled.
   *
   * @param receivedAtMs when the event that it delivered had been received (epoch ms); null: it delivered none
   */
  attempted(result: Result, receivedAtMs: number | null): void {
    const { reference, attempt, outcome } = result;
    this.#measures.attempted(result, receivedAtMs);
    this.#measureReports.note("attempted");
    const { event, payment, destination } = reference;
    const { status, error, durationMs } = attempt;
    const told = { outcome: outcome.kind, reason: error, event, payment, destination, status, durationMs };
    this.#tell(Date.now(), { what: "delivery", ...told });
  }

  /** For the list of incidents; the message of each is owed like an event, and does not depend on it. */
  raised(alerts: readonly Raised[]): void {
    if (alerts.length > 0) this.#waitUntil(this.#tellRaised(alerts));
  }

  async #tellRaised(alerts: readonly Raised[]): Promise<void> {
    try {
      await this.#listener()?.raised(alerts);
    } catch (error) {
      fault("raised", error);
    }
  }

  #tell(atMs: number, happening: Pick<Happening, "what" | "outcome"> & Partial<Happening>): void {
    if (!this.#live.isWatched(atMs)) return;
    const nothing = { source: null, destination: null, reason: null, event: null, payment: null };
    const told = this.#live.tell([
      { ...nothing, status: null, durationMs: null, count: 1, atMs, ...happening },
    ]);
    if (told) this.#waitUntil(told);
  }
}
