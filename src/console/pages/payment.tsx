/** One payment, or one callback that has no payment: where it is, why it is not further, and its whole time line. */
import type { DestinationJson, EventDetailJson } from "../../api/operations/schemas.ts";
import { Amount, Id, State } from "../parts/bits.tsx";
import { EventOrders } from "../parts/event-orders.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { summaryOf } from "../../api/operations/payment-summary.ts";
import { statementOf } from "../parts/statement.ts";
import { TimeLine } from "../parts/time-line.tsx";
import { shortId } from "../parts/text.ts";
import { whyNotThere } from "../parts/why.ts";

interface PaymentProps {
  readonly frame: Frame;
  /** `pay_…`, or `evt_…` of a callback without a payment. */
  readonly id: string;
  readonly events: readonly [EventDetailJson, ...EventDetailJson[]];
  readonly destinations: readonly DestinationJson[];
}

export function Payment({ frame, id, events, destinations }: PaymentProps) {
  const summary = summaryOf([summarised(events[0]), ...events.slice(1).map(summarised)]);
  const why = whyNotThere(events, destinations, frame.nowMs);
  const title = summary.merchant_reference ?? shortId(id);
  return (
    <Page frame={frame} title={title}>
      <p class="trail">
        <a href="/payments">Payments</a> / <Id of={id} />
      </p>
      <div class="payment-head">
        <h1>
          <Amount of={summary.amount} network />
        </h1>
        <p class="states">
          <State of={summary.state} />
          {summary.status !== null && <span class="status-word">{summary.status}</span>}
        </p>
      </div>
      <References events={events} source={summary.source} />
      <section aria-labelledby="why">
        <h2 id="why">{why.length === 0 ? "All of it has arrived" : "Why is it not there yet?"}</h2>
        {why.length === 0 ? (
          <p class="why good">{arrived(events, frame.nowMs)}</p>
        ) : (
          <ul class="whys">
            {why.map(({ tone, text, event }) => (
              <li class={`why ${tone}`}>
                {events.length > 1 && (
                  <>
                    <a href={`#${event}`}>{shortId(event)}</a>:{" "}
                  </>
                )}
                {text}
              </li>
            ))}
          </ul>
        )}
        {events.length === 1 && (
          <EventOrders event={events[0]} frame={frame} destinations={destinations} main />
        )}
      </section>
      <section aria-labelledby="time-line">
        <h2 id="time-line">Time line</h2>
        <TimeLine events={events} frame={frame} destinations={destinations} />
      </section>
    </Page>
  );
}

function arrived(events: readonly EventDetailJson[], _nowMs: number): string {
  const deliveries = events.flatMap((event) => event.deliveries.filter(({ state }) => state === "delivered"));
  if (deliveries.length === 0) return "Nothing of it is owed to anybody.";
  const names = [...new Set(deliveries.map(({ destination }) => destination))].join(" and ");
  return deliveries.length === 1
    ? `${names} has accepted it.`
    : `${names} has accepted all ${deliveries.length} deliveries.`;
}

function References({ events, source }: { events: readonly EventDetailJson[]; source: string }) {
  const said = events.flatMap((event) => statementOf(event) ?? []);
  const of = (pick: (one: (typeof said)[number]) => string | null | undefined) => [
    ...new Set(said.flatMap((one) => pick(one) ?? [])),
  ];
  const facts: readonly (readonly [string, readonly string[]])[] = [
    ["Merchant's reference", of((one) => one.merchant_reference)],
    ["Provider's payment", of((one) => one.provider.payment_id)],
    ["Transaction", of((one) => one.blockchain?.txid)],
    ["From", of((one) => one.blockchain?.from)],
    ["To", of((one) => one.blockchain?.to)],
  ];
  return (
    <dl class="facts">
      <div>
        <dt>Source</dt>
        <dd>
          <a href={`/payments?source=${encodeURIComponent(source)}`}>{source}</a>
        </dd>
      </div>
      {facts
        .filter(([, values]) => values.length > 0)
        .map(([name, values]) => (
          <div>
            <dt>{name}</dt>
            {values.map((value) => (
              <dd>
                <Id of={value} />
              </dd>
            ))}
          </div>
        ))}
    </dl>
  );
}

const summarised = (event: EventDetailJson) => ({
  ...event,
  isForwarded: event.event !== null,
  said: statementOf(event),
});
