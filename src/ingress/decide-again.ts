/** A stored callback, decided with today's adapter and configuration (deferred: ask again; quarantined: after a fix). */
import type { RelayConfig } from "../config/schema.ts";
import type { Env } from "../env.ts";
import type { Decision, StoredCallback } from "../inbox/protocol.ts";
import { decide } from "./decide.ts";
import { Inboxes } from "./inboxes.ts";
import { fromStored } from "./store-form.ts";

/** @param sourceName `provider/account`; one that is no longer configured stays undecided */
export async function decideAgain(
  sourceName: string,
  stored: StoredCallback,
  config: RelayConfig,
  env: Env,
): Promise<Decision> {
  const source = config.sources.get(sourceName);
  if (!source) return { kind: "undecided", reason: "verifier_unreadable", detail: "source_removed" };
  const decided = await decide(source, fromStored(stored), {
    inboxes: new Inboxes(env, config),
    config,
    env,
    nowMs: Date.now(),
    verification: stored.verification,
  });
  switch (decided.kind) {
    case "event":
      return { kind: "accepted", eventId: decided.accepted.eventId, outcome: decided.accepted.outcome };
    case "deferred":
      return { kind: "undecided", reason: decided.reason, detail: decided.detail };
    default:
      return decided;
  }
}
