/**
 * What this isolate refuses, gathered, logged, and reported to the Activity object at most once a second: a flood
 * costs a call and a few lines a second, not one each, and only the first few of a report are kept whole.
 */
import { activityOf, type ActivityBindings } from "../activity/client.ts";
import type { RefusedBatch, RefusedCallback } from "../activity/refused-groups.ts";
import {
  MAX_REFUSED_CONTENT_TYPE_CHARS,
  MAX_REFUSED_HEAD_CHARS,
  MAX_REFUSED_LINES,
  MAX_REFUSED_SAMPLES,
  REFUSED_REPORT_INTERVAL_MS,
  REFUSED_REPORT_TIMEOUT_MS,
} from "../limits.ts";
import { fault, log } from "../log.ts";
import type { Callback } from "../providers/callback.ts";
import { redact } from "../providers/redact.ts";
import type { Source } from "../providers/source.ts";
import { because, type Because, type RefusedReason } from "../reasons.ts";
import { addressOf } from "./caller.ts";

interface Gathered {
  readonly source: string | null;
  readonly reason: RefusedReason;
  count: number;
  readonly samples: RefusedCallback[];
}

export interface RefusedRequest {
  readonly source: Source | null;
  readonly why: Because<RefusedReason> & { readonly skewSeconds?: number | undefined };
  readonly request: Request;
  /** Null: its body was not read. */
  readonly callback: Callback | null;
}

/** As a class for tests: the Worker has one, `refusedReports`. */
export class RefusedReports {
  #gathered = new Map<string, Gathered>();
  /** Until when a report under way, or the pause after it, keeps the next one back (epoch ms). */
  #busyUntilMs = 0;

  /** Never throws; what is reported is reported after the reply. */
  add(refused: RefusedRequest, env: ActivityBindings, ctx: Pick<ExecutionContext, "waitUntil">): void {
    const { source, why } = refused;
    const count = this.#gather(refused, Date.now());
    if (count <= MAX_REFUSED_LINES)
      log("refused", { source: source?.name ?? null, reason: because(why), skewSeconds: why.skewSeconds });
    if (Date.now() < this.#busyUntilMs) return;
    // Until the report says otherwise: one whose Worker dies must not keep the next ones back for ever.
    this.#busyUntilMs = Date.now() + REFUSED_REPORT_TIMEOUT_MS;
    ctx.waitUntil(this.#report(env));
  }

  /** @returns how many like it there are since the last report, itself included */
  #gather({ source, why, request, callback }: RefusedRequest, nowMs: number): number {
    const name = source?.name ?? null;
    const key = `${name ?? ""}|${why.reason}`;
    const known = this.#gathered.get(key);
    const gathered = known ?? { source: name, reason: why.reason, count: 0, samples: [] };
    if (!known) this.#gathered.set(key, gathered);
    gathered.count += 1;
    if (gathered.samples.length < MAX_REFUSED_SAMPLES)
      gathered.samples.push({
        atMs: nowMs,
        address: addressOf(request),
        detail: why.detail === undefined ? null : because(why),
        ...describe(source, request, callback),
      });
    return gathered.count;
  }

  /** As in a new isolate. */
  clear(): void {
    this.#gathered.clear();
  }

  /** Sends what there is; what comes meanwhile waits a second, so that the end of a flood is reported too. */
  async #report(env: ActivityBindings): Promise<void> {
    try {
      while (this.#gathered.size > 0) {
        const batches: RefusedBatch[] = [...this.#gathered.values()];
        this.#gathered = new Map();
        logTheOthers(batches);
        await activityOf(env)?.refused(batches);
        await scheduler.wait(REFUSED_REPORT_INTERVAL_MS);
      }
    } catch (error) {
      fault("refused_reports", error);
    } finally {
      this.#busyUntilMs = 0;
    }
  }
}

/** Of this isolate. */
export const refusedReports = new RefusedReports();

/** How many there were beside those that have a line of their own. */
function logTheOthers(batches: readonly RefusedBatch[]): void {
  for (const { source, reason, count } of batches)
    if (count > MAX_REFUSED_LINES) log("refused", { source, reason, others: count - MAX_REFUSED_LINES });
}

/** What can be shown of it. Never the path, the query or a header of the sender's but the type: they may be secret. */
function describe(
  source: Source | null,
  request: Request,
  callback: Callback | null,
): Pick<RefusedCallback, "contentType" | "bytes" | "head"> {
  const contentType = request.headers.get("content-type")?.slice(0, MAX_REFUSED_CONTENT_TYPE_CHARS) ?? null;
  if (!source || !callback) return { contentType, bytes: null, head: null };
  const text = redact({ bytes: callback.body, contentType: callback.contentType }, source.redact)?.text;
  return {
    contentType,
    bytes: callback.body.byteLength,
    head: text?.slice(0, MAX_REFUSED_HEAD_CHARS) ?? null,
  };
}
