/** `relay destinations`, `pause`, `resume`, `test` and `ledger`: how the receivers are, and whether everything adds up. */
import { table } from "../text.ts";
import { printable } from "./event-views.ts";
import { EXIT } from "./exit-codes.ts";
import { connecting, type Connected, type Frame } from "./frame.ts";
import { type Io, paint, show } from "./io.ts";
import { connect } from "./relay-api.ts";

interface DestinationView {
  readonly name: string;
  readonly host: string | null;
  readonly misconfigured: string | null;
  readonly paused: string | null;
  readonly breakers_open: number;
  readonly pending: number;
  readonly parked: number;
  readonly dead: number;
  readonly delivered: number;
}

interface LedgerView {
  readonly sources: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly destinations: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly remainder: Readonly<Record<string, number>>;
}

function condition(io: Io, { host, misconfigured, paused, breakers_open }: DestinationView): string {
  if (misconfigured !== null) return paint(io, "red", `held: ${printable(misconfigured)}`);
  if (host === null) return paint(io, "yellow", "not configured");
  if (paused !== null) return paint(io, "yellow", `paused: ${printable(paused)}`);
  if (breakers_open > 0) return paint(io, "red", `down (circuit breaker open in ${breakers_open} shards)`);
  return paint(io, "green", "up");
}

function addPausing(frame: Frame): void {
  const { io } = frame;
  type Answer = { readonly name: string; readonly paused: string | null };
  frame.add<Connected<{ readonly why?: string }>>(
    "pause <destination>",
    "Hold deliveries to a destination; nothing is dropped",
    (command) => connecting(command).option("--why <reason>", "shown to whoever wonders"),
    async (options, name = "") => {
      const body = options.why === undefined ? {} : { why: options.why };
      const path = `/api/destinations/${encodeURIComponent(name)}/pause`;
      const done = await connect(io, options).post<Answer>(path, body);
      show(io, options.json, done, () => `${done.name} is paused: what comes for it is parked`);
    },
    ['pause crm --why "CRM is being updated until 14:00"'],
  );
  frame.add<Connected>(
    "resume <destination>",
    "Deliver what was held, and whatever comes",
    connecting,
    async (options, name = "") => {
      const path = `/api/destinations/${encodeURIComponent(name)}/resume`;
      const done = await connect(io, options).post<Answer>(path);
      show(io, options.json, done, () => `${done.name} is resumed`);
    },
    ["resume crm"],
  );
}

interface Tested {
  readonly name: string;
  readonly event: string;
  readonly delivered: boolean;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}

function addTesting(frame: Frame): void {
  const { io } = frame;
  frame.add<Connected>(
    "test <destination>",
    "Send a signed test event, which no receiver credits; exit code 1 if it is not taken",
    connecting,
    async (options, name = "") => {
      const path = `/api/destinations/${encodeURIComponent(name)}/test`;
      const tested = await connect(io, options).post<Tested>(path);
      const { delivered, status, error, answer } = tested;
      show(io, options.json, tested, () =>
        delivered
          ? paint(io, "green", `${name} has taken ${tested.event}: ${status}`)
          : paint(
              io,
              "red",
              `${name} has not taken it: ${status ?? error} ${printable(answer ?? "")}`.trimEnd(),
            ),
      );
      return delivered ? EXIT.ok : EXIT.problems;
    },
    ["test crm"],
  );
}

/** Counts under headings; a zero is a dot, so that the others are seen. */
function countTable(what: string, counts: LedgerView["sources"]): string {
  const columns = [...new Set(Object.values(counts).flatMap((row) => Object.keys(row)))];
  const rows = Object.entries(counts).map(([name, row]) => [
    printable(name),
    ...columns.map((column) => (row[column] ? String(row[column]) : "·")),
  ]);
  return table([what, ...columns], rows);
}

export function addDestinations(frame: Frame): void {
  const { io } = frame;
  frame.add<Connected>(
    "destinations",
    "How the destinations are, and what they are owed",
    connecting,
    async (options) => {
      const answer = await connect(io, options).get<{ destinations: DestinationView[] }>("/api/destinations");
      const rows = answer.destinations.map((one) => [
        printable(one.name),
        printable(one.host ?? "-"),
        condition(io, one),
        ...[one.pending, one.parked, one.dead, one.delivered].map(String),
      ]);
      const heading = ["destination", "host", "condition", "pending", "parked", "dead", "delivered"];
      show(io, options.json, answer, () => table(heading, rows));
    },
    ["destinations"],
  );
  addPausing(frame);
  addTesting(frame);
  frame.add<Connected>(
    "ledger",
    "Does everything add up? Exit code 1 if it does not",
    connecting,
    async (options) => {
      const ledger = await connect(io, options).get<LedgerView>("/api/ledger");
      const missing = Object.entries(ledger.remainder);
      show(io, options.json, ledger, () =>
        [
          countTable("source", ledger.sources),
          "",
          countTable("destination", ledger.destinations),
          "",
          missing.length === 0
            ? paint(io, "green", "everything adds up")
            : paint(
                io,
                "red",
                `does not add up: ${missing.map(([name, n]) => `${printable(name)} ${n}`).join(", ")}`,
              ),
        ].join("\n"),
      );
      return missing.length === 0 ? EXIT.ok : EXIT.problems;
    },
    ["ledger", "ledger --json"],
  );
}
