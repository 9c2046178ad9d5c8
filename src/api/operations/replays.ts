/** Replays in bulk: counted first, then carried out by the shards' alarms at a rate, oldest first. */
import { z } from "zod";
import type { InboxClient } from "../../inbox/client.ts";
import type { EventFilter } from "../../inbox/filter.ts";
import type { ReplayJobRow } from "../../inbox/store/operator-store.ts";
import { DEFAULT_DRAIN_PER_SECOND, MAX_PER_SECOND, MIN_REPLAY_PER_SECOND } from "../../limits.ts";
import { instant, nextCursor, pageQuery, replayId } from "./fields.ts";
import { filterInBody, filterOf, filterView, mistakesOf } from "./filter.ts";
import { done, operation } from "./operation.ts";
import { dryRun } from "./orders.ts";
import { badCursor, countAll, countMatching } from "./pages.ts";
import { notFound } from "./problem.ts";
import { replayJob, replayState, type ReplayJobJson } from "./schemas.ts";
import { instantOf } from "./views.ts";

const byId = z.strictObject({ id: replayId });
const refusals = { 404: "There is no replay with this id" };

export const startReplay = operation({
  id: "startReplay",
  method: "post",
  path: "/api/replays",
  summary: "Replay in bulk, or count what would be replayed",
  tag: "orders",
  role: "operate",
  body: z.strictObject({
    ...filterInBody,
    from: instant.describe("a bulk replay has a beginning: received at this instant or later (RFC 3339)"),
    dry_run: z.boolean().default(false).describe("only count"),
    per_second: z.number().min(MIN_REPLAY_PER_SECOND).max(MAX_PER_SECOND).default(DEFAULT_DRAIN_PER_SECOND),
  }),
  responses: { 200: dryRun, 202: replayJob },
  async run({ inbox, config, operator }, { body }) {
    const { dry_run, per_second, ...filter } = body;
    const mistakes = mistakesOf(filter, config);
    if (mistakes) return mistakes;
    const wanted = { ...filterOf(filter), replayable: true };
    if (dry_run) return done(200, { matching: await countAll(inbox, wanted) });
    const id = `rpl_${crypto.randomUUID().replaceAll("-", "")}`;
    const share = per_second / inbox.shardNames.length;
    await inbox.audit(operator.name, "replays", { id, ...filter });
    await inbox.all(async (shard) =>
      shard.startReplay(id, wanted, share, await countMatching(shard, wanted)),
    );
    const job = await replayOf(inbox, id);
    return job ? done(202, job) : notFound("replay");
  },
  refusals,
});

export const listReplays = operation({
  id: "listReplays",
  method: "get",
  path: "/api/replays",
  summary: "Bulk replays, newest first",
  tag: "orders",
  role: "read",
  query: z.strictObject({ state: replayState.optional(), ...pageQuery }),
  responses: { 200: z.object({ replays: z.array(replayJob), cursor: nextCursor }) },
  async run({ inbox }, { query: { state, cursor, limit } }) {
    if (cursor !== undefined && !CURSOR.test(cursor)) return badCursor();
    const parts = (await inbox.all((shard) => shard.replays())).flat();
    const wanted = [...Map.groupBy(parts, ({ id }) => id).values()]
      .map(addUp)
      .filter((job) => state === undefined || job.state === state)
      .filter((job) => cursor === undefined || positionOf(job) < cursor)
      .sort((a, b) => (positionOf(a) < positionOf(b) ? 1 : -1));
    const replays = wanted.slice(0, limit);
    const last = replays.at(-1);
    return done(200, { replays, cursor: last && wanted.length > limit ? positionOf(last) : null });
  },
});

/** Where a bulk replay is in the list, and where the list goes on behind it. */
function positionOf({ started_at, id }: ReplayJobJson): string {
  return `${started_at}_${id}`;
}
const CURSOR = /^[0-9TZ:.-]{24}_rpl_[0-9a-f]{32}$/;

export const getReplay = operation({
  id: "getReplay",
  method: "get",
  path: "/api/replays/{id}",
  summary: "How far a bulk replay is",
  tag: "orders",
  role: "read",
  params: byId,
  responses: { 200: replayJob },
  refusals,
  async run({ inbox }, { params }) {
    const job = await replayOf(inbox, params.id);
    return job ? done(200, job) : notFound("replay");
  },
});

export const cancelReplay = operation({
  id: "cancelReplay",
  method: "post",
  path: "/api/replays/{id}/cancel",
  summary: "Stop a bulk replay; one that has ended is left as it is",
  tag: "orders",
  role: "operate",
  params: byId,
  responses: { 200: replayJob },
  refusals,
  async run({ inbox, operator }, { params: { id } }) {
    const job = await replayOf(inbox, id);
    if (!job) return notFound("replay");
    if (job.state !== "running") return done(200, job);
    await inbox.audit(operator.name, "cancel", { id });
    await inbox.all((shard) => shard.cancelReplay(id));
    return done(200, (await replayOf(inbox, id)) ?? job);
  },
});

async function replayOf(inbox: InboxClient, id: string): Promise<ReplayJobJson | null> {
  const parts = (await inbox.all((shard) => shard.replays())).flat().filter((job) => job.id === id);
  return parts.length === 0 ? null : addUp(parts);
}

/** One bulk replay, added up over the shards' parts (at least one). */
function addUp(parts: readonly ReplayJobRow[]): ReplayJobJson {
  const has = (state: string) => parts.some((part) => part.state === state);
  const sum = (of: (part: ReplayJobRow) => number) => parts.reduce((total, part) => total + of(part), 0);
  const [first] = parts;
  const filter = JSON.parse(first?.filter ?? "{}") as EventFilter;
  return {
    id: first?.id ?? "",
    state: has("running") ? "running" : has("canceled") ? "canceled" : "finished",
    filter: filterView(filter),
    per_second: sum(({ per_second: perSecond }) => perSecond),
    total: sum(({ total }) => total),
    replayed: sum(({ replayed }) => replayed),
    progress:
      sum(({ cursor, until }) => Math.min(cursor, until)) /
      Math.max(
        1,
        sum(({ until }) => until),
      ),
    // Each shard began its part for itself.
    started_at: instantOf(Math.min(...parts.map(({ started_at: at }) => at))),
  };
}
