/** What goes out, by destination: how much in the last hour, what is owed and since when, and what it answers. */
import type { DestinationJson } from "../../api/operations/schemas.ts";
import type { SeriesJson } from "../../api/operations/series.ts";
import { Time } from "./bits.tsx";
import { DestinationState } from "./destination-state.tsx";
import { List } from "./list.tsx";
import { tallest, Trend, valuesOf } from "./sparkline.tsx";
import { countText, durationText } from "./text.ts";

interface DestinationsTableProps {
  readonly destinations: readonly DestinationJson[];
  /** Of the last hour. */
  readonly hour: SeriesJson;
  readonly nowMs: number;
}

export function DestinationsTable({ destinations, hour, nowMs }: DestinationsTableProps) {
  const max = tallest(Object.values(hour.destinations).map(({ delivered }) => delivered));
  return (
    <List
      columns={[
        "Destination",
        "Delivered in the last hour",
        "State",
        { right: "Owed" },
        "Oldest",
        { right: "p95" },
        "Answers",
      ]}
      kind="flow"
    >
      {destinations.map((destination) => {
        const { name, pending, parked, dead, owed_since: owedSince } = destination;
        const series = hour.destinations[name];
        const delivered = valuesOf(hour, series?.delivered);
        const p95Ms = series?.range_p95_ms ?? null;
        return (
          <tr>
            <th scope="row">
              <a href={`/destinations#destination-${encodeURIComponent(name)}`}>→ {name}</a>
            </th>
            <td>
              <Trend values={delivered} max={max} />
            </td>
            <td>
              <DestinationState of={destination} nowMs={nowMs} />
            </td>
            <td class="right" data-name="owed">
              <a
                class={pending + parked > 0 ? "owed" : "figure"}
                href={`/payments?state=pending,parked&destination=${encodeURIComponent(name)}`}
              >
                {countText(pending + parked)}
              </a>
              {dead > 0 && (
                <>
                  {" "}
                  <a class="refused-count" href="/set-aside?tab=dead">
                    {countText(dead)} dead
                  </a>
                </>
              )}
            </td>
            <td data-name="oldest">
              {owedSince === null ? <span class="none">none</span> : <Time at={owedSince} nowMs={nowMs} />}
            </td>
            <td class="right" data-name="p95">
              {p95Ms === null ? <span class="none">none</span> : durationText(p95Ms)}
            </td>
            <td data-name="answers">
              <Answers of={series?.answers ?? {}} />
            </td>
          </tr>
        );
      })}
    </List>
  );
}

/** `2xx 411 · 5xx 3 · timeout 1`, the classes of status first. */
export function Answers({ of }: { of: Readonly<Record<string, number>> }) {
  const found = Object.entries(of)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (found.length === 0) return <span class="none">none</span>;
  return (
    <>
      {found.map(([result, count], at) => (
        <>
          {at > 0 && " · "}
          <span class={result === "2xx" ? undefined : "refused-count"}>
            {result} {countText(count)}
          </span>
        </>
      ))}
    </>
  );
}
