/** Destinations: how they are, and holding back what they are owed. */
import { z } from "zod";
import { isDestination, type Destination } from "../../config/schema.ts";
import type { Breaker } from "../../inbox/policy/breaker.ts";
import { MAX_PAUSE_REASON_CHARS } from "../../limits.ts";
import { liveSecrets, type Secret } from "../../verify/secret.ts";
import { destinationName } from "./fields.ts";
import { ledgerOf } from "./ledger.ts";
import { done, operation } from "./operation.ts";
import { notFound } from "./problem.ts";
import { destinationView, type DestinationJson } from "./schemas.ts";
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
    const [states, ledger] = await Promise.all([
      inbox.all((shard) => shard.destinationReports()),
      ledgerOf(inbox),
    ]);
    const nowMs = Date.now();
    const known = states.flat();
    const names = new Set([
      ...config.destinations.keys(),
      ...config.heldDestinations.keys(),
      ...Object.keys(ledger.destinations),
    ]);
    const destinations = [...names].map((name) => {
      const reports = known.filter((report) => report.name === name);
      const breakers = reports.flatMap(({ breaker }) =>
        breaker === null ? [] : [JSON.parse(breaker) as Breaker],
      );
      const owedSince = reports.flatMap(({ owedSinceMs }) => owedSinceMs ?? []);
      const configured = config.destinations.get(name);
      const probes = breakers.flatMap(({ probeAtMs }) => probeAtMs ?? []);
      const counts = ledger.destinations[name];
      return {
        name,
        host: configured?.url.host ?? null,
        misconfigured: config.heldDestinations.get(name)?.why ?? null,
        paused: reports.find(({ paused }) => paused !== null)?.paused ?? null,
        breakers_open: probes.length,
        probe_at: probes.length === 0 ? null : instantOf(Math.min(...probes)),
        owed_since: owedSince.length === 0 ? null : instantOf(Math.min(...owedSince)),
        in_flight: reports.reduce((sum, { inFlight }) => sum + inFlight, 0),
        per_second: configured?.maxPerSecond ?? null,
        max_in_flight: configured?.maxInFlight ?? null,
        types: configured?.types ? [...configured.types] : null,
        keys: configured ? keysOf(configured, nowMs) : [],
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

function keysOf({ secrets, signingKeys }: Destination, nowMs: number): DestinationJson["keys"] {
  const viewsOf = (kind: "hmac" | "ed25519", keys: readonly Secret[]) => {
    const live = liveSecrets(keys, nowMs);
    return keys.map((key) => ({
      id: key.id,
      kind,
      not_after: key.notAfterMs === undefined ? null : instantOf(key.notAfterMs),
      in_force: live.includes(key),
    }));
  };
  return [...viewsOf("hmac", secrets), ...viewsOf("ed25519", signingKeys)];
}

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
    await inbox.audit(operator.name, "pause", { name, why });
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
    await inbox.audit(operator.name, "resume", { name });
    await inbox.all((shard) => shard.resume(name));
    return done(200, { name, paused: null });
  },
});
