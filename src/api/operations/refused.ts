/** Refused callbacks: of each source the newest, and how many for which reason. */
import { z } from "zod";
import { activityOf } from "../../activity/client.ts";
import type { RefusedGroup } from "../../activity/refused-groups.ts";
import { isWanted } from "../../inbox/filter.ts";
import { DEFAULT_PAGE_EVENTS, MAX_PAGE_EVENTS } from "../../limits.ts";
import { REFUSED_REASONS } from "../../reasons.ts";
import { instant, listInQuery } from "./fields.ts";
import { sourcePattern } from "./filter.ts";
import { done, operation } from "./operation.ts";
import { instantOf } from "./views.ts";

const refusedGroup = z.object({
  source: z
    .string()
    .nullable()
    .describe("provider/account; null: no source has the address that was asked for"),
  reason: z.enum(REFUSED_REASONS),
  count: z.int().describe("since `first_at`"),
  first_at: instant,
  last_at: instant,
});

export type RefusedGroupJson = z.infer<typeof refusedGroup>;

const refusedCallback = z
  .object({
    at: instant,
    source: z.string().nullable(),
    reason: z.enum(REFUSED_REASONS),
    detail: z.string().nullable().describe("particulars of the reason"),
    address: z.string().describe("the sender's v4 address or v6 /64"),
    content_type: z.string().nullable(),
    bytes: z.int().nullable().describe("of the body; null: it was not read"),
    head: z.string().nullable().describe("the body's beginning, secrets redacted; null: it cannot be shown"),
  })
  .meta({ id: "RefusedCallback" });
export type RefusedJson = z.infer<typeof refusedCallback>;

export const listRefused = operation({
  id: "listRefused",
  method: "get",
  path: "/api/refused",
  summary: "Refused callbacks: counted by source and reason, and the newest of each",
  tag: "watching",
  role: "read",
  query: z.strictObject({
    source: listInQuery(sourcePattern).optional().describe("any of these: provider/account, or provider/*"),
    reason: listInQuery(z.enum(REFUSED_REASONS)).optional().describe("any of these"),
    limit: z.coerce.number().int().min(1).max(MAX_PAGE_EVENTS).default(DEFAULT_PAGE_EVENTS),
  }),
  responses: {
    200: z.object({
      groups: z.array(refusedGroup).describe("the last refused first"),
      newest: z.array(refusedCallback).describe("of all these groups, the newest first"),
    }),
  },
  async run({ env }, { query }) {
    const all = (await activityOf(env)?.refusedGroups()) ?? [];
    const groups = all.filter(
      ({ source, reason }) => isWanted(query.source, source) && isWanted(query.reason, reason),
    );
    const newest = groups.flatMap(callbacksOf).sort((a, b) => b.at.localeCompare(a.at));
    return done(200, { groups: groups.map(groupView), newest: newest.slice(0, query.limit) });
  },
});

function groupView({ source, reason, count, firstMs, lastMs }: RefusedGroup): z.infer<typeof refusedGroup> {
  return { source, reason, count, first_at: instantOf(firstMs), last_at: instantOf(lastMs) };
}

function callbacksOf({ source, reason, newest }: RefusedGroup): z.infer<typeof refusedCallback>[] {
  return newest.map(({ atMs, contentType, ...rest }) => ({
    at: instantOf(atMs),
    source,
    reason,
    content_type: contentType,
    ...rest,
  }));
}
