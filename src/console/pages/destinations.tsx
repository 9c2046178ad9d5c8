/** Destinations: how each is, what it is owed, and the orders that hold it back or let it go on. */
import type { DestinationJson } from "../../api/operations/schemas.ts";
import { MAX_PAUSE_REASON_CHARS } from "../../limits.ts";
import { Empty } from "../parts/bits.tsx";
import { DestinationState } from "../parts/destination-state.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { Order } from "../parts/order.tsx";
import { counted, countText } from "../parts/text.ts";

interface DestinationsProps {
  readonly frame: Frame;
  readonly destinations: readonly DestinationJson[];
}

export function Destinations({ frame, destinations }: DestinationsProps) {
  return (
    <Page frame={frame} title="Destinations">
      <h1>Destinations</h1>
      {destinations.length === 0 && (
        <Empty title="No destination is configured.">
          <p>
            Add one to the variable <code>RELAY</code>: <code>[vars.RELAY.destinations.crm]</code> with its
            address and the names of its signing secrets.
          </p>
        </Empty>
      )}
      {destinations.map((destination) => (
        <DestinationCard destination={destination} frame={frame} />
      ))}
    </Page>
  );
}

function DestinationCard({ destination, frame }: { destination: DestinationJson; frame: Frame }) {
  const { name, host, misconfigured, paused, pending, parked, dead, delivered, dismissed } = destination;
  const isConfigured = host !== null || misconfigured !== null;
  const counts: readonly (readonly [string, number, string])[] = [
    ["delivered", delivered, "delivered"],
    ["pending", pending, "pending"],
    ["parked", parked, "parked"],
    ["dead", dead, "dead"],
    ["dismissed", dismissed, "dismissed"],
  ];
  return (
    <section class="card" aria-labelledby={`destination-${name}`}>
      <div class="head">
        <h2 id={`destination-${name}`}>→ {name}</h2>
        <DestinationState of={destination} nowMs={frame.nowMs} />
        <span class="note">
          {isConfigured ? host : "no longer in the configuration: what it is owed is kept"}
        </span>
      </div>
      {misconfigured !== null && (
        <p class="note">
          Nothing is sent to it, and what it is owed is kept, until this is mended: {misconfigured}
        </p>
      )}
      {paused !== null && <p class="note">Paused: “{paused}”</p>}
      <ul class="figures">
        {counts.map(([word, count, state]) => (
          <li>
            <a href={`/payments?state=${state}&destination=${encodeURIComponent(name)}`}>
              <strong>{countText(count)}</strong> {word}
            </a>
          </li>
        ))}
      </ul>
      {isConfigured && frame.operator.role === "operate" && <DestinationOrders destination={destination} />}
    </section>
  );
}

function DestinationOrders({ destination }: { destination: DestinationJson }) {
  const { name, paused, pending, parked, probe_at: probeAt } = destination;
  const path = `/destinations/${encodeURIComponent(name)}`;
  const owed = counted(pending + parked, "delivery", "deliveries");
  return (
    <div class="orders">
      {paused === null && (
        <Order id={`pause-${name}`} label="Pause…" action={`${path}/pause`} confirm={`Pause ${name}`}>
          <p>
            Holds back everything that {name} is owed, from now on. Nothing is dropped: callbacks are accepted
            as before, and what piles up leaves when {name} is resumed.
          </p>
          <label>
            Why
            <input name="why" required maxlength={MAX_PAUSE_REASON_CHARS} autocomplete="off" />
          </label>
        </Order>
      )}
      {paused !== null && (
        <Order id={`resume-${name}`} label="Resume…" action={`${path}/resume`} confirm={`Resume ${name}`}>
          <p>
            Sends what {name} is owed, {owed}, oldest first within each shard, at the rate that is configured
            for it.
          </p>
        </Order>
      )}
      {paused === null && probeAt !== null && (
        <Order id={`close-${name}`} label="Close the breaker…" action={`${path}/resume`} confirm="Close it">
          <p>
            Sends to {name} again without waiting for the next probe: {owed} are owed. If {name} still fails,
            the breaker opens again.
          </p>
        </Order>
      )}
    </div>
  );
}
