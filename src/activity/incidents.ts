/**
 * Incidents: one for each trouble and what it is about, however many shards notice it, from the first alert until it is
 * over. Which of the shards' alerts become messages is decided here: the first of an incident, one when it is over, and
 * in between one in a quarter of an hour where each is news of its own.
 */
import { endedBy, SEVERITIES, subjectOf, type AlertName, type Severity } from "../alert.ts";
import type { Raised } from "../inbox/alerts.ts";
import { ALERT_QUIET_MS, ALERT_REPEAT_MS, INCIDENT_KEPT_MS, MAX_INCIDENTS } from "../limits.ts";
import type { LogFields } from "../log.ts";

export interface Incident {
  /** In the order they were opened. */
  readonly n: number;
  readonly about: AlertName;
  /** The destination, source or other name it is about; empty: the whole. */
  readonly subject: string;
  readonly severity: Severity;
  /** All epoch ms; null: it is open. */
  readonly openedMs: number;
  readonly lastMs: number;
  readonly closedMs: number | null;
  /** How often it was raised. */
  readonly count: number;
  /** Shards in which it is open. */
  readonly shards: readonly string[];
  /** Of the last alert. */
  readonly fields: LogFields;
  /** The alert that was sent as its message; null: none was. */
  readonly saidBy: string | null;
  readonly saidMs: number | null;
  /** The same of the message that it is over. */
  readonly closedBy: string | null;
}

/** What is open as long as the monitor finds it; it ends when the monitor does not. */
const FOUND: ReadonlySet<AlertName> = new Set<AlertName>([
  "silence",
  "owed_long",
  "deferred_long",
  "ledger_remainder",
  "shard_unreachable",
  "refused_surge",
  "storage",
  "breaker_open",
  "destination_gone",
]);
/** What ends by an alert of its own and never by itself. */
const LASTING: ReadonlySet<AlertName> = new Set<AlertName>(["configuration"]);

export class Incidents {
  readonly #sql: SqlStorage;
  #incidents: Incident[];

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#incidents = sql
      .exec<{ data: string }>("SELECT data FROM incidents ORDER BY n")
      .toArray()
      .map(({ data }) => JSON.parse(data) as Incident);
  }

  /** The newest first. */
  all(): Incident[] {
    return this.#incidents.toReversed();
  }

  raise({ about, fields, shard }: Raised, nowMs: number): void {
    if (about === "resolved") return;
    const ended = endedBy(about, fields);
    if (ended !== undefined) return this.#end(ended, fields, shard, nowMs);
    const subject = subjectOf(fields);
    const open = this.#openOf(about, subject);
    const before = open ?? this.#begin(about, subject, nowMs);
    const shards = [...new Set([...before.shards, shard])];
    this.#put({ ...before, count: before.count + 1, lastMs: nowMs, fields, shards });
  }

  /** Is this alert (`alr_…`) to be sent? The answer is the same however often it is asked. */
  admit(alert: string, raised: Raised, nowMs: number): boolean {
    const { about, fields } = raised;
    const ended = endedBy(about, fields);
    if (ended !== undefined) return this.#admitEnd(alert, ended, fields);
    const find = () => this.#openOf(about, subjectOf(fields)) ?? this.#lastSince(raised);
    // What its shard could not tell us is news all the same.
    if (!find()) this.raise(raised, nowMs);
    const incident = find();
    if (incident && isOverAndDone(incident)) return false;
    if (!incident || incident.saidBy === alert) return true;
    const isFirst = incident.saidBy === null;
    const isNews = !FOUND.has(about) && nowMs - (incident.saidMs ?? 0) >= ALERT_REPEAT_MS;
    if (!isFirst && !isNews) return false;
    this.#put({ ...incident, saidBy: alert, saidMs: nowMs });
    return true;
  }

  /**
   * Ends what is over and has no alert that says so: what the monitor finds no more, and what has been quiet for long.
   * Answers those of them that somebody was told of.
   *
   * @param found `about|subject` of everything the monitor finds
   */
  endWhatIsOver(found: readonly string[], nowMs: number): Incident[] {
    const over = this.#incidents.filter((incident) => {
      const { about, subject, closedMs, lastMs } = incident;
      if (closedMs !== null || LASTING.has(about)) return false;
      return FOUND.has(about) ? !found.includes(`${about}|${subject}`) : nowMs - lastMs >= ALERT_QUIET_MS;
    });
    for (const incident of over) this.#put({ ...incident, closedMs: nowMs, shards: [] });
    this.#forgetOld(nowMs);
    return over.filter(({ saidBy }) => saidBy !== null);
  }

  /** Over when no shard has it any more. */
  #end(about: AlertName, fields: LogFields, shard: string, nowMs: number): void {
    const open = this.#openOf(about, subjectOf(fields));
    if (!open) return;
    const shards = open.shards.filter((name) => name !== shard);
    this.#put({ ...open, shards, closedMs: shards.length === 0 ? nowMs : null });
  }

  #admitEnd(alert: string, about: AlertName, fields: LogFields): boolean {
    const incident = this.#openOf(about, subjectOf(fields)) ?? this.#lastOf(about, subjectOf(fields));
    // Of one that is not known any more, somebody may have been told.
    if (!incident || incident.closedBy === alert) return true;
    if (incident.closedMs === null || incident.saidBy === null || incident.closedBy !== null) return false;
    this.#put({ ...incident, closedBy: alert });
    return true;
  }

  #openOf(about: AlertName, subject: string): Incident | undefined {
    return this.#incidents.findLast(
      (one) => one.about === about && one.subject === subject && one.closedMs === null,
    );
  }

  /** The last one that was not over yet when this was raised: what was raised later is another trouble. */
  #lastSince({ about, fields }: Raised): Incident | undefined {
    const last = this.#lastOf(about, subjectOf(fields));
    const closedMs = last?.closedMs ?? Number.POSITIVE_INFINITY;
    return closedMs < Date.parse(String(fields.at)) ? undefined : last;
  }

  #lastOf(about: AlertName, subject: string): Incident | undefined {
    return this.#incidents.findLast((one) => one.about === about && one.subject === subject);
  }

  #begin(about: AlertName, subject: string, nowMs: number): Incident {
    return {
      n: (this.#incidents.at(-1)?.n ?? 0) + 1,
      about,
      subject,
      severity: SEVERITIES[about],
      openedMs: nowMs,
      lastMs: nowMs,
      closedMs: null,
      count: 0,
      shards: [],
      fields: {},
      saidBy: null,
      saidMs: null,
      closedBy: null,
    };
  }

  #put(incident: Incident): void {
    const at = this.#incidents.findIndex(({ n }) => n === incident.n);
    if (at === -1) this.#incidents.push(incident);
    else this.#incidents[at] = incident;
    this.#sql.exec(
      "INSERT INTO incidents (n, data) VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data",
      incident.n,
      JSON.stringify(incident),
    );
  }

  #forgetOld(nowMs: number): void {
    const surplus = this.#incidents.length - MAX_INCIDENTS;
    const old = this.#incidents.filter(
      ({ closedMs }, index) => closedMs !== null && (closedMs < nowMs - INCIDENT_KEPT_MS || index < surplus),
    );
    for (const { n } of old) this.#sql.exec("DELETE FROM incidents WHERE n = ?", n);
    this.#incidents = this.#incidents.filter((incident) => !old.includes(incident));
  }
}

/**
 * Over, with nobody to be told of it any more: a message that it has begun would never be followed by one that it is
 * over. Of what is news by itself, a dead letter say, that is said all the same.
 */
function isOverAndDone({ about, closedMs, closedBy, saidBy }: Incident): boolean {
  if (closedMs === null || !(FOUND.has(about) || LASTING.has(about))) return false;
  return saidBy === null || closedBy !== null;
}
