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
import { paymentIdOf } from "../providers/ids.ts";
import { setAsideBy } from "../providers/policy.ts";
import type { Claim, Verdict } from "../providers/provider.ts";
import type { Source } from "../providers/source.ts";
import type { Because, QuarantinedReason } from "../reasons.ts";
import { mayAsk } from "./flood.ts";
import type { Inboxes } from "./inboxes.ts";
import { isKnownDuplicate, repeatsAreNoNews } from "./shield.ts";

export type Decided =
  | Exclude<Verdict, { kind: "verified" }>
  | ({ readonly kind: "quarantined"; readonly verification: Verification } & Because<QuarantinedReason>)
  | {
      readonly kind: "event";
      readonly accepted: Accepted;
      readonly verification: Verification;
      readonly shield: Shield;
    };

/** `hit`: answered by the shield; `open`: a plain repeat may be remembered there; `closed`: it may not. */
export type Shield = "hit" | "open" | "closed";

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
        mayAsk: async () => await mayAsk(around.env, source.name),
      });
  if (verdict.kind !== "verified") return verdict;
  const { verification } = verdict;

  const early = await takeClaim(verdict.claim, callback, inboxes);
  if (early && "refuse" in early.taken) return { kind: "refused", reason: early.taken.refuse };

  const reading = await source.normalise(callback);
  if (reading.kind === "refused") return reading;
  if (reading.kind === "quarantined") return { ...reading, verification };
  const { facts } = reading;
  const aside = setAsideBy(source.settings, facts);
  if (aside) return { kind: "quarantined", ...aside, verification };

  const draft = await draftOf(source, callback, facts, verification);
  const late = await takeClaim(ofAccount(source, facts.claim), callback, inboxes);
  if (late && "refuse" in late.taken) return { kind: "refused", reason: late.taken.refuse };
  if (late && "duplicate" in late.taken) {
    const warning = late.taken.duplicate;
    await inboxes.repeat(await paymentIdOf(source.provider, source.account, late.owner), draft.id, warning);
    const accepted = { outcome: "duplicate" as const, eventId: draft.id, warnings: [warning] };
    return { kind: "event", accepted, verification, shield: "closed" };
  }

  const shield = repeatsAreNoNews(facts) ? "open" : "closed";
  if (shield === "open" && (await isKnownDuplicate(around.env.SEEN, draft.id, callback.sha256))) {
    const accepted = { outcome: "duplicate" as const, eventId: draft.id, warnings: [] };
    return { kind: "event", accepted, verification, shield: "hit" };
  }
  const accepted = await inboxes.accept({
    source: source.name,
    draft,
    fingerprint: callback.sha256,
    contents: facts.contents,
    destinations: source.settings.destinations ?? around.config.eventDestinations,
  });
  return { kind: "event", accepted, verification, shield };
}

/** Whose the name is if it is not ours, and what happens then; null when it is ours. */
async function takeClaim(
  claim: Claim | undefined,
  callback: Callback,
  inboxes: Inboxes,
): Promise<Pick<Claim, "taken" | "owner"> | null> {
  if (!claim) return null;
  const owner = await inboxes.claim(claim, callback.sha256);
  return owner === claim.owner ? null : { taken: claim.taken, owner };
}

/** Two merchants' accounts may well use one event id: each has its own names. */
function ofAccount(source: Source, claim: Claim | undefined): Claim | undefined {
  return claim && { ...claim, key: `${source.name}|${claim.key}` };
}
