/** Monitoring: every few minutes, asks all shards how they are and raises what a person should know. */
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
  // One shard holds the alerts of the whole, so that it is the one to know what was said already.
  for (const { about, fields } of findingsOf(reports, addUp(parts), nowMs)) {
    await inbox.first().raise(about, fields);
  }
}
