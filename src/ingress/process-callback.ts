/**
 * From bytes to a decision: verify, reserve, normalise, accept. Used for a request, for a deferred
 * callback whose verifier is asked again, and for a quarantined one that is processed again after a fix.
 */
import type { RelayConfig } from "../config/schema.ts";
import type { IngressBindings } from "./bindings.ts";
import type { Verification } from "../event.ts";
import type { Accepted } from "../inbox/protocol.ts";
import type { Callback } from "../providers/callback.ts";
import { normalisedEventOf } from "../providers/normalised-event.ts";
import { traceContextOf } from "../parse/trace-context.ts";
import { setAsideBy } from "../providers/policy.ts";
import type { Reservation, Verdict } from "../providers/provider.ts";
import type { Source } from "../providers/source.ts";
import type { Because, QuarantinedReason, RefusedReason } from "../reasons.ts";
import { takeQuestion } from "./flood.ts";
import { tokenRegistry } from "./questions.ts";
import type { InboxClient } from "../inbox/client.ts";
import { expectsRepeats, isKnownDuplicate, noteRepeat, recentCallbacks, repeatsAreNoNews } from "./shield.ts";

export type Processed =
  | Exclude<Verdict, { kind: "verified" }>
  | ({
      readonly kind: "quarantined";
      readonly verification: Verification;
      /** Where it could be read all the same. */
      readonly merchantReference?: string | null;
    } & Because<QuarantinedReason>)
  | {
      readonly kind: "event";
      readonly accepted: Accepted;
      readonly verification: Verification;
      readonly shield: Shield;
    };

/** `hit`: the shield knew it for a duplicate; `open`: a plain repeat may be recorded there; `closed`: it may not. */
export type Shield = "hit" | "open" | "closed";

export interface ProcessingContext {
  readonly inbox: InboxClient;
  readonly config: RelayConfig;
  readonly env: IngressBindings;
  readonly nowMs: number;
  /** The proof given when the callback first came; null: verify now. */
  readonly verification: Verification | null;
  /** Whoever asks makes the first attempts of what is accepted. */
  readonly attemptNow: boolean;
  /** Who sent the callback, as an opaque key. */
  readonly caller: () => Promise<string>;
  /** A deferred callback, which is asked about again. */
  readonly again: boolean;
}

export async function processCallback(
  source: Source,
  received: Callback,
  context: ProcessingContext,
): Promise<Processed> {
  const { inbox, nowMs } = context;
  const verdict = context.verification
    ? { kind: "verified" as const, verification: context.verification }
    : await source.verify(received, {
        nowMs,
        source: source.name,
        fetch: (url, init) => fetch(url, init),
        tokens: tokenRegistry(source.name, context),
        again: context.again,
        mayAsk: () => takeQuestion(context.env, source.name, { isKnown: false, again: true }),
      });
  if (verdict.kind !== "verified") return verdict;
  const { verification } = verdict;
  const callback = ("statement" in verdict ? verdict.statement : undefined) ?? received;

  const taken = await takenByAnother(
    "reservation" in verdict ? verdict.reservation : undefined,
    callback,
    inbox,
  );
  if (taken) return { kind: "refused", reason: taken };

  const reading = await source.normalise(callback);
  if (reading.kind === "refused") return reading;
  if (reading.kind === "quarantined") return { ...reading, verification };
  const { facts } = reading;
  const aside = setAsideBy(source.settings, facts);
  if (aside)
    return { kind: "quarantined", ...aside, verification, merchantReference: facts.merchantReference };

  const event = await normalisedEventOf(source, callback, facts, verification);
  const shield = repeatsAreNoNews(facts) ? "open" : "closed";
  // What was set aside and is run again is counted by the Inbox, whatever comes of it.
  const isFirstHand = context.verification === null && !context.again;
  const mayBeShielded = isFirstHand && shield === "open";
  if (mayBeShielded && (await isShielded(source.name, event.id, callback.sha256, context))) {
    const accepted = { outcome: "duplicate" as const, eventId: event.id, warnings: [] };
    return { kind: "event", accepted, verification, shield: "hit" };
  }
  const accepted = await inbox.accept({
    source: source.name,
    event,
    fingerprint: callback.sha256,
    ...traceContextOf(received),
    contents: facts.contents,
    instance: facts.instance ?? null,
    attemptNow: context.attemptNow,
    released: null,
    destinations: source.settings.destinations ?? context.config.eventDestinations,
  });
  if (accepted.outcome === "duplicate") noteRepeat(source.name, nowMs);
  if (shield === "open" && isPlain(accepted)) recentCallbacks.add(event.id, callback.sha256, nowMs);
  return { kind: "event", accepted, verification, shield };
}

/** Is this callback known to be a plain duplicate, without the Inbox? */
async function isShielded(
  source: string,
  eventId: string,
  fingerprint: string,
  { env, nowMs }: Pick<ProcessingContext, "env" | "nowMs">,
): Promise<boolean> {
  if (recentCallbacks.has(eventId, fingerprint, nowMs)) return true;
  if (!expectsRepeats(source, nowMs)) return false;
  if (!(await isKnownDuplicate(env.SEEN, eventId, fingerprint))) return false;
  noteRepeat(source, nowMs);
  return true;
}

/** Would the very same callback be a duplicate of which nothing is to be said? */
function isPlain(accepted: Accepted): boolean {
  return (
    accepted.outcome === "accepted" || (accepted.outcome === "duplicate" && accepted.warnings.length === 0)
  );
}

/** Why the callback is refused if somebody else holds its name; null when it is ours now. */
async function takenByAnother(
  reservation: Reservation | undefined,
  callback: Callback,
  inbox: InboxClient,
): Promise<RefusedReason | null> {
  if (!reservation) return null;
  const owner = await inbox.reserve(reservation, callback.sha256);
  return owner === reservation.owner ? null : reservation.taken;
}
