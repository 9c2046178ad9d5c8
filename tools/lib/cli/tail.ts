/** `relay tail`: what happens, as it happens. */
import { setTimeout as delay } from "node:timers/promises";
import { wholeNumber } from "./arguments.ts";
import { printable, stateText } from "./event-views.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import { connecting, type Connected, type Frame } from "./frame.ts";
import { type Io, paint } from "./io.ts";
import { connect, type RelayApi } from "./relay-api.ts";
import { serverSentEvents } from "./server-sent-events.ts";

type Options = Connected<{
  readonly what?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly count?: number;
}> & { readonly json: boolean };

/** What the feed says of a callback, an attempt or a refusal. */
interface Happening {
  readonly at: string;
  readonly source: string | null;
  readonly destination: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly event: string | null;
  readonly status: number | null;
  readonly duration_ms: number | null;
  readonly count: number;
}

/** Before a line that was lost is opened again. */
const AGAIN_MS = 1_000;
/** A relay that is being deployed is back by then. */
const MAX_FAILURES = 30;

export function addTail(frame: Frame): void {
  const { io } = frame;
  frame.add<Options>(
    "tail",
    "Watch callbacks, attempts and refusals as they happen, until Ctrl-C; --json: a line each",
    (command) =>
      connecting(command)
        .option("--what <kinds>", "only these: callback,delivery,refused")
        .option("--source <sources>", "only of these; ipay/* is every account")
        .option("--destination <names>", "only to these")
        .option("--count <n>", "end after so many", wholeNumber(1)),
    async (options) => await watch(io, connect(io, options), options),
    ["tail", "tail --source 'ipay/*' --what callback,refused", "tail --destination crm --count 10 --json"],
  );
}

/** Goes on where it was when the line ends, which the relay does every ten minutes. */
async function watch(io: Io, api: RelayApi, options: Options): Promise<number> {
  const { what, source, destination, count = Number.POSITIVE_INFINITY } = options;
  const seen = { count: 0, last: undefined as string | undefined };
  for (let failures = 0; ;) {
    try {
      const query = { what, source, destination, after: seen.last };
      for await (const { event, id, data } of serverSentEvents(await api.stream("/api/tail", query))) {
        failures = 0;
        const said = JSON.parse(data) as Happening & {
          readonly position?: string;
          readonly dropped?: number;
        };
        seen.last = id ?? said.position ?? seen.last;
        if (event === "ready") continue;
        show(io, options.json, event, said);
        if (event !== "gap") seen.count += 1;
        if (seen.count >= count) return EXIT.ok;
      }
    } catch (error) {
      failures += 1;
      // A first answer tells whether there is anything to watch; afterwards a line may break.
      const isOver = seen.last === undefined || failures > MAX_FAILURES;
      if (isOver || (error instanceof CliError && error.exitCode !== EXIT.unreachable)) throw error;
      io.err(paint(io, "yellow", `the line was lost (${(error as Error).message}); once more …`));
    }
    await delay(AGAIN_MS);
  }
}

function show(io: Io, isJson: boolean, event: string, said: Happening & { readonly dropped?: number }): void {
  if (isJson) io.out(JSON.stringify({ what: event, ...said }));
  else if (event === "gap") io.out(paint(io, "yellow", `… ${said.dropped ?? "some"} happenings were missed`));
  else io.out(lineOf(io, event, said));
}

const OUTCOME_STYLES: Readonly<Record<string, "green" | "red" | "yellow">> = {
  accepted: "green",
  refused: "red",
  failed: "red",
  retry: "yellow",
};

/** Pure. */
export function lineOf(io: Pick<Io, "hasColours">, event: string, said: Happening): string {
  const style = OUTCOME_STYLES[said.outcome];
  const outcome = style === undefined ? stateText(io, said.outcome) : paint(io, style, said.outcome);
  const more = [
    said.status === null ? null : String(said.status),
    said.duration_ms === null ? null : `${Math.round(said.duration_ms)} ms`,
    said.reason,
    said.event,
    said.count > 1 ? `×${said.count}` : null,
  ];
  const time = said.at.slice("2026-10-01T".length, "2026-10-01T12:00:00".length);
  const about = said.destination ?? said.source ?? "-";
  return [
    time,
    event.padEnd(8),
    printable(about).padEnd(24),
    outcome,
    ...more.flatMap((one) => (one === null ? [] : printable(one))),
  ].join("  ");
}
