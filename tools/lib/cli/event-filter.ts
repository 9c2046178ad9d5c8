/** The options that choose events, the same for a list and for bulk orders. */
import type { Command } from "commander";
import { instant } from "./arguments.ts";

export interface Filter {
  readonly source?: string;
  readonly type?: string;
  readonly state?: string;
  readonly destination?: string;
  readonly from?: string;
  readonly to?: string;
  readonly q?: string;
}

export function filtering(command: Command): Command {
  return command
    .option("--source <source>", "of this source, provider/account")
    .option("--type <type>", "of this type, payment.confirmed for example")
    .option("--state <state>", "in this state: pending, delivered, dead, quarantined …")
    .option("--destination <name>", "owed to this destination")
    .option(
      "--from <time>",
      "received since: 2026-10-01T12:00:00Z, or how long ago: 30m, 2h, 3d",
      readInstant,
    )
    .option("--to <time>", "received before", readInstant)
    .option("--q <text>", "with this text: an id, a reference, a transaction");
}

/** Commander hands the value before as a second argument, which `instant` would take for the time now. */
const readInstant = (text: string) => instant(text);

/** The filter alone, as a query or as a part of an order's body. */
export function filterOf({ source, type, state, destination, from, to, q }: Filter) {
  return Object.fromEntries(
    Object.entries({ source, type, state, destination, from, to, q }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as Record<string, string>;
}

/** The filter with an end: what comes while an order is counted, agreed to and carried out is not a part of it. */
export function filterUntil(nowMs: number, filter: Filter): Record<string, string> {
  return { to: new Date(nowMs + 1).toISOString(), ...filterOf(filter) };
}

/** Whether the command line chooses events at all: an order for all events there are must say so in some way. */
export const isChosen = (filter: Filter): boolean => Object.keys(filterOf(filter)).length > 0;
