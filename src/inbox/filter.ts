/** Which events a list or an order is about, and whether an event is one of them. Pure. */
import type { EventHead } from "./store/rows.ts";

/** What an event looks like from outside: where its least fortunate delivery stands, or its own outcome. */
export type ShownState =
  | "pending"
  | "delivered"
  | "parked"
  | "dead"
  /** Owed to nobody: no destination wanted it. */
  | "unrouted"
  | "superseded"
  | "conflicting"
  | "deferred"
  | "quarantined"
  | "released"
  | "refused"
  | "dismissed";

/** What is wanted: one value, or any of several; `ipay/*` and `payment.*` are all of a family. */
export type Wanted<T extends string = string> = T | readonly T[];

export interface EventFilter {
  readonly source?: Wanted | undefined;
  readonly type?: Wanted | undefined;
  readonly state?: Wanted<ShownState> | undefined;
  readonly destination?: Wanted | undefined;
  /** Why it was set aside, by the first part of the reason; with `!` in front: none of these. */
  readonly reasons?: Wanted | undefined;
  /** Epoch ms, inclusive. */
  readonly from?: number | undefined;
  /** Epoch ms, exclusive. */
  readonly to?: number | undefined;
  /** Only what a replay would do something about. */
  readonly replayable?: boolean | undefined;
  /** Only what waits for a person: dead, parked, quarantined, or set aside with a warning; not dismissed. */
  readonly needsPerson?: boolean | undefined;
  /** Only what can be released as a payment of its own. */
  readonly releasable?: boolean | undefined;
  /** Any text: an id, a reference, a transaction. */
  readonly q?: string | undefined;
}

/** A delivery as it is seen: `parked` is what is pending while its destination is held back. */
export interface ShownDelivery {
  readonly destination: string;
  readonly state: "pending" | "delivered" | "parked" | "dead" | "dismissed" | "none";
  readonly sequence: number | null;
  readonly due: number | null;
  readonly attempts: number;
}

export interface ListedEvent extends EventHead {
  readonly shown: ShownState;
  readonly deliveries: readonly ShownDelivery[];
}

/** Does the event agree with everything that can be seen in a list? */
export function agrees(filter: EventFilter, event: ListedEvent): boolean {
  const { source, type, state, destination, from, to, replayable } = filter;
  return (
    isWanted(source, event.source) &&
    isWanted(type, event.type) &&
    isWanted(state, event.shown) &&
    isForReason(filter.reasons, event.reason) &&
    (destination === undefined ||
      event.deliveries.some((delivery) => isWanted(destination, delivery.destination))) &&
    (from === undefined || event.received_at >= from) &&
    (to === undefined || event.received_at < to) &&
    (replayable !== true || canBeReplayed(event)) &&
    // What a person has given up is sent again only when it is asked for as such.
    (replayable !== true ||
      event.dismissed === null ||
      (state !== undefined && isWanted(state, "dismissed"))) &&
    (filter.needsPerson !== true || needsPerson(event)) &&
    (filter.releasable !== true || ["superseded", "quarantined", "conflicting"].includes(event.state))
  );
}

/** What is wanted, as a list; undefined has none. */
export function allOf<T extends string>(wanted: Wanted<T> | undefined): readonly T[] {
  if (wanted === undefined) return [];
  return typeof wanted === "string" ? [wanted] : wanted;
}

/** Is this value among those wanted? Undefined wants all. */
export function isWanted(wanted: Wanted | undefined, value: string | null): boolean {
  if (wanted === undefined) return true;
  return allOf(wanted).some((one) =>
    one.endsWith("*") ? (value?.startsWith(one.slice(0, -1)) ?? false) : value === one,
  );
}

/** `duplicate_key:/status` is for `duplicate_key`. */
function isForReason(wanted: Wanted | undefined, reason: string | null): boolean {
  if (wanted === undefined) return true;
  const first = reason?.split(":")[0];
  const all = allOf(wanted);
  const some = all.filter((one) => !one.startsWith("!"));
  if (all.includes(`!${first}`)) return false;
  return some.length === 0 || (first !== undefined && some.includes(first));
}

/** Does it wait for a person? What was dismissed does not any more. */
export function needsPerson({ shown, warnings }: ListedEvent): boolean {
  if (shown === "superseded") return warnings !== "[]";
  return ["dead", "parked", "quarantined", "conflicting"].includes(shown);
}

/** Forwarded to somebody, or still to be verified: there is something to send, or to ask, again. */
function canBeReplayed({ state, deliveries }: ListedEvent): boolean {
  return (state === "accepted" || state === "deferred") && deliveries.length > 0;
}
