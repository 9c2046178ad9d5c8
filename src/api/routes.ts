/**
 * The operator API (docs/operations.md): what happened to a payment, and what to do about it. Every input
 * is validated by its schema; every order is written into the audit log with who gave it.
 */
import { Hono, type Context } from "hono";
import type { z } from "zod";
import { configOf } from "../config/load.ts";
import { isBroken, isDestination, type RelayConfig } from "../config/schema.ts";
import { InboxClient, type InboxStub } from "../inbox/client.ts";
import type { Breaker } from "../inbox/policy/breaker.ts";
import { reprocess } from "../ingress/reprocess.ts";
import type { ReplayJobRow } from "../inbox/store/operator-store.ts";
import { MAX_AUDIT_ENTRIES } from "../limits.ts";
import { addUp } from "../inbox/ledger.ts";
import { agrees, type EventFilter, type ListedEvent } from "../inbox/queries.ts";
import { forget } from "./forget.ts";
import { operatorsOnly } from "./auth.ts";
import type { ApiBindings } from "./bindings.ts";
import { openApi } from "./openapi.ts";
import { orderInBulk } from "./bulk-orders.ts";
import { releaseAsNewPayment } from "./release.ts";
import {
  dismissBody,
  dismissalsBody,
  eventPage,
  forgetBody,
  listQuery,
  pauseBody,
  releasesBody,
  replayBody,
  replaysBody,
  type replayJob,
} from "./schemas.ts";
import { eventPageOf } from "./event-pages.ts";
import { detailView, instant, listedView } from "./views.ts";

type Api = { Bindings: ApiBindings; Variables: { config: RelayConfig; inbox: InboxClient; actor: string } };

export const api = new Hono<Api>();

api.get("/openapi.json", (c) => c.json(openApi()));

api.use(operatorsOnly);
api.use(async (c, next) => {
  const { config } = configOf(c.env);
  c.set("config", config);
  c.set("inbox", await InboxClient.open(c.env, config));
  // The token is shared, and a header naming a person could be forged by anybody who holds it.
  c.set("actor", "operator");
  return await next();
});

// ---- events ------------------------------------------------------------------------------------------

api.get("/events", async (c) => {
  const query = parse(listQuery, c.req.query());
  if (!query.ok) return badRequest(c, query.problems);
  const { payment_id, cursor, limit, ...filter } = query.value;
  if (payment_id !== undefined) {
    if (filter.q !== undefined) return badRequest(c, ["q: a payment's events are few, list them all"]);
    const all = await c.var.inbox.timeline(payment_id);
    const events = all.filter(({ row }) => agrees(filterOf(filter), row));
    return c.json(
      eventPage.parse({ events: events.map(({ row }) => listedView(row)).toReversed(), cursor: null }),
    );
  }
  const page = await eventPageOf(c.var.inbox, filterOf(filter), cursor, limit);
  if (!page) return badRequest(c, ["cursor: is not one of ours"]);
  return c.json({ events: page.events.map(listedView), cursor: page.cursor });
});

api.get("/events/:id", async (c) => {
  const found = await findEvent(c.var.inbox, c.req.param("id"));
  return found ? c.json(detailView(found.detail, c.var.config)) : notFound(c);
});

api.post("/events/:id/replay", async (c) => {
  const body = parse(replayBody, await readJson(c));
  if (!body.ok) return badRequest(c, body.problems);
  const found = await findEvent(c.var.inbox, c.req.param("id"));
  if (!found) return notFound(c);
  const { inbox, detail } = found;
  if (body.value.as === "new_payment") {
    const released = await releaseAsNewPayment(inbox, detail.row.n, c.var);
    if (!released.ok) return c.json({ error: released.error }, 409);
    const { became } = released;
    const deliveries = (await findEvent(c.var.inbox, became))?.detail.row.deliveries.length ?? 0;
    return c.json({ id: detail.row.event_id, deliveries, became }, 202);
  }
  if (detail.row.state === "quarantined" && detail.callback !== null)
    return await runAgain(c, inbox, detail.row);
  if (["quarantined", "superseded", "conflicting"].includes(detail.row.state)) {
    // What is only kept can be put back on the lists; to forward it, say as what.
    if (detail.row.dismissed === null)
      return c.json({ error: 'it is set aside: to forward it, ask for {"as": "new_payment"}' }, 409);
    await inbox.undismiss(detail.row.n, c.var.actor);
    return c.json({ id: detail.row.event_id, deliveries: 0 }, 202);
  }
  const unknown = unknownNames(c.var.config, body.value);
  if (unknown.length > 0) return badRequest(c, unknown);
  const deliveries = await inbox.replay(detail.row.n, body.value.destination, c.var.actor);
  if (deliveries === 0) return c.json({ error: "nothing of this event can be sent again" }, 409);
  return c.json({ id: detail.row.event_id, deliveries }, 202);
});

api.post("/events/:id/dismiss", async (c) => {
  const body = parse(dismissBody, await readJson(c));
  if (!body.ok) return badRequest(c, body.problems);
  const found = await findEvent(c.var.inbox, c.req.param("id"));
  if (!found) return notFound(c);
  const { row } = found.detail;
  const dismissed = await found.inbox.dismiss(row.n, c.var.actor, body.value.reason);
  if (!dismissed) return c.json({ error: `nothing of it waits for a person: it is ${row.shown}` }, 409);
  return c.json({ id: row.event_id, dismissed });
});

api.post("/dismissals", async (c) => {
  const body = parse(dismissalsBody, await readJson(c));
  if (!body.ok) return badRequest(c, body.problems);
  const { dry_run, limit, reason, ...filter } = body.value;
  const unknown = unknownNames(c.var.config, filter);
  if (unknown.length > 0) return badRequest(c, unknown);
  const wanted = { ...filterOf(filter), needsPerson: true };
  if (dry_run) return c.json({ matching: await countAll(c.var.inbox, wanted) });
  const done = await orderInBulk(c.var.inbox, wanted, limit, async (shard, { n }) =>
    (await shard.dismiss(n, c.var.actor, reason)) ? null : "nothing of it waits for a person",
  );
  return c.json(done);
});

api.post("/releases", async (c) => {
  const body = parse(releasesBody, await readJson(c));
  if (!body.ok) return badRequest(c, body.problems);
  const { dry_run, limit, ...filter } = body.value;
  const unknown = unknownNames(c.var.config, filter);
  if (unknown.length > 0) return badRequest(c, unknown);
  const wanted = { ...filterOf(filter), needsPerson: true, releasable: true };
  if (dry_run) return c.json({ matching: await countAll(c.var.inbox, wanted) });
  const done = await orderInBulk(c.var.inbox, wanted, limit, async (shard, { n }) => {
    const released = await releaseAsNewPayment(shard, n, c.var);
    return released.ok ? null : released.error;
  });
  return c.json(done);
});

/**
 * A quarantined callback through today's adapter: it becomes an event, or says why it still does not. One that
 * was dismissed is back on the lists in any case, so that its order has done something.
 */
async function runAgain(c: Context<Api>, inbox: InboxStub, row: ListedEvent): Promise<Response> {
  const { event_id: eventId } = row;
  const wasDismissed = row.dismissed !== null;
  if (wasDismissed) await inbox.undismiss(row.n, c.var.actor);
  const kept = await inbox.setAsideCallback(eventId);
  if (!kept) return c.json({ error: "the callback is no longer kept" }, 409);
  if (isBroken(c.var.config, kept.source))
    return c.json({ error: `its source ${kept.source} has a problem (see /healthz)` }, 409);
  const decision = await reprocess(kept.source, kept.callback, c.var.config, c.env);
  await inbox.concludeQuarantined(kept.n, decision, c.var.actor);
  const reason = "reason" in decision ? decision.reason : undefined;
  const became = decision.kind === "accepted" ? decision.eventId : null;
  const body = { id: eventId, deliveries: 0, decision: decision.kind, became, reason };
  return c.json(body, became !== null || wasDismissed ? 202 : 409);
}

api.get("/payments/:id", async (c) => {
  const id = c.req.param("id");
  const events = await c.var.inbox.timeline(id);
  if (events.length === 0) return notFound(c);
  return c.json({ payment_id: id, events: events.map((event) => detailView(event, c.var.config)) });
});

api.post("/payments/:id/forget", async (c) => {
  const body = parse(forgetBody, await readJson(c));
  if (!body.ok) return badRequest(c, body.problems);
  const id = c.req.param("id");
  const done = await forget(c.var.inbox, id, { force: body.value.force, actor: c.var.actor });
  switch (done.kind) {
    case "unknown":
      return notFound(c);
    case "owed": {
      const problems = done.events.map((event) => `${event.id} is ${event.state}`);
      const error = "something of it is still owed or waits for a person; nothing was erased";
      return c.json({ error, problems }, 409);
    }
    case "forgotten":
      return c.json({ payment_id: id, events: done.events, dismissed: done.dismissed });
  }
});

// ---- bulk replay ---------------------------------------------------------------------------------------

api.post("/replays", async (c) => {
  const body = parse(replaysBody, await readJson(c));
  if (!body.ok) return badRequest(c, body.problems);
  const { dry_run, per_second, ...filter } = body.value;
  const unknown = unknownNames(c.var.config, filter);
  if (unknown.length > 0) return badRequest(c, unknown);
  const wanted = { ...filterOf(filter), replayable: true };
  if (dry_run) {
    return c.json({ matching: await countAll(c.var.inbox, wanted) });
  }
  const id = `rpl_${crypto.randomUUID().replaceAll("-", "")}`;
  const share = per_second / c.var.inbox.shardNames.length;
  await c.var.inbox.first().audit(c.var.actor, "replays", JSON.stringify({ id, ...filter }));
  await c.var.inbox.all(async (shard) =>
    shard.startReplay(id, wanted, share, await countMatching(shard, wanted)),
  );
  return c.json(await replayProgress(c.var.inbox, id), 202);
});

api.get("/replays", async (c) => {
  const byId = Map.groupBy((await c.var.inbox.all((shard) => shard.replays())).flat(), ({ id }) => id);
  return c.json({ replays: [...byId.values()].map(addUpReplay) });
});

api.get("/replays/:id", async (c) => {
  const job = await replayProgress(c.var.inbox, c.req.param("id"));
  return job ? c.json(job) : notFound(c);
});

api.post("/replays/:id/cancel", async (c) => {
  const id = c.req.param("id");
  const job = await replayProgress(c.var.inbox, id);
  if (!job) return notFound(c);
  if (job.state !== "running") return c.json(job);
  await c.var.inbox.first().audit(c.var.actor, "cancel", JSON.stringify({ id }));
  await c.var.inbox.all((shard) => shard.cancelReplay(id));
  return c.json(await replayProgress(c.var.inbox, id));
});

async function countAll(inbox: InboxClient, filter: EventFilter): Promise<number> {
  const counts = await inbox.all((shard) => countMatching(shard, filter));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function countMatching(inbox: InboxStub, filter: EventFilter): Promise<number> {
  let count = 0;
  let before: number | null = null;
  do {
    const part: Awaited<ReturnType<InboxStub["list"]>> = await inbox.list(
      filter,
      before,
      Number.MAX_SAFE_INTEGER,
    );
    count += part.events.length;
    before = part.next;
  } while (before !== null);
  return count;
}

async function replayProgress(inbox: InboxClient, id: string): Promise<z.infer<typeof replayJob> | null> {
  const parts = (await inbox.all((shard) => shard.replays())).flat().filter((job) => job.id === id);
  return parts.length === 0 ? null : addUpReplay(parts);
}

/** One bulk replay, added up over the shards' parts (at least one). */
function addUpReplay(parts: readonly ReplayJobRow[]): z.infer<typeof replayJob> {
  const has = (state: string) => parts.some((part) => part.state === state);
  return {
    id: parts[0]?.id ?? "",
    state: has("running") ? "running" : has("canceled") ? "canceled" : "finished",
    replayed: parts.reduce((sum, part) => sum + part.replayed, 0),
    total: parts.reduce((sum, part) => sum + part.total, 0),
    filter: JSON.parse(parts[0]?.filter ?? "{}") as Record<string, unknown>,
    started_at: instant(parts[0]?.started_at ?? 0),
  };
}

// ---- destinations and ledger -----------------------------------------------------------------------------

api.get("/destinations", async (c) => {
  const { config, inbox } = c.var;
  const [states, ledger] = await Promise.all([inbox.all((shard) => shard.destinations()), ledgerOf(inbox)]);
  const known = states.flat();
  const configured = [...config.destinations.keys(), ...config.heldDestinations.keys()];
  const names = new Set([...configured, ...Object.keys(ledger.destinations)]);
  const destinations = [...names].map((name) => {
    const breakers = known.flatMap((state) =>
      state.name === name && state.breaker !== null ? [JSON.parse(state.breaker) as Breaker] : [],
    );
    const probes = breakers.flatMap(({ probeAtMs }) => probeAtMs ?? []);
    const counts = ledger.destinations[name];
    return {
      name,
      host: config.destinations.get(name)?.url.host ?? null,
      misconfigured: config.heldDestinations.get(name)?.why ?? null,
      paused: known.find((state) => state.name === name && state.paused !== null)?.paused ?? null,
      breakers_open: probes.length,
      probe_at: probes.length === 0 ? null : instant(Math.min(...probes)),
      pending: counts?.pending ?? 0,
      parked: counts?.parked ?? 0,
      dead: counts?.dead ?? 0,
      dismissed: counts?.dismissed ?? 0,
      delivered: counts?.delivered ?? 0,
    };
  });
  return c.json({ destinations });
});

api.post("/destinations/:name/pause", async (c) => {
  const body = parse(pauseBody, await readJson(c));
  if (!body.ok) return badRequest(c, body.problems);
  const name = c.req.param("name");
  if (!isDestination(c.var.config, name)) return notFound(c);
  await c.var.inbox.first().audit(c.var.actor, "pause", JSON.stringify({ name, why: body.value.why }));
  await c.var.inbox.all((shard) => shard.pause(name, body.value.why));
  return c.json({ name, paused: body.value.why });
});

api.post("/destinations/:name/resume", async (c) => {
  const name = c.req.param("name");
  if (!isDestination(c.var.config, name)) return notFound(c);
  await c.var.inbox.first().audit(c.var.actor, "resume", JSON.stringify({ name }));
  await c.var.inbox.all((shard) => shard.resume(name));
  return c.json({ name, paused: null });
});

api.get("/ledger", async (c) => c.json(await ledgerOf(c.var.inbox)));

api.get("/audit", async (c) => {
  const entries = (await c.var.inbox.all((shard) => shard.auditLog(MAX_AUDIT_ENTRIES))).flat();
  const audit = entries
    .sort((a, b) => b.at - a.at)
    .slice(0, MAX_AUDIT_ENTRIES)
    .map(({ at, actor, action, detail }) => ({ at: instant(at), actor, action, detail }));
  return c.json({ audit });
});

async function ledgerOf(inbox: InboxClient) {
  return addUp(await inbox.all((shard) => shard.ledger()));
}

// ---- helpers -----------------------------------------------------------------------------------------------

/** A mistyped name would match nothing, silently. */
function unknownNames(
  config: RelayConfig,
  { source, destination }: { source?: string | undefined; destination?: string | undefined },
): string[] {
  return [
    ...(source === undefined || config.sources.has(source) || isBroken(config, source)
      ? []
      : [`source: ${source} is not configured`]),
    ...(destination === undefined || isDestination(config, destination)
      ? []
      : [`destination: ${destination} is not configured`]),
  ];
}

/** The event with this id, wherever it is. */
async function findEvent(inbox: InboxClient, id: string) {
  const found = await inbox.all(async (shard) =>
    (await shard.find(id)).map((detail) => ({ inbox: shard, detail })),
  );
  return found.flat()[0] ?? null;
}

function filterOf(
  filter: Omit<EventFilter, "from" | "to" | "needsPerson"> & {
    from?: string | undefined;
    to?: string | undefined;
    needs_person?: boolean | undefined;
  },
): EventFilter {
  const { needs_person: needsPerson, ...rest } = filter;
  return {
    ...rest,
    needsPerson,
    from: filter.from === undefined ? undefined : Date.parse(filter.from),
    to: filter.to === undefined ? undefined : Date.parse(filter.to),
  };
}

function parse<T>(
  schema: z.ZodType<T>,
  input: unknown,
): { ok: true; value: T } | { ok: false; problems: string[] } {
  const parsed = schema.safeParse(input);
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`),
  };
}

/** The body as JSON; none is `undefined`, and what cannot be read is refused by the schema. */
async function readJson(c: Context<Api>): Promise<unknown> {
  const text = await c.req.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function badRequest(c: Context<Api>, problems: readonly string[]): Response {
  return c.json({ error: "bad request", problems }, 400);
}

function notFound(c: Context<Api>): Response {
  return c.json({ error: "not found" }, 404);
}
