/** What the ingress needs of the platform, besides the Inbox. */
import type { CounterBindings } from "../counters.ts";
import type { InboxBindings } from "../inbox/client.ts";

export interface IngressBindings extends InboxBindings, CounterBindings {
  /** The shield: event id → fingerprint of a callback known to be a plain duplicate. */
  readonly SEEN: KVNamespace;
  /** Counts refused requests by caller; without it floods are not limited. */
  readonly UNVERIFIED?: RateLimit;
  /** Counts questions to token verifiers on behalf of callers that are not known, by source. */
  readonly QUESTIONS?: RateLimit;
  /** Counts questions about deferred callbacks, by source, those of known callers apart. */
  readonly QUESTIONS_AGAIN?: RateLimit;
}
