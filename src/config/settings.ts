/**
 * The settings of the relay as a whole, each read by itself. Where one cannot be read something stands in for it that
 * loses nothing; where nothing can, the problem is one of the whole, and nothing is accepted.
 */
import { z } from "zod";
import {
  DEFAULT_INBOX_SHARDS,
  DEFAULT_RETENTION_DAYS,
  DEFAULT_TOMBSTONE_DAYS,
  HANDOVER_TIMEOUT_MS,
  MAX_HANDOVER_TIMEOUT_MS,
  MAX_INBOX_SHARDS,
  MAX_RETENTION_DAYS,
  MAX_TOMBSTONE_DAYS,
  MIN_HANDOVER_TIMEOUT_MS,
} from "../limits.ts";
import { problemsOf, WHOLE, type About, type Problem } from "./problems.ts";
import type { Table } from "./table.ts";

export interface Settings {
  readonly environment: string;
  /** Where operators open the console, for links in alerts; null: alerts have none. */
  readonly consoleUrl: URL | null;
  /** null: nobody can tell. */
  readonly inboxShards: number | null;
  readonly inboxShardsBefore: number | null;
  readonly handoverTimeoutMs: number;
  readonly retentionDays: number;
  readonly tombstoneDays: number;
  readonly log: "all" | "problems";
  readonly problems: readonly Problem[];
}

const shardCount = z.int().min(1).max(MAX_INBOX_SHARDS);
const days = (most: number, otherwise: number) => z.int().min(1).max(most).default(otherwise);
const consoleUrl = (isDevelopment: boolean) =>
  z
    .url({ protocol: isDevelopment ? /^https?$/ : /^https$/, error: "must be an https: address" })
    .transform((text) => new URL(text))
    .refine(({ username, password }) => username === "" && password === "", "must not carry a password")
    .nullable()
    .default(null);

/** @param given `RELAY`; null: it cannot be read at all, which is a problem of its own */
export function readSettings(given: Table | null): Settings {
  const problems: Problem[] = [];
  const read = <T>(name: string, schema: z.ZodType<T>, instead: T, about?: About): T => {
    if (given === null) return instead;
    const parsed = schema.safeParse(given[name]);
    if (parsed.success) return parsed.data;
    problems.push(...problemsOf(parsed.error.issues, ["RELAY", name], about ?? { kind: "setting", name }));
    return instead;
  };
  const environment = read("environment", z.string().min(1).default("production"), "production", WHOLE);
  const log = environment === "development" ? "all" : "problems";
  return {
    environment,
    consoleUrl: read("console_url", consoleUrl(environment === "development"), null),
    inboxShards: read("inbox_shards", shardCount.default(DEFAULT_INBOX_SHARDS), null, WHOLE),
    inboxShardsBefore: read("inbox_shards_before", shardCount.nullable().default(null), null, WHOLE),
    handoverTimeoutMs: read(
      "handover_lease_ms",
      z.int().min(MIN_HANDOVER_TIMEOUT_MS).max(MAX_HANDOVER_TIMEOUT_MS).default(HANDOVER_TIMEOUT_MS),
      HANDOVER_TIMEOUT_MS,
    ),
    // What was to be kept for longer must not be purged because of a mistake: the longest time stands in.
    retentionDays: read(
      "retention_days",
      days(MAX_RETENTION_DAYS, DEFAULT_RETENTION_DAYS),
      MAX_RETENTION_DAYS,
    ),
    tombstoneDays: read(
      "tombstone_days",
      days(MAX_TOMBSTONE_DAYS, DEFAULT_TOMBSTONE_DAYS),
      MAX_TOMBSTONE_DAYS,
    ),
    log: read("log", z.enum(["all", "problems"]).default(log), log),
    problems,
  };
}
