/** Monitoring: every few minutes, reads the health and the ledger of all shards and raises alerts. */
import type { RelayConfig } from "./config/schema.ts";
import type { Env } from "./env.ts";
import { InboxClient } from "./inbox/client.ts";
import { addUp } from "./inbox/ledger.ts";
import { findingsOf } from "./inbox/health.ts";

export async function monitor(env: Env, config: RelayConfig, nowMs: number): Promise<void> {
  const inbox = new InboxClient(env, config);
  const [reports, parts] = await Promise.all([
    inbox.all((shard) => shard.health()),
    inbox.all((shard) => shard.ledger()),
  ]);
  // Alerts over all shards are raised in one of them, which can then hold back repeats.
  for (const { about, fields } of findingsOf(reports, addUp(parts), nowMs)) {
    await inbox.first().raise(about, fields);
  }
}
