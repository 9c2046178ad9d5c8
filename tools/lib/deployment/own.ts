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
  const { logs, redact_query_string: redacts } = observabilityOf(own);
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
    ...entriesUnknown(own, ours, "kv_namespaces", "binding"),
    ...entriesUnknown(own, ours, "ratelimits", "name"),
  ];
}

/** Cloudflare's own rule: it becomes a part of a host name. */
const WORKER_NAME = /^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$/;

function observabilityOf(own: Table): Table {
  return isTable(own["observability"]) ? own["observability"] : {};
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
  const vars = isTable(own["vars"]) ? own["vars"] : {};
  const relay = isTable(vars["RELAY"]) ? vars["RELAY"] : {};
  const named = secretsNamedIn(relay).filter((name) => name !== ADMIN_TOKEN);
  const hasOperators = relay["operators"] !== undefined || relay["access"] !== undefined;
  return hasOperators ? named : [...named, ADMIN_TOKEN];
}

const ADMIN_TOKEN = "ADMIN_TOKEN";
