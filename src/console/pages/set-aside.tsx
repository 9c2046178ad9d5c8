/** What waits for a person or for a verifier, by state and reason, with what to do about each. */
import type { ListedEventJson, ReplayJobJson } from "../../api/operations/schemas.ts";
import { Empty, Id, State, Time } from "../parts/bits.tsx";
import { hrefWith, type FilterValues } from "../parts/filters.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { counted, countText } from "../parts/text.ts";
import { adviceOn, TODO_BY_STATE } from "../parts/words.ts";

export const TABS = ["quarantined", "conflicting", "superseded", "dead", "parked", "deferred"] as const;
export type Tab = (typeof TABS)[number];

interface SetAsideProps {
  readonly frame: Frame;
  readonly tab: Tab;
  readonly filter: FilterValues;
  readonly events: readonly ListedEventJson[];
  readonly cursor: string | null;
  readonly replays: readonly ReplayJobJson[];
}

export function SetAside({ frame, tab, filter, events, cursor, replays }: SetAsideProps) {
  const groups = [...Map.groupBy(events, ({ reason }) => reason?.split(":")[0] ?? null)];
  return (
    <Page frame={frame} title={`Set aside: ${tab}`}>
      <h1>Set aside</h1>
      <nav class="tabs" aria-label="States">
        <ul>
          {TABS.map((state) => (
            <li>
              <a href={`/set-aside?state=${state}`} aria-current={state === tab ? "page" : undefined}>
                {state}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <p class="note">{TODO_BY_STATE[tab]}</p>
      {events.length === 0 && (
        <Empty title={cursor === null ? `Nothing is ${tab}.` : "Nothing among the newest events."}>
          <p>
            {tab === "superseded" ? "Only what was superseded with a warning is listed here." : EMPTY[tab]}
          </p>
        </Empty>
      )}
      {events.length > 0 && frame.operator.role === "operate" && <BulkOrders tab={tab} filter={filter} />}
      {groups.map(([reason, found]) => (
        <Group reason={reason} events={found} frame={frame} />
      ))}
      {cursor !== null && (
        <nav class="more" aria-label="Pages of the list">
          <a rel="next" href={hrefWith("/set-aside", filter, { state: tab, cursor })}>
            Older
          </a>
        </nav>
      )}
      <Replays replays={replays} frame={frame} />
    </Page>
  );
}

const EMPTY: Readonly<Record<Tab, string>> = {
  quarantined: "Authentic callbacks that cannot be used come here, and second payments of an order.",
  conflicting: "A repeat that says something else than the event it repeats comes here.",
  superseded: "",
  dead: "What a destination has not accepted until the end of its schedule comes here.",
  parked: "What is owed to a destination that is paused or not configured comes here.",
  deferred: "Callbacks whose verifier cannot be asked wait here, and are asked about again by themselves.",
};

/** What a replay does something about; the rest can only be released. */
const CAN_REPLAY: ReadonlySet<Tab> = new Set(["dead", "parked", "deferred"]);

/** Orders act on the filter, never on the visible page. */
function BulkOrders({ tab, filter }: { tab: Tab; filter: FilterValues }) {
  const order = (what: string) =>
    hrefWith("/orders", { ...filter, state: tab, cursor: undefined }, {}) + `&order=${what}`;
  return (
    <div class="orders">
      {CAN_REPLAY.has(tab) && (
        <a class="button" href={order("replays")}>
          Replay all of these…
        </a>
      )}
      {!CAN_REPLAY.has(tab) && (
        <a class="button" href={order("releases")}>
          Release all of these as new…
        </a>
      )}
      {tab !== "deferred" && (
        <a class="button danger" href={order("dismissals")}>
          Dismiss all of these…
        </a>
      )}
    </div>
  );
}

interface GroupProps {
  readonly reason: string | null;
  readonly events: readonly ListedEventJson[];
  readonly frame: Frame;
}

function Group({ reason, events, frame }: GroupProps) {
  const advice = adviceOn(reason);
  return (
    <section>
      {reason !== null && (
        <>
          <h2>
            {countText(events.length)} × <code>{reason}</code>
          </h2>
          {advice && (
            <p class="note">
              {advice.what} {advice.todo}
            </p>
          )}
        </>
      )}
      <div class="scroll">
        <table class="list" data-rows>
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Event</th>
              <th scope="col">Type</th>
              <th scope="col">Source</th>
              <th scope="col">Why</th>
              <th scope="col" class="right">
                Received
              </th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <tr>
                <td>
                  <State of={event.state} />
                </td>
                <th scope="row">
                  <Id of={event.id} href={`/events/${event.id}`} />
                </th>
                <td>{event.type ?? <span class="none">none</span>}</td>
                <td>{event.source}</td>
                <td>{whyOf(event)}</td>
                <td class="right">
                  <Time at={event.received_at} nowMs={frame.nowMs} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function whyOf({ reason, warnings, deliveries }: ListedEventJson): string {
  if (reason !== null || warnings.length > 0) return [reason ?? [], ...warnings].flat().join(", ");
  return deliveries
    .filter(({ state }) => state !== "delivered")
    .map(({ destination, attempts }) => `${destination}, after ${counted(attempts, "attempt")}`)
    .join("; ");
}

/** Bulk replays: how far they are. */
function Replays({ replays, frame }: { replays: readonly ReplayJobJson[]; frame: Frame }) {
  if (replays.length === 0) return null;
  return (
    <section aria-labelledby="replays" data-live="replays">
      <h2 id="replays">Bulk replays</h2>
      <ul class="replays">
        {replays.map((job) => (
          <li>
            <progress
              max={Math.max(1, job.total)}
              value={job.replayed}
              aria-label={`Progress of ${job.id}`}
            />
            <span>
              {countText(job.replayed)} of {countText(job.total)}, {job.state}, begun{" "}
              <Time at={job.started_at} nowMs={frame.nowMs} />
            </span>
            {job.state === "running" && frame.operator.role === "operate" && (
              <form method="post" action={`/replays/${job.id}/cancel`}>
                <button type="submit" class="button">
                  Cancel
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
