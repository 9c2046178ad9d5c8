/** What comes in, by source: how much in the last hour, when the last one came, and what was refused. */
import type { LedgerJson } from "../../api/operations/schemas.ts";
import type { SeriesJson } from "../../api/operations/series.ts";
import type { SourceJson } from "../../api/operations/sources.ts";
import { Time } from "./bits.tsx";
import { List } from "./list.tsx";
import { tallest, Trend, valuesOf } from "./sparkline.tsx";
import { countText, durationText } from "./text.ts";

interface SourcesTableProps {
  readonly sources: readonly SourceJson[];
  readonly ledger: LedgerJson;
  /** Of the last hour. */
  readonly hour: SeriesJson;
  readonly nowMs: number;
}

export function SourcesTable({ sources, ledger, hour, nowMs }: SourcesTableProps) {
  const gone = Object.keys(ledger.sources).filter((name) => !sources.some((source) => source.name === name));
  const max = tallest(Object.values(hour.sources).map(({ accepted }) => accepted));
  return (
    <List
      columns={[
        "Source",
        "Accepted in the last hour",
        "Last seen",
        { right: "Set aside" },
        "Refused in the last hour",
      ]}
      kind="flow"
    >
      {[...sources, ...gone.map((name) => ({ ...UNKNOWN, name }))].map((source) => {
        const accepted = valuesOf(hour, hour.sources[source.name]?.accepted);
        const counts = ledger.sources[source.name];
        const aside = counts ? counts.deferred + counts.quarantined + counts.superseded : 0;
        return (
          <tr>
            <th scope="row">
              <a href={`/payments?source=${encodeURIComponent(source.name)}`}>{source.name}</a>
            </th>
            <td>
              <Trend values={accepted} max={max} />
            </td>
            <td data-name="last seen">
              <LastSeen of={source} nowMs={nowMs} />
            </td>
            <td class="right" data-name="set aside">
              {countText(aside)}
            </td>
            <td data-name="refused">
              <RefusedCounts name={source.name} hour={hour} />
            </td>
          </tr>
        );
      })}
    </List>
  );
}

/** A source that is in the ledger and no longer in the configuration. */
const UNKNOWN: Omit<SourceJson, "name"> = {
  misconfigured: null,
  addresses: [],
  last_seen_at: null,
  verified_by: null,
  usual_gap_seconds: null,
  silent: false,
};

export function LastSeen({ of, nowMs }: { of: SourceJson; nowMs: number }) {
  const { misconfigured, last_seen_at: lastSeenAt, usual_gap_seconds: gap, silent } = of;
  return (
    <>
      {lastSeenAt === null ? <span class="none">not yet</span> : <Time at={lastSeenAt} nowMs={nowMs} />}
      {silent && gap !== null && (
        <span class="state state-parked" title={`One comes every ${durationText(gap * 1000)} otherwise`}>
          silent
        </span>
      )}
      {misconfigured !== null && (
        <span class="state state-dead" title={misconfigured}>
          answers 503: its configuration has a problem
        </span>
      )}
    </>
  );
}

/** By reason, the most frequent first: what is refused is counted in the charts and not in the ledger. */
function RefusedCounts({ name, hour }: { name: string; hour: SeriesJson }) {
  const reasons = Object.entries(hour.sources[name]?.refused_reasons ?? {}).sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return <>0</>;
  return (
    <a class="refused-count" href={`/refused?source=${encodeURIComponent(name)}`}>
      {reasons.map(([reason, times]) => `${countText(times)} ${reason}`).join(", ")}
    </a>
  );
}
