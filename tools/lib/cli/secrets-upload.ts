/** Secrets in a file for wrangler, for as long as one command runs: JSON, since wrangler expands `$` in other files. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Calls `use` with a file only this user can read; it is gone afterwards, whatever happens. */
export async function withSecretsFile<T>(
  secrets: Readonly<Record<string, string>>,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "relay-secrets-"));
  try {
    const file = join(folder, "secrets.json");
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
    return await use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
