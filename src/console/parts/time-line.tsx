/** The time line of a payment, newest last: each callback, what became of it, each attempt, what is still owed. */
import type { DestinationJson, EventDetailJson } from "../../api/operations/schemas.ts";
import { Amount, Id, State, Time } from "./bits.tsx";
import { EventOrders } from "./event-orders.tsx";
import type { Frame } from "./layout.tsx";
import { statementOf, type Statement } from "./statement.ts";
import { counted, nextText, prettyBody, prettyJson } from "./text.ts";
import { adviceOn } from "./words.ts";

interface TimeLineProps {
  readonly events: readonly EventDetailJson[];
  readonly frame: Frame;
  readonly destinations: readonly DestinationJson[];
}

export function TimeLine({ events, frame, destinations }: TimeLineProps) {
  return (
    <ol class="time-line">
      {events.map((event) => (
        <li id={event.id} class="event">
          <CallbackEntry event={event} frame={frame} />
          <ol class="attempts">
            {event.attempts.map((attempt) => (
              <AttemptEntry attempt={attempt} frame={frame} />
            ))}
            {event.deliveries
              .filter(({ state }) => state === "pending" || state === "parked")
              .map((delivery) => (
                <li class="attempt next">
                  <span class="when">
                    {delivery.due === null ? "later" : <Time at={delivery.due} nowMs={frame.nowMs} />}
                  </span>
                  <span>
                    {delivery.destination}: {nextText(delivery, frame.nowMs)}
                  </span>
                </li>
              ))}
          </ol>
          <Bodies event={event} />
          {events.length > 1 && <EventOrders event={event} frame={frame} destinations={destinations} />}
        </li>
      ))}
    </ol>
  );
}

function CallbackEntry({ event, frame }: { event: EventDetailJson; frame: Frame }) {
  const said = statementOf(event);
  const advice = adviceOn(event.reason);
  return (
    <div class="callback">
      <p class="line">
        <Time at={event.received_at} nowMs={frame.nowMs} exact />
        <State of={event.state} />
        <strong>{event.type ?? said?.provider.event ?? "callback"}</strong>
        {event.event !== null && <span class="sequence">sequence {event.event.data.sequence}</span>}
        {said !== null && <Amount of={said.amount ?? said.amount_requested} />}
        <Id of={event.id} />
      </p>
      {said !== null && <Proof of={said.verification} />}
      {event.reason !== null && (
        <p class="note">
          <code>{event.reason}</code> {advice?.what}
        </p>
      )}
      {event.warnings.length > 0 && (
        <p class="note warning">
          {event.warnings.map((warning) => (
            <code>{warning}</code>
          ))}
        </p>
      )}
      {event.duplicates > 0 && (
        <p class="note">{counted(event.duplicates, "repeat")} of it, not sent again</p>
      )}
      {event.became !== null && (
        <p class="note">
          became <a href={`/events/${event.became}`}>{event.became}</a>
          {event.released_by !== null && ` (released by ${event.released_by})`}
        </p>
      )}
      {event.released_from !== null && (
        <p class="note">
          released from <a href={`/events/${event.released_from}`}>{event.released_from}</a>
          {event.released_by !== null && ` by ${event.released_by}`}
        </p>
      )}
    </div>
  );
}

function Proof({ of }: { of: Statement["verification"] }) {
  return (
    <p class="note">
      proved by {of.method} (<span title="How strong the proof is: docs/events.md">{of.assurance}</span>)
      {of.key !== null && (
        <>
          {" "}
          with key <code>{of.key}</code>
        </>
      )}
    </p>
  );
}

function AttemptEntry({ attempt, frame }: { attempt: EventDetailJson["attempts"][number]; frame: Frame }) {
  const { status, error, answer } = attempt;
  const isGood = status !== null && status >= 200 && status < 300;
  return (
    <li class={isGood ? "attempt good" : "attempt bad"}>
      <span class="when">
        <Time at={attempt.at} nowMs={frame.nowMs} exact />
      </span>
      <span>
        → {attempt.destination}, attempt {attempt.attempt}: <strong>{status ?? error ?? "no answer"}</strong>{" "}
        {isGood ? "accepted" : "not accepted"} after {attempt.duration_ms} ms
      </span>
      {answer !== null && answer !== "" && <pre class="answer">{answer}</pre>}
    </li>
  );
}

/** As it came and as it is forwarded, side by side. */
function Bodies({ event }: { event: EventDetailJson }) {
  const raw = event.event?.data.raw ?? (event.stated as { data?: Statement } | null)?.data?.raw ?? null;
  const body = event.callback?.body ?? raw?.body ?? null;
  const said = event.event ?? event.stated;
  return (
    <details class="bodies">
      <summary>As it came, and as it is forwarded</summary>
      <div class="sides">
        <section>
          <h3>As it came</h3>
          <p class="note">
            {event.callback
              ? `${event.callback.method}, ${event.callback.content_type ?? "no content type"}`
              : (raw?.content_type ?? "no content type")}
            . Request headers are not kept; secrets are replaced before it is stored.
          </p>
          {event.callback?.query && <pre tabindex={0}>?{event.callback.query}</pre>}
          {body === null ? (
            <p class="none">The body is not kept (`raw` of the source says so, or it is purged).</p>
          ) : (
            <pre tabindex={0}>{prettyBody(body)}</pre>
          )}
        </section>
        <section>
          <h3>{event.event === null ? "As it was read" : "As it is forwarded"}</h3>
          {said === null || said === undefined ? (
            <p class="none">Nothing: the callback could not be made into an event.</p>
          ) : (
            <pre tabindex={0}>{prettyJson(withoutRaw(said))}</pre>
          )}
        </section>
      </div>
    </details>
  );
}

/** The raw body stands beside it already. */
function withoutRaw(said: unknown): unknown {
  const { data, ...rest } = said as { data?: Record<string, unknown> };
  if (data === undefined) return said;
  const { raw, ...others } = data;
  return { ...rest, data: { ...others, ...(raw ? { raw: "as on the left" } : {}) } };
}
