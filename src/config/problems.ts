/**
 * What is wrong with a configuration, and what stands still because of it. A problem stops only what it is about;
 * everything else goes on, and an operator can look.
 */

/** What a problem is about, and so what it stops. */
export type About =
  /** The whole: nothing is accepted (503), because nobody can tell what else is meant. What is owed is delivered. */
  | { readonly kind: "relay" }
  /** One setting of the whole: a value that loses nothing stands in for it, and nothing stops. */
  | { readonly kind: "setting"; readonly name: string }
  /** An account, `provider/account`, or a whole provider, `provider`: its addresses answer 503. */
  | { readonly kind: "source"; readonly name: string }
  /** A receiver: what it is owed is held, and more is accepted for it. */
  | { readonly kind: "destination"; readonly name: string }
  /** The operators' token: `/api` answers 503. */
  | { readonly kind: "operators" };

export const WHOLE: About = { kind: "relay" };

export interface Problem {
  /** Where it is: `["RELAY", "sources", "ipay", "shop", "secrets", "0"]`, or the name of another variable. */
  readonly path: readonly string[];
  /** What is wrong there, in words, without the value of any secret. */
  readonly message: string;
  readonly about: About;
}

/** `degraded`: some part stands still; `misconfigured`: no callback can be accepted. */
export type Status = "ok" | "degraded" | "misconfigured";

/** `RELAY.sources.ipay.shop.secrets.0: secret IPAY_TOKEN is not set …` */
export function textOf({ path, message }: Problem): string {
  return `${path.join(".")}: ${message}`;
}

export function problemsOf(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  under: readonly string[],
  about: About,
): Problem[] {
  return issues.map(({ path, message }) => ({ path: [...under, ...path.map(String)], message, about }));
}
