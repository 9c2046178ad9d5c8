/** Orders in bulk, about each event that a filter finds, carried out while the caller waits. */
import { z } from "zod";
import { MAX_BULK_ORDER_EVENTS, MAX_DISMISS_REASON_CHARS } from "../../limits.ts";
import { orderInBulk } from "./bulk-orders.ts";
import { filterInBody, filterOf, mistakesOf } from "./filter.ts";
import { done, operation } from "./operation.ts";
import { countAll } from "./pages.ts";
import { releaseAsNewPayment } from "./release.ts";

const bulkShape = {
  ...filterInBody,
  dry_run: z.boolean().default(false).describe("only count"),
  limit: z.int().min(1).max(MAX_BULK_ORDER_EVENTS).default(MAX_BULK_ORDER_EVENTS),
};

export const dryRun = z.object({ matching: z.int() });

const bulkDone = z.union([
  z.object({
    succeeded: z.int(),
    failed: z.int(),
    failures: z.array(z.object({ id: z.string(), error: z.string() })).describe("the first of them"),
    more: z.boolean().describe("the filter finds more than the limit: give the order again"),
    remaining: z.int().describe("how many the filter finds afterwards, those that failed among them"),
  }),
  dryRun,
]);

export const dismissEvents = operation({
  id: "dismissEvents",
  method: "post",
  path: "/api/dismissals",
  summary: "Dismiss in bulk what needs a person, or count it",
  tag: "orders",
  role: "operate",
  body: z.strictObject({ ...bulkShape, reason: z.string().min(1).max(MAX_DISMISS_REASON_CHARS) }),
  responses: { 200: bulkDone },
  async run({ inbox, config, operator }, { body }) {
    const { dry_run, limit, reason, ...filter } = body;
    const mistakes = mistakesOf(filter, config);
    if (mistakes) return mistakes;
    const wanted = { ...filterOf(filter), needsPerson: true };
    if (dry_run) return done(200, { matching: await countAll(inbox, wanted) });
    const result = await orderInBulk(inbox, wanted, limit, async (shard, { n }) =>
      (await shard.dismiss(n, operator.name, reason)) ? null : "nothing of it waits for a person",
    );
    return done(200, result);
  },
});

export const releaseEvents = operation({
  id: "releaseEvents",
  method: "post",
  path: "/api/releases",
  summary: "Release in bulk, each as a payment of its own, what is set aside and needs a person, or count it",
  tag: "orders",
  role: "operate",
  body: z.strictObject(bulkShape),
  responses: { 200: bulkDone },
  async run(context, { body }) {
    const { dry_run, limit, ...filter } = body;
    const mistakes = mistakesOf(filter, context.config);
    if (mistakes) return mistakes;
    const wanted = { ...filterOf(filter), needsPerson: true, releasable: true };
    if (dry_run) return done(200, { matching: await countAll(context.inbox, wanted) });
    const result = await orderInBulk(context.inbox, wanted, limit, async (shard, { n }) => {
      const released = await releaseAsNewPayment(shard, n, context);
      return released.ok ? null : released.error;
    });
    return done(200, result);
  },
});
