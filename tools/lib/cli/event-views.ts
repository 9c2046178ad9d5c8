/** Events as a person reads them in a terminal. Pure. */
import type { EventDetailJson, ListedEventJson } from "../../../src/api/operations/schemas.ts";
import { table } from "../text.ts";
import { type Io, paint, type Style } from "./io.ts";

type Colours = Pick<Io, "hasColours">;

const STATE_STYLES: Readonly<Record<string, Style>> = {
  delivered: "green",
  pending: "cyan",
  deferred: "cyan",
  dead: "red",
  parked: "yellow",
  quarantined: "yellow",
  conflicting: "yellow",
};

/** A text from outside on one line: what is no character to be seen could order the terminal about. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

export function stateText(io: Colours, state: string): string {
  const style = STATE_STYLES[state];
  return style === undefined ? printable(state) : paint(io, style, state);
}

export function eventTable(io: Colours, events: readonly ListedEventJson[], cursor: string | null): string {
  if (events.length === 0) return "no event is like that";
  const rows = events.map((event) => [
    shortTime(event.received_at),
    event.id,
    printable(event.source),
    printable(event.type ?? "-"),
    stateText(io, event.state),
    printable(remarks(event).join(", ")),
  ]);
  const list = table(["received", "event", "source", "type", "state", ""], rows);
  return withMore(list, cursor);
}

/** A list that is one page of it; `cursor` null: it is the last. */
export function withMore(list: string, cursor: string | null): string {
  return cursor === null ? list : `${list}\n\nthere is more: --limit, or --cursor ${cursor}`;
}

/** Seconds are enough in a list. */
function shortTime(rfc3339: string): string {
  return printable(rfc3339.replace(/\.\d+Z$/, "Z"));
}

/** What there is to say about an event besides its state. */
function remarks(event: ListedEventJson): string[] {
  const waiting = event.deliveries.flatMap(({ destination, state, attempts, due }) =>
    state === "delivered"
      ? []
      : [
          `${destination}: ${state}${attempts === 0 ? "" : ` after ${attempts}`}${due ? `, due ${shortTime(due)}` : ""}`,
        ],
  );
  return [
    // A repeat that says something else is set aside by the reason that is its warning as well.
    ...new Set([...(event.reason === null ? [] : [event.reason]), ...event.warnings]),
    ...(event.duplicates === 0 ? [] : [`${event.duplicates} repeats`]),
    ...(event.became === null ? [] : [`became ${event.became}`]),
    ...(event.dismissed === null ? [] : [`dismissed by ${event.dismissed.by}: ${event.dismissed.reason}`]),
    ...waiting,
  ];
}

export function detailText(io: Colours, event: EventDetailJson): string {
  const data = event.event?.data;
  const amount = data?.amount;
  const facts: [string, string | null | undefined][] = [
    ["payment", event.payment_id],
    ["source", event.source],
    ["received", event.received_at],
    ["type", event.type],
    ["reference", data?.merchant_reference],
    ["amount", amount && [amount.value, amount.currency, amount.network].filter(Boolean).join(" ")],
    ["sequence", data?.sequence.toString()],
    ["verified", data && [data.verification.method, data.verification.key].filter(Boolean).join(" by ")],
    ["remarks", remarks(event).join(", ")],
    ["released from", event.released_from],
  ];
  const lines = facts.flatMap(([name, value]) => (value ? [`  ${name.padEnd(14)}${printable(value)}`] : []));
  const callback = event.callback;
  return [
    `${paint(io, "bold", event.id)}  ${stateText(io, event.state)}`,
    ...lines,
    ...(callback === null
      ? []
      : [
          "",
          "  the callback, as it was kept:",
          `  ${callback.method} ${printable(callback.body ?? callback.query)}`,
        ]),
    ...(event.attempts.length === 0 ? [] : ["", attemptTable(io, event)]),
  ].join("\n");
}

function attemptTable(io: Colours, { attempts }: EventDetailJson): string {
  const rows = attempts.map(({ destination, attempt, at, duration_ms, status, error, answer }) => [
    printable(destination),
    String(attempt),
    shortTime(at),
    `${duration_ms} ms`,
    paint(io, status !== null && status < 300 ? "green" : "red", printable(String(status ?? error ?? "?"))),
    printable(answer ?? ""),
  ]);
  return table(["destination", "attempt", "at", "took", "result", "answer"], rows);
}
