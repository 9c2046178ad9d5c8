/** The live feed, as server-sent events. */
import { z } from "zod";
import { activityOf } from "../../activity/client.ts";
import { listInQuery, destinationName } from "./fields.ts";
import { sourcePattern } from "./filter.ts";
import { done, operation } from "./operation.ts";
import { refused } from "./problem.ts";

export const tail = operation({
  id: "tail",
  method: "get",
  path: "/api/tail",
  summary: "Every callback and attempt as it happens (server-sent events)",
  tag: "watching",
  role: "read",
  query: z.strictObject({
    after: z
      .string()
      .regex(/^[0-9a-f]{8}-\d{1,15}$/, "must be the id of an event of this feed")
      .optional()
      .describe("go on after this event; the header `last-event-id` says the same"),
    what: listInQuery(z.enum(["callback", "refused", "delivery"]))
      .optional()
      .describe("any of these"),
    source: listInQuery(sourcePattern).optional().describe("any of these"),
    destination: listInQuery(destinationName).optional().describe("any of these"),
  }),
  responses: { 200: z.custom<ReadableStream>() },
  mediaType: "text/event-stream",
  async run({ env }, { query: { after, ...filter } }) {
    const activity = activityOf(env);
    if (!activity) return refused(503, "there is no Activity object to watch (the binding ACTIVITY)");
    const stream = await activity.live(after ?? null, filter);
    return stream ? done(200, stream) : refused(503, "too many are watching");
  },
});
