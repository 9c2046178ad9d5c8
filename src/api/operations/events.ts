/** Events: lists, one event with its attempts, a payment's time line. */
import { z } from "zod";
import type { InboxClient, InboxStub } from "../../inbox/client.ts";
import { agrees } from "../../inbox/filter.ts";
import type { EventDetail } from "../../inbox/queries.ts";
import { eventId, pageQuery, paymentId } from "./fields.ts";
import { filterInQuery, filterOf, isBackwards } from "./filter.ts";
import { done, operation } from "./operation.ts";
import { badCursor, eventPageOf } from "./pages.ts";
import { invalid, notFound } from "./problem.ts";
import { eventDetail, eventPage } from "./schemas.ts";
import { detailView, listedView } from "./views.ts";

export const listEvents = operation({
  id: "listEvents",
  method: "get",
  path: "/api/events",
  summary: "Events, newest first",
  tag: "events",
  role: "read",
  query: z.strictObject({
    ...filterInQuery,
    payment_id: paymentId.optional().describe("of this payment: all of them, without pages"),
    ...pageQuery,
  }),
  responses: { 200: eventPage },
  async run({ inbox }, { query }) {
    const { payment_id, cursor, limit, ...filter } = query;
    if (isBackwards(filter)) return invalid([{ in: "query", path: "to", message: "must be after from" }]);
    if (payment_id !== undefined) {
      const beside = { q: filter.q, cursor };
      for (const [path, value] of Object.entries(beside))
        if (value !== undefined)
          return invalid([{ in: "query", path, message: "a payment's events are few: all are listed" }]);
      const all = await inbox.timeline(payment_id);
      const events = all.filter(({ row }) => agrees(filterOf(filter), row));
      return done(200, { events: events.map(({ row }) => listedView(row)).toReversed(), cursor: null });
    }
    const page = await eventPageOf(inbox, filterOf(filter), { cursor, limit });
    return page ? done(200, { events: page.items.map(listedView), cursor: page.cursor }) : badCursor();
  },
});

export const getEvent = operation({
  id: "getEvent",
  method: "get",
  path: "/api/events/{id}",
  summary: "One event with its attempts",
  tag: "events",
  role: "read",
  params: z.strictObject({ id: eventId }),
  responses: { 200: eventDetail },
  refusals: { 404: "There is no event with this id" },
  async run({ inbox, config }, { params }) {
    const found = await findEvent(inbox, params.id);
    return found ? done(200, detailView(found.detail, config)) : notFound("event");
  },
});

export const getPayment = operation({
  id: "getPayment",
  method: "get",
  path: "/api/payments/{id}",
  summary: "A payment's time line: its events in order of arrival",
  tag: "events",
  role: "read",
  params: z.strictObject({ id: paymentId }),
  responses: { 200: z.object({ payment_id: paymentId, events: z.array(eventDetail) }) },
  refusals: { 404: "There is no payment with this id, or all its events are purged" },
  async run({ inbox, config }, { params }) {
    const events = await inbox.timeline(params.id);
    if (events.length === 0) return notFound("payment");
    return done(200, { payment_id: params.id, events: events.map((event) => detailView(event, config)) });
  },
});

/** The event with this id, and the shard that has it. */
export async function findEvent(
  inbox: InboxClient,
  id: string,
): Promise<{ shard: InboxStub; detail: EventDetail } | null> {
  const found = await inbox.all(async (shard) => (await shard.find(id)).map((detail) => ({ shard, detail })));
  return found.flat()[0] ?? null;
}
