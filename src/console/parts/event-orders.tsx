/** What an operator can order about one event, each with what will happen; and why the rest is not possible. */
import type { DestinationJson, EventDetailJson } from "../../api/operations/schemas.ts";
import { MAX_DISMISS_REASON_CHARS } from "../../limits.ts";
import type { Frame } from "./layout.tsx";
import { Order } from "./order.tsx";
import { shortId } from "./text.ts";

interface EventOrdersProps {
  readonly event: EventDetailJson;
  readonly frame: Frame;
  readonly destinations: readonly DestinationJson[];
  /** The only event of its page: its orders have keys. */
  readonly main?: boolean;
}

const SET_ASIDE = new Set(["quarantined", "superseded", "conflicting"]);
const WAITS = new Set(["dead", "parked", "quarantined", "conflicting", "superseded"]);

export function EventOrders({ event, frame, destinations, main = false }: EventOrdersProps) {
  if (frame.operator.role === "read")
    return <p class="note">{frame.operator.name} may look and give no orders.</p>;
  const { id, state, became } = event;
  const path = `/events/${id}`;
  const isKept = SET_ASIDE.has(state);
  const canRunAgain = state === "quarantined" && event.callback !== null;
  const canSend = !isKept && event.deliveries.length > 0;
  const isDismissed = event.dismissed !== null;
  return (
    <div class="orders">
      {(canSend || canRunAgain || isDismissed) && (
        <Order
          id={`replay-${id}`}
          label={canRunAgain ? "Run again…" : "Replay…"}
          action={`${path}/replay`}
          confirm={canRunAgain ? "Run it again" : isDismissed && !canSend ? "Take it back" : "Send it again"}
          {...(main ? { shortcut: "r" } : {})}
        >
          <p>{replayText(event, destinations)}</p>
          {event.deliveries.length > 1 && (
            <label>
              To
              <select name="destination">
                <option value="">every destination</option>
                {event.deliveries.map(({ destination }) => (
                  <option value={destination}>{destination}</option>
                ))}
              </select>
            </label>
          )}
        </Order>
      )}
      {isKept && became === null && (
        <Order id={`release-${id}`} label="Release as new…" action={`${path}/release`} confirm="Release it">
          <p>
            Forwards {shortId(id)} as a payment of its own. The receiver cannot tell it from any other
            payment: be sure that money really came twice. Compare reference and amount first.
          </p>
        </Order>
      )}
      {WAITS.has(state) && !isDismissed && (
        <Order id={`dismiss-${id}`} label="Dismiss…" action={`${path}/dismiss`} confirm="Dismiss it" danger>
          <p>
            Takes {shortId(id)} off the lists of what needs a person. It is kept, and a replay takes it back.
            {["dead", "parked"].includes(state) &&
              " What is owed of it is owed no more; the payment's next event leaves."}
          </p>
          <label>
            Why
            <input name="reason" required maxlength={MAX_DISMISS_REASON_CHARS} autocomplete="off" />
          </label>
        </Order>
      )}
      <button
        type="button"
        class="button quiet"
        data-copy={`curl -H "authorization: Bearer $ADMIN_TOKEN" ORIGIN/api/events/${id}`}
        data-with-origin
      >
        Copy as curl
      </button>
    </div>
  );
}

function replayText(event: EventDetailJson, destinations: readonly DestinationJson[]): string {
  if (event.state === "quarantined" && event.callback !== null)
    return "Reads the callback again, as new ones are read: it becomes an event, or you are told why it still does not.";
  if (SET_ASIDE.has(event.state)) return "Puts it back on the lists of what needs a person. Nothing is sent.";
  const names = event.deliveries.map(({ destination }) => destination).join(" and ");
  const paused = destinations.filter(
    ({ name, paused }) => paused !== null && event.deliveries.some(({ destination }) => destination === name),
  );
  const held =
    paused.length > 0 ? ` ${paused.map(({ name }) => name).join(" and ")} is paused: it waits there.` : "";
  return `Sends ${shortId(event.id)} to ${names} again, with the same webhook-id: a receiver that has it already does nothing.${held}`;
}
