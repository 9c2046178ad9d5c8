/**
 * One callback through the relay's own checks: address, envelope, proof, contents, in the order and with the code
 * of the ingress. Nothing is stored, reserved or counted, and nobody is asked unless `ask` is given.
 */
import { configOf } from "../config/load.ts";
import type { NormalisedEvent, Verification } from "../event.ts";
import { locate } from "../ingress/locate.ts";
import { requestTarget } from "../ingress/request-target.ts";
import { readCallback } from "../ingress/request.ts";
import { normalisedEventOf } from "../providers/normalised-event.ts";
import { setAsideBy } from "../providers/policy.ts";
import type { TokenRegistry } from "../providers/provider.ts";
import type { Because, DeferredReason, QuarantinedReason, RefusedReason } from "../reasons.ts";
import { absoluteUrl, toRequest, type Case } from "./captured.ts";

/** Asks a provider's verifier, as `fetch` does. */
export type Ask = (url: URL, init: RequestInit) => Promise<Response>;

/** In the order in which they are decided. */
export const STAGES = ["address", "envelope", "proof", "contents"] as const;
export type Stage = (typeof STAGES)[number];

export type Outcome =
  | { readonly kind: "event"; readonly event: NormalisedEvent; readonly verification: Verification }
  | ({ readonly kind: "refused"; readonly skewSeconds?: number | undefined } & Because<RefusedReason>)
  | ({ readonly kind: "quarantined"; readonly verification: Verification } & Because<QuarantinedReason>)
  | ({ readonly kind: "deferred" } & Because<DeferredReason>)
  /** Only the provider's verifier could tell, and it was not to be asked. */
  | { readonly kind: "unasked"; readonly host: string };

export interface Examination {
  /** `provider/account` of the address; null when it leads nowhere. */
  readonly source: string | null;
  /** Where it was decided. */
  readonly stage: Stage;
  readonly outcome: Outcome;
}

/** Knows no token: each is asked about anew. */
/** Nothing is asked at a provider's API: whoever diagnoses wants to know of the request. */
const mayAsk = () => Promise.resolve(false);

const NO_TOKENS: TokenRegistry = {
  consult: () => Promise.resolve({ kind: "ask" }),
  refuse: () => Promise.resolve(),
  undecided: () => Promise.resolve(),
};

export async function examine({ request, env, nowMs }: Case, ask: Ask | null): Promise<Examination> {
  const { config } = configOf(env);
  const located = await locate(requestTarget(absoluteUrl(request)).path, config, nowMs);
  if (!located) return { source: null, stage: "address", outcome: { kind: "refused", reason: "route" } };
  const { source } = located;
  const at = (stage: Stage, outcome: Outcome): Examination => ({ source: source.name, stage, outcome });

  const callback = await readCallback(toRequest(request), located, nowMs);
  if (!callback.ok) return at("envelope", { kind: "refused", reason: callback.error });

  let unasked: URL | null = null;
  const fetcher: Ask =
    ask ??
    ((url) => {
      unasked = url;
      return Promise.reject(new Error("nobody is to be asked"));
    });
  const world = { nowMs, source: source.name, fetch: fetcher, tokens: NO_TOKENS, again: false, mayAsk };
  const verdict = await source.verify(callback.value, world);
  if (unasked !== null) return at("proof", { kind: "unasked", host: (unasked as URL).host });
  if (verdict.kind !== "verified") return at("proof", verdict);
  const { verification } = verdict;

  const reading = await source.normalise(callback.value);
  if (reading.kind === "refused") return at("contents", reading);
  if (reading.kind === "quarantined") return at("contents", { ...reading, verification });
  const aside = setAsideBy(source.settings, reading.facts);
  if (aside) return at("contents", { kind: "quarantined", ...aside, verification });
  const event = await normalisedEventOf(source, callback.value, reading.facts, verification);
  return at("contents", { kind: "event", event, verification });
}

/** The proof holds, whatever the contents are good for. */
export function isVerified({ stage }: Examination): boolean {
  return stage === "contents";
}
