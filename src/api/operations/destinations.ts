/** Destinations: how they are, and holding back what they are owed. */
import { z } from "zod";
import { isDestination } from "../../config/schema.ts";
import type { Breaker } from "../../inbox/policy/breaker.ts";
import { MAX_PAUSE_REASON_CHARS } from "../../limits.ts";
import { destinationName } from "./fields.ts";
import { ledgerOf } from "./ledger.ts";
import { done, operation } from "./operation.ts";
import { notFound } from "./problem.ts";
import { destinationView } from "./schemas.ts";
import { instantOf } from "./views.ts";

const byName = z.strictObject({ name: destinationName });
const refusals = { 404: "There is no destination with this name" };
const pauseState = z.object({ name: z.string(), paused: z.string().nullable() });

export const listDestinations = operation({
  id: "listDestinations",
  method: "get",
  path: "/api/destinations",
  summary: "Destinations and how they are",
  tag: "destinations",
  role: "read",
  responses: { 200: z.object({ destinations: z.array(destinationView) }) },
  async run({ config, inbox }) {
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
        probe_at: probes.length === 0 ? null : instantOf(Math.min(...probes)),
        pending: counts?.pending ?? 0,
        parked: counts?.parked ?? 0,
        dead: counts?.dead ?? 0,
        dismissed: counts?.dismissed ?? 0,
        delivered: counts?.delivered ?? 0,
      };
    });
    return done(200, { destinations });
  },
});

export const pauseDestination = operation({
  id: "pauseDestination",
  method: "post",
  path: "/api/destinations/{name}/pause",
  summary: "Hold deliveries; nothing is dropped",
  tag: "destinations",
  role: "operate",
  params: byName,
  body: z
    .strictObject({ why: z.string().max(MAX_PAUSE_REASON_CHARS).default("by an operator") })
    .default({ why: "by an operator" }),
  responses: { 200: pauseState },
  refusals,
  async run({ config, inbox, operator }, { params: { name }, body: { why } }) {
    if (!isDestination(config, name)) return notFound("destination");
    await inbox.first().audit(operator.name, "pause", JSON.stringify({ name, why }));
    await inbox.all((shard) => shard.pause(name, why));
    return done(200, { name, paused: why });
  },
});

export const resumeDestination = operation({
  id: "resumeDestination",
  method: "post",
  path: "/api/destinations/{name}/resume",
  summary: "Deliver what was held, and close the breaker",
  tag: "destinations",
  role: "operate",
  params: byName,
  responses: { 200: pauseState },
  refusals,
  async run({ config, inbox, operator }, { params: { name } }) {
    if (!isDestination(config, name)) return notFound("destination");
    await inbox.first().audit(operator.name, "resume", JSON.stringify({ name }));
    await inbox.all((shard) => shard.resume(name));
    return done(200, { name, paused: null });
  },
});
