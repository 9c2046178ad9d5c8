/**
 * From bytes to a decision: verify, claim, normalise, accept. Used for a request, for a deferred
 * callback whose verifier is asked again, and for a quarantined one that is run again after a fix.
 */
import type { RelayConfig } from "../config/schema.ts";
import type { Env } from "../env.ts";
import type { Verification } from "../event.ts";
import type { Accepted } from "../inbox/protocol.ts";
import type { Callback } from "../providers/callback.ts";
import { draftOf } from "../providers/draft.ts";
import type { Claim, Facts } from "../providers/provider.ts";
import type { Source } from "../providers/source.ts";
import type { Because, DeferredReason, QuarantinedReason, RefusedReason } from "../reasons.ts";
import type { Inboxes } from "./inboxes.ts";
import { isKnownDuplicate } from "./shield.ts";

export type Decided =
  | ({ readonly kind: "refused" } & Because<RefusedReason>)
  | ({ readonly kind: "deferred" } & Because<DeferredReason>)
  | ({ readonly kind: "quarantined"; readonly verification: Verification } & Because<QuarantinedReason>)
  | { readonly kind: "event"; readonly accepted: Accepted; readonly shielded: boolean };

export interface Surroundings {
  readonly inboxes: Inboxes;
  readonly config: RelayConfig;
  readonly env: Env;
  readonly nowMs: number;
  /** The proof given when the callback first came; null: verify now. */
  readonly verification: Verification | null;
}

export async function decide(source: Source, callback: Callback, around: Surroundings): Promise<Decided> {
  const { inboxes, nowMs } = around;
  const verdict = around.verification
    ? { kind: "verified" as const, verification: around.verification, claim: undefined }
    : await source.verify(callback, {
        nowMs,
        fetch: (url, init) => fetch(url, init),
        tokens: inboxes.tokens,
      });
  if (verdict.kind !== "verified") return verdict;
  const { verification } = verdict;

  const early = await takeClaim(verdict.claim, callback, inboxes);
  if (early && "refuse" in early) return { kind: "refused", reason: early.refuse };

  const reading = await source.normalise(callback);
  if (reading.kind === "refused") return reading;
  if (reading.kind === "quarantined") return { ...reading, verification };
  const { facts } = reading;
  if (isTestOnLive(source, facts)) return { kind: "quarantined", reason: "test_event", verification };

  const draft = await draftOf(source, callback, facts, verification);
  const late = await takeClaim(facts.claim, callback, inboxes);
  if (late && "refuse" in late) return { kind: "refused", reason: late.refuse };
  if (late) {
    const accepted = { outcome: "duplicate" as const, eventId: draft.id, warnings: [late.duplicate] };
    return { kind: "event", accepted, shielded: false };
  }

  if (await isKnownDuplicate(around.env.SEEN, draft.id, callback.sha256)) {
    const accepted = { outcome: "duplicate" as const, eventId: draft.id, warnings: [] };
    return { kind: "event", accepted, shielded: true };
  }
  const accepted = await inboxes.accept({
    source: source.name,
    draft,
    fingerprint: callback.sha256,
    contents: facts.contents,
    destinations: source.settings.destinations ?? [...around.config.destinations.keys()],
  });
  return { kind: "event", accepted, shielded: false };
}

/** What happens if the name is taken by somebody else; null when it is ours. */
async function takeClaim(
  claim: Claim | undefined,
  callback: Callback,
  inboxes: Inboxes,
): Promise<Claim["taken"] | null> {
  if (!claim) return null;
  const owner = await inboxes.claim(claim, callback.sha256);
  return owner === claim.owner ? null : claim.taken;
}

/** A test account takes test events, a live one live events; what the provider does not flag is what the account is. */
function isTestOnLive(source: Source, facts: Facts): boolean {
  const { mode } = source.settings;
  if (facts.livemode === undefined || mode === "both") return false;
  return facts.livemode !== (mode === "live");
}
