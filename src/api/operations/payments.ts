/** Payments as a list. */
import { z } from "zod";
import type { InboxClient } from "../../inbox/client.ts";
import type { ListedEvent } from "../../inbox/filter.ts";
import type { SaidEvent } from "../../inbox/queries.ts";
import { nextCursor, pageQuery } from "./fields.ts";
import { filterInQuery, filterOf, isBackwards } from "./filter.ts";
import { done, operation } from "./operation.ts";
import { badCursor, eventPageOf } from "./pages.ts";
import { summaryOf, type SummarisedEvent } from "./payment-summary.ts";
import { invalid } from "./problem.ts";
import { paymentSummary, type PaymentSummaryJson } from "./schemas.ts";
import { listedView } from "./views.ts";

export const listPayments = operation({
  id: "listPayments",
  method: "get",
  path: "/api/payments",
  summary:
    "The payments of the events that a filter finds, newest first: each once a page, and again with older events",
  tag: "events",
  role: "read",
  query: z.strictObject({ ...filterInQuery, ...pageQuery }),
  responses: { 200: z.object({ payments: z.array(paymentSummary), cursor: nextCursor }) },
  async run({ inbox }, { query }) {
    const { cursor, limit, ...filter } = query;
    if (isBackwards(filter)) return invalid([{ in: "query", path: "to", message: "must be after from" }]);
    const page = await eventPageOf(inbox, filterOf(filter), { cursor, limit });
    return page
      ? done(200, { payments: await summariesOf(inbox, page.items), cursor: page.cursor })
      : badCursor();
  },
});

/** Of each payment of these events; a callback that has none stands for itself. */
async function summariesOf(
  inbox: InboxClient,
  events: readonly ListedEvent[],
): Promise<PaymentSummaryJson[]> {
  const rows = new Map(events.map((row) => [row.payment_id, row]));
  const ids = [...rows.keys()].filter((id) => id.startsWith("pay_"));
  const found = await inbox.briefTimelines(ids);
  const timelines = new Map(ids.map((id, index) => [id, found[index] ?? []]));
  return [...rows].flatMap(([id, row]) => {
    const [first, ...rest] = (timelines.get(id) ?? [{ row, said: null }]).map(summarised);
    // Purged since the list was made.
    if (first === undefined) return [];
    return [{ id: timelines.has(id) ? id : row.event_id, ...summaryOf([first, ...rest]) }];
  });
}

function summarised({ row, said }: SaidEvent): SummarisedEvent {
  return { ...listedView(row), isForwarded: row.state === "accepted", said };
}
