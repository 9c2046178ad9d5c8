/** Orders about one event: replay, release, dismiss. Each is written into the audit with who gave it. */
import { z } from "zod";
import { isBroken } from "../../config/schema.ts";
import type { InboxStub } from "../../inbox/client.ts";
import type { ListedEvent } from "../../inbox/filter.ts";
import { reprocess } from "../../ingress/reprocess.ts";
import { MAX_DISMISS_REASON_CHARS } from "../../limits.ts";
import { findEvent } from "./events.ts";
import { destinationName, eventId } from "./fields.ts";
import { mistakesOf } from "./filter.ts";
import { done, operation, type Context, type Outcome } from "./operation.ts";
import { notFound, refused } from "./problem.ts";
import { releaseAsNewPayment } from "./release.ts";

const replayed = z
  .object({
    id: eventId,
    deliveries: z.int().describe("how many deliveries will be made"),
    decision: z.string().optional().describe("for a callback set aside: what came of running it again"),
    became: z.string().nullable().optional().describe("the event it became"),
    reason: z.string().optional().describe("why it became none"),
  })
  .meta({ id: "Replayed" });
type Replayed = { 202: typeof replayed };

export const replayEvent = operation({
  id: "replayEvent",
  method: "post",
  path: "/api/events/{id}/replay",
  summary:
    "Send an event again, run a quarantined callback again, release something set aside as a payment of its own, or take back a dismissal",
  tag: "events",
  role: "operate",
  params: z.strictObject({ id: eventId }),
  body: z
    .strictObject({
      destination: destinationName.optional(),
      as: z
        .literal("new_payment")
        .optional()
        .describe("of something set aside: forward it as a payment of its own"),
    })
    .default({}),
  responses: { 202: replayed },
  refusals: {
    404: "There is no event with this id",
    409: "Nothing of it can be sent, or it came to nothing: the reason",
  },
  async run(context, { params, body }): Promise<Outcome<Replayed>> {
    const found = await findEvent(context.inbox, params.id);
    if (!found) return notFound("event");
    const { shard, detail } = found;
    const { row } = detail;
    if (body.as === "new_payment") return await release(context, shard, row);
    if (row.state === "quarantined" && detail.callback !== null) return await runAgain(context, shard, row);
    if (["quarantined", "superseded", "conflicting"].includes(row.state)) {
      // What is only kept can be put back on the lists; to forward it, say as what.
      if (row.dismissed === null)
        return refused(409, 'it is set aside: to forward it, ask for {"as": "new_payment"}');
      await shard.undismiss(row.n, context.operator.name);
      return done(202, { id: row.event_id, deliveries: 0 });
    }
    const { destination } = body;
    const mistakes = mistakesOf(destination ? { destination: [destination] } : {}, context.config);
    if (mistakes) return mistakes;
    const deliveries = await shard.replay(row.n, destination, context.operator.name);
    if (deliveries === 0) return refused(409, "nothing of this event can be sent again");
    return done(202, { id: row.event_id, deliveries });
  },
});

async function release(context: Context, shard: InboxStub, row: ListedEvent): Promise<Outcome<Replayed>> {
  const released = await releaseAsNewPayment(shard, row.n, context);
  if (!released.ok) return refused(409, released.error);
  const { became } = released;
  const deliveries = (await findEvent(context.inbox, became))?.detail.row.deliveries.length ?? 0;
  return done(202, { id: row.event_id, deliveries, became });
}

/**
 * A quarantined callback read as new ones are: it becomes an event, or says why it still does not. One that
 * was dismissed is back on the lists in any case, so that its order has done something.
 */
async function runAgain(
  { config, env, operator }: Context,
  shard: InboxStub,
  row: ListedEvent,
): Promise<Outcome<Replayed>> {
  const { event_id: id } = row;
  const wasDismissed = row.dismissed !== null;
  if (wasDismissed) await shard.undismiss(row.n, operator.name);
  const kept = await shard.setAsideCallback(id);
  if (!kept) return refused(409, "the callback is no longer kept");
  if (isBroken(config, kept.source))
    return refused(409, `its source ${kept.source} has a problem (see /healthz)`);
  const decision = await reprocess(kept.source, kept.callback, config, env);
  await shard.concludeQuarantined(kept.n, decision, operator.name);
  const reason = "reason" in decision ? decision.reason : undefined;
  const became = decision.kind === "accepted" ? decision.eventId : null;
  const view = { id, deliveries: 0, decision: decision.kind, became, reason };
  if (became !== null || wasDismissed) return done(202, view);
  return refused(409, `the callback still makes no event: ${decision.kind}, ${reason ?? "no reason"}`, view);
}

const dismissReason = z.string().min(1).max(MAX_DISMISS_REASON_CHARS);

export const dismissEvent = operation({
  id: "dismissEvent",
  method: "post",
  path: "/api/events/{id}/dismiss",
  summary: "Take an event off the lists of what needs a person; it is kept",
  tag: "events",
  role: "operate",
  params: z.strictObject({ id: eventId }),
  body: z.strictObject({ reason: dismissReason }),
  responses: { 200: z.object({ id: eventId, dismissed: z.boolean() }) },
  refusals: { 404: "There is no event with this id", 409: "Nothing of it waits for a person" },
  async run({ inbox, operator }, { params, body }) {
    const found = await findEvent(inbox, params.id);
    if (!found) return notFound("event");
    const { row } = found.detail;
    const dismissed = await found.shard.dismiss(row.n, operator.name, body.reason);
    if (!dismissed) return refused(409, `nothing of it waits for a person: it is ${row.shown}`);
    return done(200, { id: row.event_id, dismissed });
  },
});
