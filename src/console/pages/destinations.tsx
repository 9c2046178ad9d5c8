/** Destinations: how each is, what it is owed, what it answers, and the orders that hold it back or let it go on. */
import type { TestedDestination } from "../../api/operations/destination-test.ts";
import type { DestinationJson } from "../../api/operations/schemas.ts";
import type { SeriesJson } from "../../api/operations/series.ts";
import { DEFAULT_MAX_IN_FLIGHT, MAX_PAUSE_REASON_CHARS } from "../../limits.ts";
import { Command, Empty, Time } from "../parts/bits.tsx";
import { DestinationState } from "../parts/destination-state.tsx";
import { Answers } from "../parts/destinations-table.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { Order } from "../parts/order.tsx";
import { totalOf } from "../parts/sparkline.tsx";
import { counted, countText, durationText } from "../parts/text.ts";

interface DestinationsProps {
  readonly frame: Frame;
  readonly destinations: readonly DestinationJson[];
  /** Of the last hour. */
  readonly hour: SeriesJson;
  /** What came of a test event that was just sent; null: none was. */
  readonly tested: TestedDestination | null;
}

export function Destinations({ frame, destinations, hour, tested }: DestinationsProps) {
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
        <DestinationCard
          destination={destination}
          frame={frame}
          series={hour.destinations[destination.name]}
          tested={tested?.name === destination.name ? tested : null}
        />
      ))}
    </Page>
  );
}

interface CardProps {
  readonly destination: DestinationJson;
  readonly frame: Frame;
  readonly series: SeriesJson["destinations"][string] | undefined;
  readonly tested: TestedDestination | null;
}

function DestinationCard({ destination, frame, series, tested }: CardProps) {
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
    <section class="card" id={`destination-${name}`} aria-labelledby={`title-${name}`}>
      <div class="head">
        <h2 id={`title-${name}`}>→ {name}</h2>
        <DestinationState of={destination} nowMs={frame.nowMs} />
        <span class="note">
          {isConfigured ? host : "no longer in the configuration: what it is owed is kept"}
        </span>
      </div>
      {tested !== null && (
        <p class={tested.delivered ? "done" : "problem"} role="status">
          {testedText(tested)}
        </p>
      )}
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
      {host !== null && <Facts destination={destination} series={series} nowMs={frame.nowMs} />}
      {isConfigured && frame.operator.role === "operate" && <DestinationOrders destination={destination} />}
      {host !== null && <Rotation destination={destination} />}
    </section>
  );
}

function testedText({
  delivered,
  status,
  error,
  answer,
  duration_ms: took,
  event,
}: TestedDestination): string {
  if (delivered) return `The test event ${event} was taken: ${status}, after ${durationText(took ?? 0)}.`;
  const said = status === null ? (ERRORS[error ?? ""] ?? error) : `it answered ${status}`;
  return `The test event was not taken: ${said}${answer ? `, “${answer}”` : ""}.`;
}

const ERRORS: Readonly<Record<string, string>> = {
  no_live_key: "every key of it has expired, and nothing is sent unsigned",
  timeout: "it did not answer in time",
  connection: "it could not be reached",
  dns_or_tls: "its name is not known, or its certificate is not trusted",
};

interface FactsProps {
  readonly destination: DestinationJson;
  readonly series: SeriesJson["destinations"][string] | undefined;
  readonly nowMs: number;
}

function Facts({ destination, series, nowMs }: FactsProps) {
  const { owed_since: owedSince, in_flight: inFlight, per_second: perSecond, types } = destination;
  const room = destination.max_in_flight ?? DEFAULT_MAX_IN_FLIGHT;
  const p95Ms = series?.range_p95_ms ?? null;
  return (
    <dl class="facts">
      <div>
        <dt>Delivered</dt>
        <dd>
          {countText(totalOf(series?.delivered ?? []))}/h
          {p95Ms !== null && `, p95 ${durationText(p95Ms)}`}
        </dd>
      </div>
      <div>
        <dt>Answers in the last hour</dt>
        <dd>
          <Answers of={series?.answers ?? {}} />
        </dd>
      </div>
      <div>
        <dt>Oldest owed</dt>
        <dd>{owedSince === null ? <span class="none">none</span> : <Time at={owedSince} nowMs={nowMs} />}</dd>
      </div>
      <div>
        <dt>In flight</dt>
        <dd>
          {countText(inFlight)} of at most {countText(room)}
        </dd>
      </div>
      <div>
        <dt>Rate</dt>
        <dd>{perSecond === null ? "no limit" : `at most ${perSecond} a second`}</dd>
      </div>
      <div>
        <dt>Types</dt>
        <dd>{types === null ? "all" : types.join(", ")}</dd>
      </div>
      <div>
        <dt>Keys, newest first</dt>
        {destination.keys.map((key) => (
          <dd>
            <code>{key.id}</code> <span class="note">{keyText(key, nowMs)}</span>
          </dd>
        ))}
      </div>
    </dl>
  );
}

function keyText(
  { kind, not_after: notAfter, in_force: inForce }: DestinationJson["keys"][number],
  nowMs: number,
) {
  const name = kind === "hmac" ? "HMAC" : "Ed25519";
  if (!inForce) return `${name}, expired`;
  if (notAfter === null) return `${name}, signs`;
  return `${name}, signs for another ${durationText(Date.parse(notAfter) - nowMs)}`;
}

/** Keys are in the configuration, which the console cannot write: it says what to write there. */
function Rotation({ destination: { name, keys } }: { destination: DestinationJson }) {
  const kinds = [...new Set(keys.map(({ kind }) => kind))];
  return (
    <details>
      <summary>Rotate a key…</summary>
      <ol class="steps">
        <li>
          Put the name of a new one in front, and deploy: both sign from then on, and a receiver may know
          either.
          {kinds.map((kind) => (
            <Command of={listText(name, kind)} />
          ))}
          <Command of="npm run relay -- deploy <name>" />
        </li>
        <li>Change it at {name}, and send a test event.</li>
        <li>Take the old one out, and deploy again.</li>
      </ol>
    </details>
  );
}

/** The line of the configuration with a new key in front; names of secrets are there, and here only ids. */
function listText(name: string, kind: "hmac" | "ed25519"): string {
  const [list, added] =
    kind === "hmac" ? ["secrets", "NEW_SIGNING_SECRET"] : ["signing_keys", "NEW_SIGNING_KEY"];
  return `[vars.RELAY.destinations.${name}]\n${list} = ["${added}", … those of today …]`;
}

function DestinationOrders({ destination }: { destination: DestinationJson }) {
  const { name, host, paused, pending, parked, probe_at: probeAt } = destination;
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
        <Order
          id={`close-${name}`}
          label="Close the breaker…"
          action={`${path}/resume`}
          confirm="Close it"
          fields={{ of: "breaker" }}
        >
          <p>
            Sends to {name} again without waiting for the next probe: {owed} are owed. If {name} still fails,
            the breaker opens again.
          </p>
        </Order>
      )}
      {host !== null && !name.startsWith("@") && (
        <Order id={`test-${name}`} label="Send a test event…" action={`${path}/test`} confirm="Send it">
          <p>
            Sends one signed event of type <code>relay.test</code> to {host} at once
            {paused !== null && ", although it is paused"}. It is of no payment: no status, no amount, no
            reference. Nothing of it is owed or kept.
          </p>
        </Order>
      )}
    </div>
  );
}
