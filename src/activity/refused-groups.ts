/**
 * Refused callbacks by source and reason: counted, and the newest of each kept. What floods one group pushes
 * nothing out of another; there are no more groups than configured sources times reasons.
 */
import { MAX_REFUSED_KEPT, REFUSED_KEPT_MS, REFUSED_WRITE_INTERVAL_MS } from "../limits.ts";
import type { RefusedReason } from "../reasons.ts";

/** One of them, with nothing secret in it. */
export interface RefusedCallback {
  readonly atMs: number;
  /** The v4 address or the v6 /64. */
  readonly address: string;
  /** Particulars of the reason, where it has any. */
  readonly detail: string | null;
  readonly contentType: string | null;
  /** Of the body; null: it was not read. */
  readonly bytes: number | null;
  /** The beginning of the body, secrets redacted; null: not read, or not to be told apart from its secrets. */
  readonly head: string | null;
}

/** What an isolate has refused of one source for one reason since its last report. */
export interface RefusedBatch {
  /** Null: no source has this address. */
  readonly source: string | null;
  readonly reason: RefusedReason;
  readonly count: number;
  /** Some of them, the oldest first. */
  readonly samples: readonly RefusedCallback[];
}

export interface RefusedGroup {
  readonly source: string | null;
  readonly reason: RefusedReason;
  /** Since the group was begun. */
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** The newest first. */
  readonly newest: readonly RefusedCallback[];
}

interface Kept {
  group: RefusedGroup;
  /** When it was last written (epoch ms); null: never. */
  writtenAtMs: number | null;
  /** There is more in it than was written. */
  isDirty: boolean;
}

export class RefusedGroups {
  readonly #sql: SqlStorage;
  readonly #groups = new Map<string, Kept>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const { data } of sql.exec<{ data: string }>("SELECT data FROM refused")) {
      const group = JSON.parse(data) as RefusedGroup;
      this.#groups.set(keyOf(group), { group, writtenAtMs: group.lastMs, isDirty: false });
    }
  }

  /** The last refused first. */
  all(): RefusedGroup[] {
    return [...this.#groups.values()].map(({ group }) => group).sort((a, b) => b.lastMs - a.lastMs);
  }

  /** Counts a batch. A new group is written at once; answers whether something is still to be written later. */
  add(batches: readonly RefusedBatch[], nowMs: number): boolean {
    let waits = false;
    for (const batch of batches) {
      const known = this.#groups.get(keyOf(batch));
      const kept = known ?? { group: emptyGroup(batch, nowMs), writtenAtMs: null, isDirty: true };
      const newest = [...batch.samples].toReversed();
      kept.group = {
        ...kept.group,
        count: kept.group.count + batch.count,
        lastMs: nowMs,
        newest: [...newest, ...kept.group.newest].slice(0, MAX_REFUSED_KEPT),
      };
      kept.isDirty = true;
      this.#groups.set(keyOf(batch), kept);
      const isDue = kept.writtenAtMs === null || nowMs - kept.writtenAtMs >= REFUSED_WRITE_INTERVAL_MS;
      if (isDue) this.#write(kept, nowMs);
      else waits = true;
    }
    return waits;
  }

  /** Writes what has not been written yet, and forgets what nobody has been refused for in a long time. */
  flush(nowMs: number): void {
    for (const [key, kept] of this.#groups) {
      const { source, reason, lastMs } = kept.group;
      if (lastMs < nowMs - REFUSED_KEPT_MS) {
        this.#groups.delete(key);
        this.#sql.exec("DELETE FROM refused WHERE source = ? AND reason = ?", source ?? "", reason);
      } else if (kept.isDirty) this.#write(kept, nowMs);
    }
  }

  #write(kept: Kept, nowMs: number): void {
    const { source, reason } = kept.group;
    this.#sql.exec(
      "INSERT INTO refused (source, reason, data) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data",
      source ?? "",
      reason,
      JSON.stringify(kept.group),
    );
    kept.writtenAtMs = nowMs;
    kept.isDirty = false;
  }
}

function keyOf({ source, reason }: Pick<RefusedGroup, "source" | "reason">): string {
  return `${source ?? ""}|${reason}`;
}

function emptyGroup({ source, reason }: RefusedBatch, nowMs: number): RefusedGroup {
  return { source, reason, count: 0, firstMs: nowMs, lastMs: nowMs, newest: [] };
}
