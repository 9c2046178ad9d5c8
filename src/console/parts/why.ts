/**
 * "Why is it not there yet", in words: a sentence for everything of a payment that has not arrived, made of what
 * the API tells of its events and of the destinations. Pure.
 */
import type { DestinationJson, EventDetailJson } from "../../api/operations/schemas.ts";
import { durationText, shortId } from "./text.ts";
import { adviceOn } from "./words.ts";

export interface Sentence {
  /** `good`: arrived; `wait`: the relay goes on by itself; `act`: a person has to. */
  readonly tone: "good" | "wait" | "act";
  readonly text: string;
  /** The event it is about. */
  readonly event: string;
}

type Delivery = EventDetailJson["deliveries"][number];

/**
 * @param events of one payment, in order of arrival
 * @param nowMs epoch ms
 */
export function whyNotThere(
  events: readonly EventDetailJson[],
  destinations: readonly DestinationJson[],
  nowMs: number,
): Sentence[] {
  return events.flatMap((event) => {
    const about = (tone: Sentence["tone"], text: string): Sentence => ({ tone, text, event: event.id });
    if (event.dismissed)
      return [
        about(
          "wait",
          `Dismissed by ${event.dismissed.by}: “${event.dismissed.reason}”. A replay takes it back.`,
        ),
      ];
    if (event.state === "quarantined" || event.state === "conflicting") {
      const advice = adviceOn(event.reason);
      return [about("act", `${advice?.what ?? "It is set aside."} ${advice?.todo ?? "A person decides."}`)];
    }
    if (event.state === "superseded" && event.warnings.length > 0) {
      const advice = adviceOn(event.reason);
      return [
        about("act", `${advice?.what ?? "It is kept and not forwarded."} ${advice?.todo ?? ""}`.trim()),
      ];
    }
    if (event.state === "deferred") {
      const due = event.deliveries[0]?.due ?? null;
      const when = due === null ? "" : ` Asked again ${inWords(due, nowMs)}.`;
      return [about("wait", `${adviceOn(event.reason)?.what ?? "Its verifier could not be asked."}${when}`)];
    }
    return event.deliveries.flatMap((delivery) => {
      const destination = destinations.find(({ name }) => name === delivery.destination);
      const found = ofDelivery(event, delivery, { events, destination, nowMs });
      return found === null ? [] : [about(found[0], found[1])];
    });
  });
}

interface Surroundings {
  readonly events: readonly EventDetailJson[];
  readonly destination: DestinationJson | undefined;
  readonly nowMs: number;
}

function ofDelivery(
  event: EventDetailJson,
  delivery: Delivery,
  { events, destination, nowMs }: Surroundings,
): [Sentence["tone"], string] | null {
  const to = delivery.destination;
  const tried = answered(event, delivery);
  if (delivery.state === "delivered" || delivery.state === "dismissed") return null;
  if (delivery.state === "dead")
    return ["act", `${tried}. That was the last attempt: mend ${to}, then replay, or dismiss it.`];
  if (delivery.state === "parked") {
    if (destination?.misconfigured)
      return [
        "act",
        `Nothing is sent to ${to} until its configuration is mended: ${destination.misconfigured}.`,
      ];
    if (!destination || destination.host === null)
      return ["act", `${to} is not configured. It waits until it is.`];
    const why = destination.paused ? `: “${destination.paused}”` : "";
    return ["act", `${to} is paused${why}. It leaves when ${to} is resumed.`];
  }
  const before = events.find(
    (other) =>
      other.id !== event.id &&
      other.deliveries.some(
        (one) => one.destination === to && isOwed(one) && (one.sequence ?? 0) < (delivery.sequence ?? 0),
      ),
  );
  if (before) return ["wait", `It waits behind ${shortId(before.id)}, which ${to} has not accepted yet.`];
  if (destination?.probe_at) {
    const said = delivery.attempts > 0 ? `${tried}. ` : "";
    return [
      "wait",
      `${said}${to} keeps failing, so it is only probed now: next probe ${inWords(destination.probe_at, nowMs)}.`,
    ];
  }
  const next = delivery.due === null ? "" : `next try ${inWords(delivery.due, nowMs)}`;
  if (delivery.attempts > 0) return ["wait", `${tried}; ${next || "it is tried again"}.`];
  return ["wait", `It is on its way to ${to}${next === "" ? "" : `: ${next}`}.`];
}

const isOwed = ({ state }: Delivery) => state === "pending" || state === "parked";

/** "crm answered 500 four times". */
function answered(event: EventDetailJson, { destination, attempts }: Delivery): string {
  const last = event.attempts.findLast((attempt) => attempt.destination === destination);
  const said = last ? saidIn(last) : "did not answer";
  return `${destination} ${said} ${times(attempts)}`;
}

function saidIn({ status, error }: EventDetailJson["attempts"][number]): string {
  if (status !== null) return `answered ${status}`;
  return error === null ? "did not answer" : `could not be reached (${error})`;
}

const NUMBERS = ["never", "once", "twice", "three times", "four times", "five times", "six times"];
const times = (count: number) => NUMBERS[count] ?? `${count} times`;

function inWords(instant: string, nowMs: number): string {
  const ms = Date.parse(instant) - nowMs;
  return ms <= 1000 ? "now" : `in ${durationText(ms)}`;
}
