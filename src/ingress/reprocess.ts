/** A stored callback, processed with today's adapter and configuration (deferred: ask again; quarantined: after a fix). */
import type { RelayConfig } from "../config/schema.ts";
import type { IngressBindings } from "./bindings.ts";
import type { Decision, StoredCallback } from "../inbox/protocol.ts";
import { processCallback } from "./process-callback.ts";
import { InboxClient } from "../inbox/client.ts";
import { fromStored } from "./stored-callback.ts";

/** @param sourceName `provider/account`; one that is no longer configured stays undecided */
export async function reprocess(
  sourceName: string,
  stored: StoredCallback,
  config: RelayConfig,
  env: IngressBindings,
): Promise<Decision> {
  const source = config.sources.get(sourceName);
  if (!source) return { kind: "undecided", reason: "verifier_unreadable", detail: "source_removed" };
  const processed = await processCallback(source, fromStored(stored), {
    inbox: new InboxClient(env, config),
    config,
    env,
    nowMs: Date.now(),
    verification: stored.verification,
    caller: stored.caller ?? "",
    again: true,
  });
  switch (processed.kind) {
    case "event":
      return { kind: "accepted", eventId: processed.accepted.eventId, outcome: processed.accepted.outcome };
    case "deferred":
      return { kind: "undecided", reason: processed.reason, detail: processed.detail };
    default:
      return processed;
  }
}
