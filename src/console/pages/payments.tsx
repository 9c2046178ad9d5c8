/** Payments, newest first: found by anything, filtered by the address. */
import type { PaymentSummaryJson } from "../../api/operations/schemas.ts";
import { Amount, Copy, Empty, fractionClass, State, Time } from "../parts/bits.tsx";
import { Filters, hrefWith, type FilterValues } from "../parts/filters.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { GettingStarted, type Start } from "../parts/getting-started.tsx";
import { List } from "../parts/list.tsx";
import { shortId } from "../parts/text.ts";

interface PaymentsProps {
  readonly frame: Frame;
  readonly rows: readonly PaymentSummaryJson[];
  readonly filter: FilterValues;
  /** Of the next page; null: there is no more. */
  readonly cursor: string | null;
  readonly sources: readonly string[];
  readonly start: Start;
}

export function Payments({ frame, rows, filter, cursor, sources, start }: PaymentsProps) {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <Page frame={frame} title="Payments" search={filter.q ?? ""}>
      <div class="head">
        <h1>Payments</h1>
        <Filters action="/payments" filter={filter} sources={sources} />
      </div>
      {rows.length === 0 && <Nothing isFiltered={isFiltered} cursor={cursor} start={start} />}
      {rows.length > 0 && <PaymentTable rows={rows} frame={frame} />}
      {(cursor !== null || filter.cursor !== undefined) && (
        <nav class="more" aria-label="Pages of the list">
          {filter.cursor !== undefined && (
            <a href={hrefWith("/payments", filter, { cursor: undefined })}>Newest</a>
          )}
          {cursor !== null && (
            <a rel="next" href={hrefWith("/payments", filter, { cursor })}>
              Older
            </a>
          )}
        </nav>
      )}
    </Page>
  );
}

function Nothing({
  isFiltered,
  cursor,
  start,
}: {
  isFiltered: boolean;
  cursor: string | null;
  start: Start;
}) {
  if (!isFiltered) return <GettingStarted start={start} />;
  if (cursor !== null)
    return (
      <Empty title="Nothing among the newest events.">
        <p>There are older ones that have not been looked through yet.</p>
      </Empty>
    );
  return (
    <Empty title="Nothing was found.">
      <p>
        The search takes whole words of an event or its callback, such as <code>order-4711</code>, or the
        beginning of one from six characters: <code>order-20*</code>. What was refused is not kept as an
        event.
      </p>
    </Empty>
  );
}

export function PaymentTable({ rows, frame }: { rows: readonly PaymentSummaryJson[]; frame: Frame }) {
  return (
    <List
      columns={[
        "State",
        "Payment",
        { right: "Amount" },
        "Status",
        "Source",
        { right: "Events" },
        { right: "Last" },
      ]}
      kind={`payments ${fractionClass(rows.map(({ amount }) => amount))}`}
      keys
    >
      {rows.map((row) => (
        <tr>
          <td>
            <State of={row.state} />
          </td>
          <th scope="row">
            <a
              class="row"
              title={row.id}
              href={row.id.startsWith("pay_") ? `/payments/${row.id}` : `/events/${row.id}`}
            >
              {row.merchant_reference ?? <code>{shortId(row.id)}</code>}
            </a>
            <Copy of={row.id} label={`Copy ${row.id}`} />
          </th>
          <td class="money">
            <Amount of={row.amount} />
          </td>
          <td>{row.status ?? <span class="none">none</span>}</td>
          <td>{row.source}</td>
          <td class="right">
            {row.events}
            {row.owed > 0 && <span class="owed"> · {row.owed} owed</span>}
          </td>
          <td class="right">
            <Time at={row.last_at} nowMs={frame.nowMs} />
          </td>
        </tr>
      ))}
    </List>
  );
}
