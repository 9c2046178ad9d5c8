/** The bindings of `wrangler.toml`, typed. Secrets are read by name through the configuration. */
import type { Inbox } from "./inbox/inbox.ts";
import type { Reference } from "./inbox/protocol.ts";

export interface Env {
  readonly INBOX: DurableObjectNamespace<Inbox>;
  /** The shield: event id → fingerprint of a callback known to be a plain duplicate. */
  readonly SEEN: KVNamespace;
  readonly DELIVERIES: Queue<Reference>;
  /** Counts refused requests; without it a flood is refused one by one. */
  readonly UNVERIFIED?: RateLimit;
  /** Counts questions to token verifiers, by source. */
  readonly QUESTIONS?: RateLimit;
  /** One point per thing that happened; without it the log alone tells. */
  readonly COUNTERS?: AnalyticsEngineDataset;
  readonly RELAY: unknown;
  readonly ADMIN_TOKEN?: string;
}
