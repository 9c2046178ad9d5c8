/**
 * Operators: a bearer token, compared in constant time. Without a configured token nobody is one. An address
 * that has failed too often is told to wait before anything is compared, a right token among it: else it could
 * go on guessing and see which one is right.
 */
import type { Context, Next } from "hono";
import { configOf } from "../config/load.ts";
import { count } from "../counters.ts";
import { addressOf } from "../ingress/caller.ts";
import { alert, log } from "../log.ts";
import { matchToken } from "../verify/token.ts";
import type { ApiBindings } from "./bindings.ts";
import { FailedLogins } from "./failed-logins.ts";

const NOBODY_ADMITTED =
  "ADMIN_TOKEN has a problem: set one of 32 or more random characters (wrangler secret put ADMIN_TOKEN)";
const SCHEME = /^Bearer (.+)$/i;

const failedLogins = new FailedLogins();

export async function operatorsOnly(
  c: Context<{ Bindings: ApiBindings }>,
  next: Next,
): Promise<Response | undefined> {
  if (!configOf(c.env).config.admitsOperators) return c.json({ error: NOBODY_ADMITTED }, 503);
  const address = addressOf(c.req.raw);
  const waitSeconds = failedLogins.waitOf(address, Date.now());
  if (waitSeconds > 0) {
    count(c.env, { what: "login", name: null, outcome: "limited" });
    c.header("retry-after", String(waitSeconds));
    return c.json({ error: "too many failed log-ins" }, 429);
  }
  const configured = c.env.ADMIN_TOKEN;
  const given = SCHEME.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  const matched = await matchToken(given, configured ? [{ id: "ADMIN_TOKEN", value: configured }] : []);
  if (!matched) {
    const reason = given === "" ? "missing_token" : "bad_token";
    log("login_failed", { address, reason });
    count(c.env, { what: "login", name: null, outcome: "failed", reason });
    // Without a token nobody has guessed anything.
    const isGuess = given !== "";
    if (isGuess && (await failedLogins.add(address, c.env, Date.now()))) alert("logins_failed", { address });
    c.header("www-authenticate", "Bearer");
    return c.json({ error: "not authenticated" }, 401);
  }
  await next();
  c.header("cache-control", "no-store");
  return undefined;
}
