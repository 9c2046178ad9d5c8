/**
 * From a verification that is data to a provider's verdict: what the providers in code and the declared ones have in
 * common. Pure.
 */
import type { Verification } from "../event.ts";
import {
  needsOf,
  readContents,
  textOf,
  valueOf,
  type Contents,
  type Message,
  type Need,
  type Place,
} from "../verify/spec/places.ts";
import type { Secret } from "../verify/secret.ts";
import type { VerifySpec } from "../verify/spec/spec.ts";
import { verifyDeclared } from "../verify/spec/verify.ts";
import { sameText } from "../verify/token.ts";
import type { Callback } from "./callback.ts";
import type { Reading, SourceSettings, Verdict } from "./provider.ts";

/** How every callback of an account is believed, but for the key. */
export type Believed = Omit<Verification, "key">;

/** A verification, and what a callback is worth that passes it. */
export interface ProofSettings {
  readonly spec: VerifySpec;
  readonly believed: Believed;
}

/** A token: it says who sends, and nothing of what is sent. */
export function believedByToken({ coverage }: VerifySpec): Believed {
  return { method: "static_token", assurance: "shared_secret", covers: [...coverage.claims] };
}

export async function verdictBy(
  { spec, believed }: ProofSettings,
  callback: Callback,
  secrets: readonly Secret[],
  nowMs: number,
): Promise<Extract<Verdict, { kind: "verified" | "refused" }>> {
  const proved = await verifyDeclared(spec, callback, secrets, nowMs);
  if (proved.ok) return { kind: "verified", verification: { ...believed, key: proved.secret.id } };
  const { reason, detail, skewSeconds } = proved;
  return { kind: "refused", reason, detail, skewSeconds };
}

/**
 * Of an account without a proof: its secret address and the list of its sender's addresses were checked before
 * a byte was read, and are all there is.
 */
export function verdictByAddress({ pathKey }: Callback, { allowIps }: SourceSettings): Verdict {
  const method = allowIps.length > 0 ? "secret_url+ip_allowlist" : "secret_url";
  return { kind: "verified", verification: { method, assurance: "network", covers: [], key: pathKey } };
}

/** What the body of a JSON callback needs parsed, and of a form. */
export const JSON_BODY: ReadonlySet<Need> = new Set<Need>(["json"]);
export const FORM_BODY: ReadonlySet<Need> = new Set<Need>(["form"]);

/**
 * The contents of a callback whose proof holds, or what becomes of it. Proved but unreadable is authentic: kept and
 * looked at. Hostile shapes are refused whoever proved them.
 */
export async function readProved(
  message: Message,
  needs: ReadonlySet<Need>,
): Promise<Contents | Extract<Reading, { kind: "quarantined" | "refused" }>> {
  const contents = await readContents(message, needs);
  if (contents.ok) return contents.value;
  const { reason, detail } = contents.error;
  return reason === "json" ? { kind: "quarantined", reason, detail } : { kind: "refused", reason, detail };
}

/** Do the values that name the merchant name this one? Each place with the text it must have. */
export async function namesMerchant(
  message: Message,
  expected: readonly (readonly [place: Place, text: string])[],
): Promise<boolean> {
  const contents = await readContents(message, needsOf(expected.map(([place]) => place)));
  if (!contents.ok) return false;
  let isSame = true;
  for (const [place, text] of expected) {
    const same = await sameText(textOf(valueOf(place, contents.value)) ?? "", text);
    isSame = isSame && same;
  }
  return isSame;
}
