/** `relay replay`, `replays`, `release` and `dismiss`: orders about events, one or many. */
import { wholeNumber } from "./arguments.ts";
import { type BulkOptions, inBulk, orderMany, replayMany } from "./bulk.ts";
import { filtering, filterUntil, isChosen } from "./event-filter.ts";
import { withMore } from "./event-views.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import { connecting, type Connected, type Frame } from "./frame.ts";
import { type Io, show } from "./io.ts";
import { connect, type RelayApi } from "./relay-api.ts";
import { table } from "../text.ts";

interface Replayed {
  readonly id: string;
  readonly deliveries: number;
  readonly became?: string | null;
}

async function replayOne(io: Io, api: RelayApi, id: string, body: object, isJson: boolean): Promise<number> {
  const done = await api.post<Replayed>(`/api/events/${encodeURIComponent(id)}/replay`, body);
  show(io, isJson, done, () => {
    if (done.became) return `${done.id} became ${done.became}`;
    return done.deliveries === 0
      ? `${done.id} waits for a person again`
      : `${done.id}: ${done.deliveries} to send`;
  });
  return EXIT.ok;
}

/** An order names one event or chooses some, and not both. */
function checkChoice(id: string | undefined, options: BulkOptions): void {
  // A single replay has a destination of its own.
  const { destination: _, ...rest } = options;
  if (id !== undefined && isChosen(rest)) {
    throw new CliError(EXIT.usage, "give an event's id, or choose events by options, not both");
  }
}

type ReplayOptions = Connected<BulkOptions> & {
  readonly as?: string;
  readonly perSecond?: number;
  readonly wait: boolean;
};

interface Job {
  readonly id: string;
  readonly state: string;
  readonly replayed: number;
  readonly total: number;
  readonly started_at: string;
}
interface Paging {
  readonly limit?: number;
  readonly cursor?: string;
}

async function pageOfReplays(
  api: RelayApi,
  { limit, cursor }: Paging,
): Promise<{ readonly replays: readonly Job[]; readonly cursor: string | null }> {
  return await api.get("/api/replays", { limit, cursor });
}

function addReplay(frame: Frame): void {
  const { io } = frame;
  frame.add<ReplayOptions>(
    "replay [event]",
    "Send an event again, or run a quarantined callback again; without [event], those that the options choose",
    (command) =>
      inBulk(connecting(filtering(command)))
        .option("--as <what>", "new-payment: the same as `release`")
        .option("--per-second <n>", "in bulk, so many a second (50)", wholeNumber(1))
        .option("--no-wait", "in bulk, do not wait for the end"),
    async (options, id) => {
      checkChoice(id, options);
      const api = connect(io, options);
      if (options.as !== undefined && (options.as !== "new-payment" || id === undefined)) {
        throw new CliError(EXIT.usage, "--as new-payment is for one event (in bulk: relay release)");
      }
      if (id === undefined) return await replayMany(io, api, options);
      const { destination } = options;
      const as = options.as === undefined ? {} : { as: "new_payment" };
      return await replayOne(
        io,
        api,
        id,
        { ...as, ...(destination === undefined ? {} : { destination }) },
        options.json,
      );
    },
    [
      "replay evt_982ceaaaf590b0184256f17970e5eeab --destination crm",
      "replay --from 2h --state dead --dry-run",
      "replay --from 2026-10-01T00:00:00Z --to 2026-10-02T00:00:00Z --destination crm --yes",
    ],
  );

  frame.add<Connected<Paging & { readonly cancel?: boolean }>>(
    "replays [id]",
    "List bulk replays, newest first, or show one; --cancel stops it",
    (command) =>
      connecting(command)
        .option("--cancel", "stop it")
        .option("--limit <n>", "so many (50; 200 at most)", wholeNumber(1))
        .option("--cursor <cursor>", "go on where a list ended"),
    async (options, id) => {
      const api = connect(io, options);
      if (options.cancel && id === undefined) throw new CliError(EXIT.usage, "which one is to be stopped?");
      const path = `/api/replays/${encodeURIComponent(id ?? "")}`;
      const answer =
        id === undefined
          ? await pageOfReplays(api, options)
          : await (options.cancel ? api.post<Job>(`${path}/cancel`) : api.get<Job>(path));
      const [jobs, cursor] = "replays" in answer ? [answer.replays, answer.cursor] : [[answer], null];
      const rows = jobs.map((job) => [job.id, job.state, `${job.replayed} of ${job.total}`, job.started_at]);
      const list =
        rows.length === 0 ? "no bulk replay" : table(["replay", "state", "sent again", "started"], rows);
      show(io, options.json, answer, () => withMore(list, cursor));
    },
    ["replays", "replays rpl_0123456789abcdef0123456789abcdef --cancel"],
  );
}

function addRelease(frame: Frame): void {
  const { io } = frame;
  frame.add<Connected<BulkOptions>>(
    "release [event]",
    "Forward what was set aside as a payment of its own (compare reference and amount first)",
    (command) => inBulk(connecting(filtering(command))),
    async (options, id) => {
      checkChoice(id, options);
      const api = connect(io, options);
      if (id !== undefined) {
        return await replayOne(io, api, id, { as: "new_payment" }, options.json);
      }
      const order = { path: "/api/releases", verb: "released", body: filterUntil(io.now(), options) };
      return await orderMany(io, api, order, options);
    },
    [
      "release evt_982ceaaaf590b0184256f17970e5eeab",
      "release --source tokenpayments/broker-eu --from 1d --dry-run",
    ],
  );
}

function addDismiss(frame: Frame): void {
  const { io } = frame;
  frame.add<Connected<BulkOptions> & { readonly reason: string }>(
    "dismiss [event]",
    "Give up what waits for a person; it is kept, and a replay takes it back",
    (command) =>
      inBulk(connecting(filtering(command))).requiredOption("--reason <why>", "why, for the audit log"),
    async (options, id) => {
      checkChoice(id, options);
      const api = connect(io, options);
      const { reason } = options;
      if (id === undefined) {
        const body = { ...filterUntil(io.now(), options), reason };
        const order = { path: "/api/dismissals", verb: "dismissed", body };
        return await orderMany(io, api, order, options);
      }
      const done = await api.post<{ id: string }>(`/api/events/${encodeURIComponent(id)}/dismiss`, {
        reason,
      });
      show(io, options.json, done, () => `${done.id} is dismissed`);
      return EXIT.ok;
    },
    [
      'dismiss evt_982ceaaaf590b0184256f17970e5eeab --reason "credited by hand, ticket 4711"',
      'dismiss --state dead --destination old-crm --reason "receiver is gone" --dry-run',
    ],
  );
}

export function addOrders(frame: Frame): void {
  addReplay(frame);
  addRelease(frame);
  addDismiss(frame);
}
