/** The configuration in force: what is wrong with it and where, who may look, where alerts go, how full the shards are. */
import { z } from "zod";
import { SEVERITY_NAMES } from "../../alert.ts";
import { configOf } from "../../config/load.ts";
import { ROLES } from "../../config/operators.ts";
import type { RelayConfig } from "../../config/schema.ts";
import type { InboxClient } from "../../inbox/client.ts";
import { DATABASE_LIMIT_BYTES } from "../../limits.ts";
import { fault } from "../../log.ts";
import { liveSecrets } from "../../verify/secret.ts";
import { VERSION } from "../../version.ts";
import { done, operation } from "./operation.ts";

const shardView = z.object({
  name: z.string(),
  bytes: z.int().nullable().describe("of its database; null: it does not answer"),
  limit_bytes: z.int().describe("what the platform permits it"),
});

const configurationView = z
  .object({
    version: z.string(),
    environment: z.string(),
    status: z.enum(["ok", "degraded", "misconfigured"]).describe("as /healthz has it"),
    problems: z.array(
      z.object({
        path: z.string().describe("the place in the configuration, with dots"),
        message: z.string(),
        about: z.object({ kind: z.string(), name: z.string().optional() }).describe("what it stops"),
      }),
    ),
    retention_days: z.int(),
    tombstone_days: z.int(),
    operators: z.array(
      z.object({
        name: z.string(),
        role: z.enum(ROLES),
        tokens: z.int().describe("how many are in force"),
      }),
    ),
    access: z
      .object({
        issuer: z.string(),
        role: z.enum(ROLES).describe("of whoever it lets in"),
        operate: z.array(z.string()).describe("who may give orders"),
      })
      .nullable()
      .describe("null: nobody comes by way of Cloudflare Access"),
    alert_channels: z.array(
      z.object({
        name: z.string(),
        kind: z.string().nullable().describe("null: it has a problem"),
        severities: z.array(z.enum(SEVERITY_NAMES)).describe("of the alerts it is told of"),
      }),
    ),
    shards: z.array(shardView),
  })
  .meta({ id: "Configuration" });
export type ConfigurationJson = z.infer<typeof configurationView>;

export const getConfiguration = operation({
  id: "getConfiguration",
  method: "get",
  path: "/api/configuration",
  summary:
    "The configuration in force with its problems, operators, channels of alerts and shards; no secret is in it",
  tag: "relay",
  role: "read",
  responses: { 200: configurationView },
  async run({ env, config, inbox }) {
    const { problems, status } = configOf(env);
    const { environment, retentionDays, tombstoneDays, access } = config;
    return done(200, {
      version: VERSION,
      environment,
      status,
      problems: problems.map(({ path, message, about }) => ({ path: path.join("."), message, about })),
      retention_days: retentionDays,
      tombstone_days: tombstoneDays,
      operators: operatorsOf(config, Date.now()),
      access: access && { issuer: access.issuer, role: access.role, operate: [...access.operate] },
      alert_channels: channelsOf(config),
      shards: await Promise.all(inbox.shardNames.map(async (name) => await shardOf(inbox, name))),
    });
  },
});

function operatorsOf({ operators }: RelayConfig, nowMs: number): ConfigurationJson["operators"] {
  return operators.map(({ name, role, tokens }) => ({
    name,
    role,
    tokens: liveSecrets(tokens, nowMs).length,
  }));
}

function channelsOf({ alertChannels, destinations }: RelayConfig): ConfigurationJson["alert_channels"] {
  return [...alertChannels].map(([name, severities]) => {
    const served = destinations.get(name);
    const kind = served ? (served.channel?.kind ?? "webhook") : null;
    return { name, kind, severities: [...severities] };
  });
}

/** One that does not answer hides none of the others. */
async function shardOf(inbox: InboxClient, name: string): Promise<z.infer<typeof shardView>> {
  const shard = { name, limit_bytes: DATABASE_LIMIT_BYTES };
  try {
    return { ...shard, bytes: await inbox.ask(name, async (object) => await object.databaseBytes()) };
  } catch (error) {
    fault("configuration", error, { shard: name });
    return { ...shard, bytes: null };
  }
}
