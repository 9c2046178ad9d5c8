/** What waits for a person or for a verifier, by state and reason, with what to do about each. */
import type { ListedEventJson, ReplayJobJson } from "../../api/operations/schemas.ts";
import { Empty, Id, Older, State, Time } from "../parts/bits.tsx";
import { filterText, hrefWith, type FilterValues } from "../parts/filters.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { List } from "../parts/list.tsx";
import { counted, countText } from "../parts/text.ts";
import { hrefOf, TABS, type Tab } from "../parts/set-aside-tabs.ts";
import { adviceOn } from "../parts/words.ts";

interface SetAsideProps {
  readonly frame: Frame;
  readonly tab: Tab;
  /** What the list is narrowed by besides. */
  readonly filter: FilterValues;
  readonly events: readonly ListedEventJson[];
  readonly cursor: string | null;
  readonly replays: Replays;
}

/** A page of the bulk replays; `cursor` null: there are no older ones. */
interface Replays {
  readonly replays: readonly ReplayJobJson[];
  readonly cursor: string | null;
}

export function SetAside({ frame, tab, filter, events, cursor, replays }: SetAsideProps) {
  const groups = [...Map.groupBy(events, (event) => groupOf(tab, event))];
  const mayOrder = frame.operator.role === "operate";
  return (
    <Page frame={frame} title={`Set aside: ${tab.name}`}>
      <h1>Set aside</h1>
      <nav class="tabs" aria-label="Lists">
        <ul>
          {TABS.map((one) => (
            <li>
              <a href={hrefOf(one)} aria-current={one.id === tab.id ? "page" : undefined}>
                {one.name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <p class="note">{tab.todo}</p>
      {events.length === 0 && (
        <Empty title={cursor === null ? `Nothing is here: ${tab.name}.` : "Nothing among the newest events."}>
          <p>{tab.empty}</p>
        </Empty>
      )}
      {groups.length > 1 && mayOrder && (
        <BulkOrders tab={tab} filter={{ ...filter, ...tab.filter }} what="all of these" />
      )}
      {groups.map(([name, found]) => (
        <Group tab={tab} name={name} filter={filter} events={found} more={cursor !== null} frame={frame} />
      ))}
      {cursor !== null && <Older of="list" href={hrefOf(tab, { ...filter, cursor })} />}
      <BulkReplays {...replays} tab={tab} frame={frame} />
    </Page>
  );
}

/** The first part of the reason, or who has not got it; null: for none of these. */
function groupOf({ by }: Tab, { reason, deliveries }: ListedEventJson): string | null {
  if (by === "reason") return reason?.split(":")[0] ?? null;
  return deliveries.find(({ state }) => state === "dead" || state === "parked")?.destination ?? null;
}

/** Orders act on the filter, never on the visible page. */
function BulkOrders({ tab, filter, what }: { tab: Tab; filter: FilterValues; what: string }) {
  const order = (name: string) => hrefWith("/orders", filter, { cursor: undefined, order: name });
  return (
    <div class="orders">
      {tab.canReplay ? (
        <a class="button" href={order("replays")}>
          Replay {what}…
        </a>
      ) : (
        <a class="button" href={order("releases")}>
          Release {what} as new…
        </a>
      )}
      {tab.id !== "deferred" && (
        <a class="button danger" href={order("dismissals")}>
          Dismiss {what}…
        </a>
      )}
    </div>
  );
}

interface GroupProps {
  readonly tab: Tab;
  readonly name: string | null;
  readonly filter: FilterValues;
  readonly events: readonly ListedEventJson[];
  /** There are older ones, of this group perhaps. */
  readonly more: boolean;
  readonly frame: Frame;
}

function Group({ tab, name, filter, events, more, frame }: GroupProps) {
  const advice = tab.by === "reason" ? adviceOn(name) : null;
  const its: FilterValues =
    name === null ? {} : tab.by === "reason" ? { reasons: name } : { destination: name };
  return (
    <section>
      <div class="head">
        <h2>
          {countText(events.length)}
          {more && " or more"}
          {name !== null && (
            <>
              {tab.by === "reason" ? " × " : " → "}
              <code>{name}</code>
            </>
          )}
        </h2>
        {name !== null && frame.operator.role === "operate" && (
          <BulkOrders tab={tab} filter={{ ...filter, ...tab.filter, ...its }} what="these" />
        )}
      </div>
      {advice && (
        <p class="note">
          {advice.what} {advice.todo}
        </p>
      )}
      <List columns={["State", "Event", "Type", "Source", "Why", { right: "Received" }]} keys>
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
      </List>
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
function BulkReplays({ replays, cursor, tab, frame }: Replays & { tab: Tab; frame: Frame }) {
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
              <Time at={job.started_at} nowMs={frame.nowMs} />: {filterText(job.filter)}
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
      {cursor !== null && (
        <Older
          of="bulk replays"
          href={`${hrefWith("/set-aside", { tab: tab.id }, { replays: cursor })}#replays`}
        />
      )}
    </section>
  );
}
