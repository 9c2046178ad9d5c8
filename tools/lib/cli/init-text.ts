/** The files that `relay init` writes. Pure. */
import type { Plan, PlannedSecret } from "./init-plan.ts";

/** A deployment's `relay.toml`: wrangler's own settings, and `[vars.RELAY]`. */
export function relayToml(name: string, host: string, { accounts, destinations, secrets }: Plan): string {
  const origin = new Map(secrets.map((secret) => [secret.name, secret.origin]));
  const sections = [
    ...accounts.map(({ source, settings }) => {
      const [provider = "", account = ""] = source.split("/");
      return tables(["vars", "RELAY", "sources", provider, account], settings, origin);
    }),
    ...destinations.map(({ name: destination, url, secrets: names }) =>
      tables(["vars", "RELAY", "destinations", destination], { url, secrets: names }, origin),
    ),
  ];
  return `# A deployment of psp-relay, made by \`relay init\` (docs/cli.md#a-deployment). Yours to change; keep it in version
# control. What is not said here is the project's own (wrangler.toml). Options: docs/providers.md, docs/delivery.md.

# The Worker's name on your account. Its queues, counters and rate limits are named after it.
name = ${text(name)}

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
routes = [{ pattern = ${text(host)}, custom_domain = true }]
workers_dev = false`;
}

type Values = Readonly<Record<string, unknown>>;

/** A table and the tables in it, headings first. */
function tables(path: readonly string[], values: Values, origin: ReadonlyMap<string, string>): string {
  const isTable = (value: unknown): value is Values =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const inner = Object.entries(values).filter(([, value]) => isTable(value));
  const own = Object.entries(values).filter(([, value]) => !isTable(value));
  const lines = own.map(([key, value]) => {
    const isIssued = key === "secrets" && Array.isArray(value) && origin.get(String(value[0])) === "provider";
    return `${keyText(key)} = ${valueText(value)}${isIssued ? " # issued by the provider" : ""}`;
  });
  const heading =
    own.length === 0 && inner.length > 0 ? [] : [`[${path.map(keyText).join(".")}]`, ...lines, ""];
  return [...heading, ...inner.map(([key, value]) => tables([...path, key], value as Values, origin))].join(
    "\n",
  );
}

const keyText = (key: string) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : text(key));

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  return typeof value === "string" ? text(value) : String(value);
}

/** A basic string of TOML has JSON's escapes. */
const text = (value: string) => JSON.stringify(value);

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
