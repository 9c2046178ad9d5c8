/** What the pages about payments ask of the API. */
import type { EventDetailJson } from "../api/operations/schemas.ts";
import { instantFrom, type FilterValues } from "./parts/filters.tsx";
import type { Query, Relay } from "./relay.ts";

/** A filter of the console as the API takes it. */
export function queryOf({ from, ...filter }: FilterValues, nowMs: number): Query {
  return { ...filter, from: instantFrom(from, nowMs) };
}

/** Everything of `pay_…`, or the one event `evt_…`; null: there is no such thing. */
export async function eventsOf(
  relay: Relay,
  id: string,
): Promise<readonly [EventDetailJson, ...EventDetailJson[]] | null> {
  if (id.startsWith("evt_")) {
    const found = await relay.event(id);
    return found.ok ? [found.view] : null;
  }
  const found = await relay.payment(id);
  const [first, ...rest] = found.ok ? found.view.events : [];
  return first === undefined ? null : [first, ...rest];
}
