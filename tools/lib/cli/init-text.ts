/** The files that `relay init` writes. Pure. */
import type { Plan, PlannedSecret } from "./init-plan.ts";
import { tomlTables, tomlText } from "./toml-text.ts";

/** A deployment's `relay.toml`: wrangler's own settings, and `[vars.RELAY]`. */
export function relayToml(name: string, host: string, { accounts, destinations, secrets }: Plan): string {
  const origin = new Map(secrets.map((secret) => [secret.name, secret.origin]));
  const issuer = (key: string, value: unknown) =>
    key === "secrets" && Array.isArray(value) && origin.get(String(value[0])) === "provider"
      ? "issued by the provider"
      : null;
  const sections = [
    ...accounts.map(({ source, settings }) => {
      const [provider = "", account = ""] = source.split("/");
      return tomlTables(["vars", "RELAY", "sources", provider, account], settings, issuer);
    }),
    ...destinations.map(({ name: destination, url, secrets: names }) =>
      tomlTables(["vars", "RELAY", "destinations", destination], { url, secrets: names }, issuer),
    ),
  ];
  return `# A deployment of psp-relay, made by \`relay init\` (docs/cli.md#a-deployment). Yours to change; keep it in version
# control. What is not said here is the project's own (wrangler.toml). Options: docs/providers.md, docs/delivery.md.

# The Worker's name on your account. Its queues, counters and rate limits are named after it.
name = ${tomlText(name)}

${addressOf(host)}
preview_urls = false

# CPU time of one invocation at most: bounds what something unforeseen can cost.
[limits]
cpu_ms = 30_000

# "off": near whoever calls.
[placement]
mode = "off"

[observability]
enabled = true
head_sampling_rate = 1

# Secrets are named here, and their values are in .dev.vars beside this file until \`relay deploy\` has uploaded them.
${sections.join("\n")}`;
}

/** A custom domain, or the account's own `workers.dev`. */
function addressOf(host: string): string {
  if (host.endsWith(".workers.dev"))
    return "# Reached at <name>.<your subdomain>.workers.dev.\nworkers_dev = true";
  return `# A custom domain: Cloudflare makes its DNS record and certificate. It must be of a zone of your account.
routes = [{ pattern = ${tomlText(host)}, custom_domain = true }]
workers_dev = false`;
}

/** The deployment's secrets, as `wrangler dev` reads them too. */
export function secretsText(secrets: readonly PlannedSecret[]): string {
  const lines = secrets.map(({ name, value, about }) => `# ${about}\n${name}=${quoted(value)}`);
  return `# Secrets of this deployment: never in version control. \`relay deploy\` uploads them; then keep them in a
# password manager and take this file away, or keep it for \`wrangler dev\`.
${lines.join("\n")}
`;
}

/** In quotes that do not come in it; nothing between them is expanded. */
function quoted(value: string): string {
  const quote = ["'", "`", '"'].find((one) => !value.includes(one));
  if (quote === undefined || /[\r\n]/.test(value))
    throw new Error("a secret with line ends or all kinds of quotes cannot be kept in .dev.vars");
  return `${quote}${value}${quote}`;
}
