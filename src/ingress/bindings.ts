/** What the ingress needs of the platform, besides the Inbox. */
import type { CounterBindings } from "../counters.ts";
import type { ActivityBindings } from "../activity/client.ts";

export interface IngressBindings extends ActivityBindings, CounterBindings {
  /** The shield: event id → fingerprint of a callback known to be a plain duplicate. */
  readonly SEEN: KVNamespace;
  /** Counts refused requests by caller; without it floods are not limited. */
  readonly UNVERIFIED?: RateLimit;
  /** Counts questions on behalf of callers that are not known, and apart those about known callers' deferred callbacks. */
  readonly QUESTIONS?: RateLimit;
  /** Counts questions about deferred callbacks of callers that are not known, by source. */
  readonly QUESTIONS_AGAIN?: RateLimit;
}
