/** A test event to a destination, sent at once: whoever connects a receiver sees whether it takes what is signed. */
import { z } from "zod";
import { deliver } from "../../delivery/deliver.ts";
import { testEvent } from "../../delivery/test-event.ts";
import { destinationName } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { notFound, refused } from "./problem.ts";

const tested = z.object({
  name: z.string(),
  event: z.string().describe("the `webhook-id` it was sent with; the relay keeps nothing under it"),
  delivered: z.boolean().describe("it answered 2xx"),
  status: z.int().nullable().describe("of its answer"),
  error: z.string().nullable().describe("why nothing was answered, or nothing was sent"),
  answer: z.string().nullable().describe("the beginning of its answer"),
  duration_ms: z.int().nullable().describe("null: nothing was sent"),
});
export type TestedDestination = z.infer<typeof tested>;

export const testDestination = operation({
  id: "testDestination",
  method: "post",
  path: "/api/destinations/{name}/test",
  summary:
    "Send a signed event of type relay.test at once, also to one that is paused; nothing is owed or kept",
  tag: "destinations",
  role: "operate",
  params: z.strictObject({ name: destinationName }),
  responses: { 200: tested },
  refusals: {
    404: "There is no destination of events with this name",
    409: "Its configuration has a problem: nothing can be sent",
  },
  async run({ config, inbox, operator }, { params: { name } }) {
    const held = config.heldDestinations.get(name);
    if (held && !config.alertChannels.has(name)) return refused(409, held.why);
    const destination = config.destinations.get(name);
    if (!destination || config.alertChannels.has(name)) return notFound("destination of events");
    const event = testEvent(Date.now());
    await inbox.audit(operator.name, "test_event", { name, event: event.id });
    const said = await deliver(
      event.id,
      {
        kind: "deliver",
        body: JSON.stringify(event),
        attempt: 1,
        sequence: event.data.sequence,
        replay: false,
        notBeforeMs: 0,
      },
      destination,
    );
    if (said.kind === "unsigned") {
      const nothing = { status: null, answer: null, duration_ms: null };
      return done(200, { name, event: event.id, delivered: false, error: "no_live_key", ...nothing });
    }
    const { status, error, answer, durationMs } = said.attempt;
    const delivered = said.outcome.kind === "delivered";
    return done(200, { name, event: event.id, delivered, status, error, answer, duration_ms: durationMs });
  },
});
