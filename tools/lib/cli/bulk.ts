/** Orders for many events: count first, ask, then carry out and show how far it is. */
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { type Filter, filterOf, isChosen } from "./event-filter.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import { type Io, show } from "./io.ts";
import { printable } from "./event-views.ts";
import type { RelayApi } from "./relay-api.ts";

export interface BulkOptions extends Filter {
  readonly json: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function inBulk(command: Command): Command {
  return command
    .option("--dry-run", "only count what the order would be about")
    .option("--yes", "do not ask");
}

/** How often a bulk replay is asked how far it is. */
const POLL_MS = 500;
/** The relay's own bound of one bulk order. */
const MAX_AT_ONCE = 200;

/** How many events the order is about; null when nothing is to be done: only counted, or there are none. */
async function agreedCount(
  io: Io,
  api: RelayApi,
  order: { readonly path: string; readonly verb: string; readonly body: object },
  options: BulkOptions,
): Promise<number | null> {
  if (!isChosen(options)) {
    throw new CliError(
      EXIT.usage,
      "which events? Give an id, or choose some with --source, --state, --from …",
    );
  }
  const { matching } = await api.post<{ matching: number }>(order.path, { ...order.body, dry_run: true });
  if (options.dryRun || matching === 0) {
    show(io, options.json, { matching, done: false }, () =>
      matching === 0 ? "nothing is like that" : `${matching} events would be ${order.verb}`,
    );
    return null;
  }
  await agree(io, `${matching} events will be ${order.verb} at ${api.url.host}. Go on?`, options.yes);
  return matching;
}

/** Asks before something is done that cannot be taken back. */
export async function agree(io: Io, question: string, isAgreed: boolean | undefined): Promise<void> {
  if (isAgreed) return;
  if (!io.canAsk) throw new CliError(EXIT.declined, `${question} Nobody is there to ask: give --yes`);
  if (!(await io.confirm(question))) throw new CliError(EXIT.declined, "nothing was done");
}

interface ReplayJob {
  readonly id: string;
  readonly state: "running" | "finished" | "canceled";
  readonly replayed: number;
  readonly total: number;
}

/** A bulk replay: the relay carries it out by itself, and we look on. */
export async function replayMany(
  io: Io,
  api: RelayApi,
  options: BulkOptions & { readonly perSecond?: number; readonly wait: boolean },
): Promise<number> {
  if (options.from === undefined) throw new CliError(EXIT.usage, "a bulk replay needs a beginning: --from");
  const body = {
    ...filterOf(options),
    ...(options.perSecond === undefined ? {} : { per_second: options.perSecond }),
  };
  const order = { path: "/api/replays", verb: "sent again", body };
  if ((await agreedCount(io, api, order, options)) === null) return EXIT.ok;
  let job = await api.post<ReplayJob>("/api/replays", body);
  while (options.wait && job.state === "running") {
    io.progress(`${job.replayed} of ${job.total} handed over …`);
    await delay(POLL_MS);
    job = await api.get<ReplayJob>(`/api/replays/${job.id}`);
  }
  io.progress(null);
  const last = job;
  show(
    io,
    options.json,
    last,
    () => `${last.id}: ${last.state}, ${last.replayed} of ${last.total} sent again`,
  );
  return last.state === "canceled" ? EXIT.problems : EXIT.ok;
}

interface BulkAnswer {
  readonly succeeded: number;
  readonly failed: number;
  readonly failures: readonly { readonly id: string; readonly error: string }[];
  readonly more: boolean;
  /** How many the filter finds afterwards, those that failed among them. */
  readonly remaining: number;
}

/** Releases or dismissals: parts, each carried out while we wait, until none is left or none succeeds. */
export async function orderMany(
  io: Io,
  api: RelayApi,
  order: { readonly path: string; readonly verb: string; readonly body: object },
  options: BulkOptions,
): Promise<number> {
  const total = await agreedCount(io, api, order, options);
  if (total === null) return EXIT.ok;
  let succeeded = 0;
  let last: BulkAnswer;
  do {
    last = await api.post<BulkAnswer>(order.path, { ...order.body, limit: MAX_AT_ONCE });
    succeeded += last.succeeded;
    io.progress(`${succeeded} of ${total} ${order.verb} …`);
    // What failed is found again by the next part: only progress is a reason to go on.
  } while (last.more && last.succeeded > 0);
  io.progress(null);
  const { failures, failed, more, remaining } = last;
  show(io, options.json, { succeeded, failed, failures, more, remaining }, () =>
    [
      `${succeeded} ${order.verb}${remaining > failed ? `, ${remaining} remain` : ""}${failed > 0 ? `, ${failed} not:` : ""}`,
      ...failures.map(({ id, error }) => `  ${id}: ${printable(error)}`),
    ].join("\n"),
  );
  return failed > 0 || more ? EXIT.problems : EXIT.ok;
}
