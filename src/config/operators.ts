/** `ADMIN_TOKEN`: what everybody knows or can guess lets nobody in. */
import { MIN_ADMIN_TOKEN_CHARS } from "../limits.ts";
import { isSampleSecret } from "../sample-secrets.ts";
import type { Problem } from "./problems.ts";

export function operatorProblems(token: unknown, isDevelopment: boolean): Problem[] {
  const message = isDevelopment ? null : problemOf(typeof token === "string" ? token : "");
  return message === null ? [] : [{ path: ["ADMIN_TOKEN"], message, about: { kind: "operators" } }];
}

function problemOf(token: string): string | null {
  if (token === "")
    return "is not set: nobody can look, and /api answers 503 (wrangler secret put ADMIN_TOKEN)";
  if (isSampleSecret(token)) return "is a published sample: everybody knows it";
  if (token.length < MIN_ADMIN_TOKEN_CHARS)
    return `is guessable: it needs ${MIN_ADMIN_TOKEN_CHARS} or more characters`;
  return null;
}
