/** Carries out a deployment plan, step by step, and stops at the first that fails. */
import { SECRETS_FILE, type Step } from "./deploy-plan.ts";
import type { Io } from "./io.ts";
import { withSecretsFile } from "./secrets-upload.ts";
import { failed, wrangler } from "./wrangler.ts";

/** @param values of the secrets, by name; only those that a step names are written, and only while it runs */
export async function carryOut(
  io: Io,
  steps: readonly Step[],
  values: Readonly<Record<string, string>>,
): Promise<void> {
  for (const { what, args, secrets } of steps) {
    io.err(`${what} …`);
    const runWith = async (file: string) => {
      const given = args.map((arg) => (arg === SECRETS_FILE ? file : arg));
      const ran = await wrangler(io, given, (text) => io.err(text.trimEnd()));
      if (ran.code !== 0) throw failed(args, ran);
    };
    if (secrets.length === 0) await runWith("");
    else {
      const chosen = Object.fromEntries(secrets.map((name) => [name, values[name] ?? ""]));
      await withSecretsFile(chosen, runWith);
    }
  }
}

/** The commands as somebody would type them, with the secrets in this file. */
export function commandLines(steps: readonly Step[], secretsFile: string): string[] {
  return steps.flatMap(({ what, args, secrets }) => [
    `# ${what}${secrets.length === 0 ? "" : `: ${secrets.join(", ")}`}`,
    `npx wrangler ${args.map((arg) => quoted(arg === SECRETS_FILE ? secretsFile : arg)).join(" ")}`,
  ]);
}

function quoted(arg: string): string {
  return /^[\w./:=@-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", String.raw`'\''`)}'`;
}
