/** What the subjects of a bench need, made anew for each run and gone with it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../tools/lib/build.ts";
import type { CryptopayCredentials } from "../../tools/lib/callbacks.ts";
import { credentials, readRelayConfig } from "../../tools/lib/relay-config.ts";
import { readSecrets, type Secrets } from "../../tools/lib/secrets.ts";
import { type BenchCrm, startBenchCrm } from "./crm.ts";
import { ACCOUNT, type Surroundings } from "./subjects.ts";

interface Wanted extends Partial<Pick<Surroundings, "redisServer" | "adjust">> {
  /** The floors are measured as well. */
  readonly hasFloors?: boolean;
}

/** Who sends to the subjects, and where they deliver to. */
export interface Ends {
  readonly crm: BenchCrm;
  readonly who: CryptopayCredentials;
  readonly secrets: Secrets;
}

/** Builds the bundles and starts the CRM, for as long as `run` takes. */
export async function withSurroundings(
  project: string,
  { hasFloors = false, redisServer = null, adjust }: Wanted,
  run: (around: Surroundings, ends: Ends) => Promise<void>,
): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "psp-relay-bench-"));
  const crm = await startBenchCrm();
  try {
    const secrets = readSecrets(join(project, ".dev.vars.example"));
    const around: Surroundings = {
      project,
      scratch,
      relayBundle: join(scratch, "relay"),
      floorBundle: join(scratch, "floor"),
      secrets,
      crmUrl: crm.url,
      redisServer,
      ...(adjust && { adjust }),
    };
    await build(project, project, around.relayBundle, scratch);
    if (hasFloors) await build(project, join(project, "bench/peers/floor"), around.floorBundle, scratch);
    const who = credentials(readRelayConfig(project), secrets, "cryptopay", ACCOUNT);
    await run(around, { crm, who, secrets });
  } finally {
    await crm.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
