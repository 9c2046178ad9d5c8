/**
 * Operators: a token, compared in constant time, or Cloudflare Access where it is configured. Without either nobody is
 * one. An address that has failed too often is told to wait before anything is compared, a right token among it: else
 * it could go on guessing and see which one is right.
 */
import { configOf } from "../config/load.ts";
import { count } from "../counters.ts";
import { addressOf } from "../ingress/caller.ts";
import { InboxClient } from "../inbox/client.ts";
import { raiseOnce } from "../inbox/raising.ts";
import { log } from "../log.ts";
import { liveSecrets } from "../verify/secret.ts";
import { matchToken } from "../verify/token.ts";
import { operatorOfAccess } from "./access.ts";
import { FailedLogins } from "./failed-logins.ts";
import type { ApiBindings } from "./operations/bindings.ts";
import type { Operator } from "./operations/operation.ts";
import { refused, type Refused } from "./operations/problem.ts";

const NOBODY_ADMITTED =
  "ADMIN_TOKEN has a problem: set one of 32 or more random characters (wrangler secret put ADMIN_TOKEN)";
const SCHEME = /^Bearer (.+)$/i;

const failedLogins = new FailedLogins();

export type Authenticated = { readonly ok: true; readonly operator: Operator } | Refused;

/** Who sends a request, or why it is nobody. */
export async function operatorOf(request: Request, env: ApiBindings): Promise<Authenticated> {
  const given = SCHEME.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (given === "") {
    const operator = await operatorOfAccess(request, configOf(env).config.access);
    if (operator) return { ok: true, operator };
  }
  return await authenticate(given, addressOf(request), env);
}

/**
 * Whose token this is. For the API's calls and for the console's sign-in alike: what fails counts against the
 * address.
 *
 * @param address as `addressOf` gives it
 */
export async function authenticate(token: string, address: string, env: ApiBindings): Promise<Authenticated> {
  const { config } = configOf(env);
  const { admitsOperators, operators } = config;
  if (!admitsOperators) return refused(503, NOBODY_ADMITTED);
  const nowMs = Date.now();
  const waitSeconds = failedLogins.waitOf(address, nowMs);
  if (waitSeconds > 0) {
    count(env, { what: "login", name: null, outcome: "limited" });
    return { ...refused(429, "too many failed log-ins"), retryAfterSeconds: waitSeconds };
  }
  const tokens = operators.flatMap(({ name, tokens: theirs }) =>
    liveSecrets(theirs, nowMs).map(({ value }) => ({ id: name, value })),
  );
  const matched = await matchToken(token, tokens);
  const operator = operators.find(({ name }) => name === matched?.id);
  if (operator) return { ok: true, operator: { name: operator.name, role: operator.role } };
  const reason = token === "" ? "missing_token" : "bad_token";
  log("login_failed", { address, reason });
  count(env, { what: "login", name: null, outcome: "failed", reason });
  // Without a token nobody has guessed anything.
  const isGuess = token !== "";
  if (isGuess && (await failedLogins.add(address, env, nowMs)))
    await raiseOnce(new InboxClient(env, config), "logins_failed", { address });
  return refused(401, "not authenticated");
}
