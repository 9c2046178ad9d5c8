/** Is money moving? Per source and per destination, whether everything adds up, and what needs a person. */
import type {
  DestinationJson,
  LedgerJson,
  ListedEventJson,
  PaymentSummaryJson,
} from "../../api/operations/schemas.ts";
import type { SeriesJson } from "../../api/operations/series.ts";
import type { SourceJson } from "../../api/operations/sources.ts";
import { Empty, State } from "../parts/bits.tsx";
import { DestinationsTable } from "../parts/destinations-table.tsx";
import { GettingStarted, type Start } from "../parts/getting-started.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { hrefOf, tabOf } from "../parts/set-aside-tabs.ts";
import { SourcesTable } from "../parts/sources-table.tsx";
import { counted, countText } from "../parts/text.ts";
import { Charts } from "../parts/charts.tsx";
import { PaymentTable } from "./payments.tsx";

interface OverviewProps {
  readonly frame: Frame;
  readonly ledger: LedgerJson;
  readonly destinations: readonly DestinationJson[];
  /** The newest events that need a person, and whether there are more. */
  readonly waiting: { readonly events: readonly ListedEventJson[]; readonly more: boolean };
  readonly newest: readonly PaymentSummaryJson[];
  readonly sources: readonly SourceJson[];
  /** Of the range of the charts, and of the last hour. */
  readonly series: SeriesJson;
  readonly hour: SeriesJson;
  readonly start: Start;
}

export function Overview(props: OverviewProps) {
  const { frame, ledger, sources, destinations, waiting, newest, series, hour, start } = props;
  const hasEvents = newest.length > 0;
  return (
    <Page frame={frame} title="Overview" scripts={["uplot.js", "charts.js"]} styles={["uplot.css"]}>
      <div data-live="overview">
        <h1>Is money moving?</h1>
        <Attention waiting={waiting} />
        {!hasEvents && <GettingStarted start={start} />}
        {hasEvents && (
          <>
            <section aria-labelledby="sources">
              <h2 id="sources">In</h2>
              <SourcesTable sources={sources} ledger={ledger} hour={hour} nowMs={frame.nowMs} />
            </section>
            <section aria-labelledby="destinations">
              <h2 id="destinations">
                <a href="/destinations">Out</a>
              </h2>
              {destinations.length === 0 ? (
                <Empty title="No destination is configured." />
              ) : (
                <DestinationsTable destinations={destinations} hour={hour} nowMs={frame.nowMs} />
              )}
            </section>
          </>
        )}
        {hasEvents && <Ledger ledger={ledger} />}
      </div>
      <div data-live="charts">{hasEvents && <Charts series={series} />}</div>
      <div data-live="newest">
        {hasEvents && (
          <section aria-labelledby="newest">
            <h2 id="newest">
              <a href="/payments">Newest payments</a>
            </h2>
            <PaymentTable rows={newest} frame={frame} />
          </section>
        )}
      </div>
    </Page>
  );
}

function Attention({ waiting: { events, more } }: Pick<OverviewProps, "waiting">) {
  if (events.length === 0) return <p class="calm">Nothing needs a person.</p>;
  const byTab = Map.groupBy(events, (event) => tabOf(event));
  return (
    <section class="attention" aria-labelledby="attention">
      <h2 id="attention">
        Needs a person: {countText(events.length)}
        {more && " or more"}
      </h2>
      <ul>
        {[...byTab].map(([tab, found]) => (
          <li>
            <a href={hrefOf(tab)}>
              {tab.id === "second-payments" ? (
                counted(found.length, "second payment")
              ) : (
                <>
                  {countText(found.length)} <State of={found[0]?.state ?? ""} />
                </>
              )}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** `91,204 in = 90,110 accepted + 1,012 repeats + 82 set aside; adds up`. */
function Ledger({ ledger }: { ledger: LedgerJson }) {
  const sum = (pick: (counts: LedgerJson["sources"][string]) => number) =>
    Object.values(ledger.sources).reduce((total, counts) => total + pick(counts), 0);
  const remainder = Object.entries(ledger.remainder);
  const setAside = sum(({ deferred, quarantined, superseded }) => deferred + quarantined + superseded);
  const refused = sum((counts) => counts.refused);
  return (
    <p class={remainder.length === 0 ? "ledger" : "ledger problem"}>
      Ledger: {countText(sum(({ authentic }) => authentic))} in = {countText(sum(({ accepted }) => accepted))}{" "}
      accepted + {countText(sum(({ duplicate }) => duplicate))} repeats + {countText(setAside)} set aside
      {refused > 0 && ` + ${countText(refused)} refused after a second look`};{" "}
      {remainder.length === 0
        ? "it adds up."
        : `it does not add up: ${remainder.map(([name, count]) => `${name} ${count}`).join(", ")}. Please report it.`}
    </p>
  );
}
