/** What the monitor finds in the Activity object, and what is over: each incident that somebody was told of ends with a message. */
import type { Incident } from "./activity/incidents.ts";
import type { ActivityStub } from "./activity/client.ts";
import { subjectOf, type AlertName } from "./alert.ts";
import { DATABASE_ALERT_BYTES, REFUSED_SURGE } from "./limits.ts";
import type { LogFields } from "./log.ts";
import type { RefusedReason } from "./reasons.ts";

/** Something to be told, with what it is about. */
export interface Found {
  readonly about: AlertName;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Reasons that speak of a secret, an address or a clock that has changed, rather than of a stranger. */
const TELLING: ReadonlySet<RefusedReason> = new Set<RefusedReason>([
  "bad_signature",
  "bad_token",
  "missing_signature",
  "malformed_signature",
  "stale",
  "bad_timestamp",
  "ip",
  "merchant",
]);

/** Sources of which many callbacks were refused since charts were last added to. */
export async function surges(activity: ActivityStub): Promise<Found[]> {
  const [groups, recorded] = await Promise.all([activity.refusedGroups(), activity.recorded()]);
  return groups.flatMap(({ source, reason, count }): Found[] => {
    if (source === null || !TELLING.has(reason) || !recorded) return [];
    const refused = count - (recorded.refused[source]?.[reason] ?? 0);
    return refused < REFUSED_SURGE ? [] : [{ about: "refused_surge", fields: { source, reason, refused } }];
  });
}

/** Databases that are near the platform's limit. */
export function fullDatabases(shards: readonly { readonly name: string; readonly bytes: number }[]): Found[] {
  return shards.flatMap(({ name: shard, bytes }): Found[] =>
    bytes < DATABASE_ALERT_BYTES ? [] : [{ about: "storage", fields: { shard, bytes } }],
  );
}

export function keyOf({ about, fields }: { readonly about: AlertName; readonly fields: LogFields }): string {
  return `${about}|${subjectOf(fields)}`;
}

/** The message that it is over, under the name of what it was about. */
export function resolved({ about, openedMs, count, fields }: Incident): Found {
  const named = ["destination", "source", "name", "shard"].flatMap((key) => {
    const value = fields[key];
    return typeof value === "string" ? [[key, value] as const] : [];
  });
  const opened = new Date(openedMs).toISOString();
  return { about: "resolved", fields: { was: about, opened, count, ...Object.fromEntries(named) } };
}
