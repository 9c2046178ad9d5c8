/**
 * The local secrets: `.dev.vars` when there is one, else the public samples of `.dev.vars.example`.
 *
 * Reads what `wrangler dev` reads, so that the programs here sign with what the Worker verifies.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Secrets = Readonly<Record<string, string>>;

/** `KEY=value` lines; the value may be quoted, `#` begins a comment, other lines are ignored. */
export function parseSecrets(text: string): Secrets {
  const found: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    if (match === null) continue;
    const [, name, rest] = match as unknown as [string, string, string];
    const quoted = /^(["'`])(.*?)\1\s*(?:#.*)?$/.exec(rest);
    found[name] = quoted?.[2] ?? rest.replace(/(^|\s)#.*$/, "").trim();
  }
  return found;
}

/** The file `npm start` gives to the Worker. */
export function secretsFile(project: string): string {
  const own = join(project, ".dev.vars");
  return existsSync(own) ? own : join(project, ".dev.vars.example");
}

/** The file's secrets; an environment variable of the same name wins where `env` is given. */
export function readSecrets(file: string, env: NodeJS.ProcessEnv = {}): Secrets {
  const secrets = parseSecrets(readFileSync(file, "utf8"));
  return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, env[name] ?? value]));
}
