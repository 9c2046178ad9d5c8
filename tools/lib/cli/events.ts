/** `relay events` and `relay show`: what happened to a payment. */
import type { EventDetailJson, ListedEventJson } from "../../../src/api/operations/schemas.ts";
import { wholeNumber } from "./arguments.ts";
import { detailText, eventTable } from "./event-views.ts";
import { type Filter, filtering, filterOf } from "./event-filter.ts";
import { connecting, type Connected, type Frame } from "./frame.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import { show } from "./io.ts";
import { connect } from "./relay-api.ts";

interface EventPage {
  readonly events: readonly ListedEventJson[];
  readonly cursor: string | null;
}

type Options = Connected<Filter> & {
  readonly needsPerson?: boolean;
  readonly payment?: string;
  readonly limit: number;
  readonly cursor?: string;
};

/** The relay's own bound of one page. */
const MAX_PAGE = 200;

export function addEvents(frame: Frame): void {
  const { io } = frame;
  frame.add<Options>(
    "events [search]",
    "List events, newest first; [search] is a whole id, reference or transaction, or its beginning: order-20*",
    (command) =>
      connecting(filtering(command))
        .option("--needs-person", "only what waits for a person")
        .option("--payment <pay_…>", "of this payment")
        .option("--limit <n>", "so many", wholeNumber(1), 50)
        .option("--cursor <cursor>", "go on where a list ended"),
    async (options, search) => {
      const api = connect(io, options);
      const query = {
        ...filterOf({ ...options, ...(search === undefined ? {} : { q: search }) }),
        needs_person: options.needsPerson,
        payment_id: options.payment,
      };
      const events: ListedEventJson[] = [];
      let cursor = options.cursor ?? null;
      // A page may be short although there is more.
      do {
        const limit = Math.min(MAX_PAGE, options.limit - events.length);
        const page: EventPage = await api.get("/api/events", {
          ...query,
          limit,
          cursor: cursor ?? undefined,
        });
        events.push(...page.events);
        cursor = page.cursor;
        io.progress(`${events.length} events …`);
      } while (cursor !== null && events.length < options.limit);
      io.progress(null);
      show(io, options.json, { events, cursor }, () => eventTable(io, events, cursor));
    },
    ["events order-4711", "events --needs-person", "events --state dead --destination crm --from 2h --json"],
  );

  frame.add<Connected>(
    "show <id>",
    "One event (evt_…) attempt by attempt, or all events of a payment (pay_…)",
    connecting,
    async (options, id = "") => {
      const api = connect(io, options);
      if (id.startsWith("pay_")) {
        const payment = await api.get<{ events: EventDetailJson[] }>(
          `/api/payments/${encodeURIComponent(id)}`,
        );
        show(io, options.json, payment, () =>
          payment.events.map((event) => detailText(io, event)).join("\n\n"),
        );
        return;
      }
      if (!id.startsWith("evt_")) {
        throw new CliError(EXIT.usage, `"${id}" is no id: evt_… or pay_… (relay events ${id} searches)`);
      }
      const event = await api.get<EventDetailJson>(`/api/events/${encodeURIComponent(id)}`);
      show(io, options.json, event, () => detailText(io, event));
    },
    ["show evt_982ceaaaf590b0184256f17970e5eeab", "show pay_0123456789abcdef0123456789abcdef --json"],
  );
}
