/**
 * What a merchant's `relay.toml` may say: wrangler's own settings, of which a deployment has its own value, and
 * `[vars.RELAY]`. What the Worker is made of (its code, bindings, queues, migrations) is ours and stands in
 * `wrangler.toml`: repeated here it would be an older one after the next upgrade. Pure.
 */
import { isTable, type Table } from "../../../src/config/table.ts";
import { secretsNamedIn } from "../../../src/diagnose/relay-table.ts";

/** A mistake in `relay.toml`: where (`["routes"]`, `["vars", "RELAY", …]`) and what, in words. */
export interface OwnProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Settings of wrangler that are the merchant's. */
const OWN = new Set([
  "$schema",
  "name",
  "account_id",
  "routes",
  "route",
  "workers_dev",
  "preview_urls",
  "limits",
  "placement",
  "observability",
  "logpush",
  "tail_consumers",
  "streaming_tail_consumers",
  "upload_source_maps",
  "kv_namespaces",
  "ratelimits",
  "vars",
]);

/** @param own `relay.toml` as a table. What is wrong with `vars.RELAY` itself, `loadConfig` says. */
export function ownProblems(own: Table, ours: Table): OwnProblem[] {
  const problem = (path: readonly string[], message: string) => ({ path, message });
  const unknown = Object.keys(own).filter((key) => !OWN.has(key));
  const vars = isTable(own["vars"]) ? own["vars"] : {};
  const { logs, traces, redact_query_string: redacts } = tableIn(own, "observability");
  const secretAddresses = isTable(traces) && traces["enabled"] === true ? withSecretAddresses(own) : [];
  return [
    ...unknown.map((key) =>
      problem([key], "is not a deployment's to say: it stands in wrangler.toml, which is ours"),
    ),
    ...(typeof own["name"] === "string" && WORKER_NAME.test(own["name"])
      ? []
      : [
          problem(["name"], "must be the Worker's name: a-z 0-9 -, unlike any other Worker's of the account"),
        ]),
    ...(own["name"] === ours["name"] ? [problem(["name"], "is the development set-up's")] : []),
    ...(own["routes"] === undefined && own["route"] === undefined && own["workers_dev"] !== true
      ? [problem(["routes"], "are missing, and workers_dev is not true: nobody could call it")]
      : []),
    ...(isTable(vars["RELAY"]) ? [] : [problem(["vars", "RELAY"], "is missing")]),
    ...(isTable(vars["RELAY"]) && vars["RELAY"]["environment"] === "development"
      ? [problem(["vars", "RELAY", "environment"], "is the development set-up's: a deployment is none")]
      : []),
    ...Object.keys(vars)
      .filter((name) => name !== "RELAY")
      .map((name) => problem(["vars", name], "is not read by the relay; a secret never stands in a file")),
    // iqpay's addresses end in a secret, and its GET callbacks carry payment data in the query.
    ...(redacts === false
      ? [problem(["observability", "redact_query_string"], "must stay on: queries carry payment data")]
      : []),
    ...(isTable(logs) && logs["invocation_logs"] === true
      ? [problem(["observability", "logs", "invocation_logs"], "must stay off: addresses end in a secret")]
      : []),
    ...(secretAddresses.length === 0
      ? []
      : [
          problem(
            ["observability", "traces", "enabled"],
            `must stay off: spans carry whole addresses, and there are secrets in those of ${secretAddresses.join(", ")}`,
          ),
        ]),
    ...entriesUnknown(own, ours, "kv_namespaces", "binding"),
    ...entriesUnknown(own, ours, "ratelimits", "name"),
  ];
}

/** Cloudflare's own rule: it becomes a part of a host name. */
const WORKER_NAME = /^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$/;

/** Of providers whose callbacks come to an address with a secret in it, or are verified by asking one. */
const SECRET_ADDRESSES = new Set(["iqpay", "tokenpayments"]);
/** Channels of alerts that are called at one. */
const SECRET_CHANNELS: ReadonlySet<unknown> = new Set(["slack", "telegram"]);

/** What is configured that is called, or calls, at an address with a secret in it. */
function withSecretAddresses(own: Table): string[] {
  const relay = relayOf(own);
  const sources = Object.entries(tableIn(relay, "sources")).flatMap(([provider, accounts]) =>
    SECRET_ADDRESSES.has(provider) || tablesOf(accounts).some((account) => "path_secrets" in account)
      ? [`sources.${provider}`]
      : [],
  );
  const channels = Object.entries(tableIn(relay, "alert_channels")).flatMap(([name, channel]) =>
    isTable(channel) && SECRET_CHANNELS.has(channel["kind"]) ? [`alert_channels.${name}`] : [],
  );
  return [...sources, ...channels];
}

/** Entries that give ours another value are the merchant's; further ones are not. */
function entriesUnknown(own: Table, ours: Table, list: string, key: string): OwnProblem[] {
  const known = entriesOf(ours, list).map((entry) => entry[key]);
  return entriesOf(own, list).flatMap((entry, index) =>
    known.includes(entry[key])
      ? []
      : [{ path: [list, String(index)], message: `${key} is none of ours: ${known.join(", ")}` }],
  );
}

export function entriesOf(config: Table, list: string): readonly Table[] {
  const given = config[list];
  return Array.isArray(given) ? given.filter(isTable) : [];
}

/**
 * Names of every Worker secret the deployment needs; `ADMIN_TOKEN` among them, last, unless the relay has operators with
 * tokens of their own or behind Cloudflare Access.
 */
export function secretsNeeded(own: Table): string[] {
  const relay = relayOf(own);
  const named = secretsNamedIn(relay).filter((name) => name !== ADMIN_TOKEN);
  const hasOperators = relay["operators"] !== undefined || relay["access"] !== undefined;
  return hasOperators ? named : [...named, ADMIN_TOKEN];
}

/**
 * The binding that alerts are sent by as e-mails, restricted to the addresses that are configured; null: no channel is
 * one for e-mails.
 */
export function emailBinding(own: Table): Table | null {
  const emails = tablesOf(relayOf(own)["alert_channels"]).filter(({ kind }) => kind === "email");
  if (emails.length === 0) return null;
  const addresses = (key: string) => [...new Set(emails.flatMap((channel) => channel[key]))];
  return {
    name: "EMAIL",
    allowed_sender_addresses: addresses("from"),
    allowed_destination_addresses: addresses("to"),
  };
}

function relayOf(own: Table): Table {
  return tableIn(tableIn(own, "vars"), "RELAY");
}

function tablesOf(table: unknown): Table[] {
  return isTable(table) ? Object.values(table).filter(isTable) : [];
}

function tableIn(table: Table, key: string): Table {
  const value = table[key];
  return isTable(value) ? value : {};
}

const ADMIN_TOKEN = "ADMIN_TOKEN";
