/** A stored callback, processed with the current adapter and configuration (deferred: its verifier is asked again; quarantined: after a fix). */
import { isBroken, type RelayConfig } from "../config/schema.ts";
import type { NormalisedEvent } from "../event.ts";
import { normalisedEventOf } from "../providers/normalised-event.ts";
import { because } from "../reasons.ts";
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
  if (!source) {
    // Not asked, and so not counted as an attempt: a mistake of ours must not use up the schedule.
    if (isBroken(config, sourceName))
      return { kind: "undecided", reason: "verifier_rate", detail: "source_misconfigured" };
    return { kind: "undecided", reason: "verifier_unreadable", detail: "source_removed" };
  }
  const processed = await processCallback(source, fromStored(stored), {
    inbox: new InboxClient(env, config),
    config,
    env,
    nowMs: Date.now(),
    verification: stored.verification,
    attemptNow: false,
    caller: () => Promise.resolve(stored.caller ?? ""),
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

/** What a stored callback that was authentic says, or the reason why it says nothing that can be forwarded. */
export async function normaliseStored(
  sourceName: string,
  stored: StoredCallback,
  config: RelayConfig,
): Promise<NormalisedEvent | string> {
  const source = config.sources.get(sourceName);
  if (!source) return isBroken(config, sourceName) ? "source_misconfigured" : "source_removed";
  if (stored.verification === null) return "not_verified";
  const callback = fromStored(stored);
  const reading = await source.normalise(callback);
  if (reading.kind !== "facts") return because(reading);
  return await normalisedEventOf(source, callback, reading.facts, stored.verification);
}
