/** Operators: a bearer token, compared in constant time. Without a configured token nobody is let in. */
import type { Context, Next } from "hono";
import { matchToken } from "../verify/token.ts";
import type { ApiBindings } from "./bindings.ts";

const SCHEME = /^Bearer (.+)$/i;

export async function operatorsOnly(
  c: Context<{ Bindings: ApiBindings }>,
  next: Next,
): Promise<Response | undefined> {
  const configured = c.env.ADMIN_TOKEN;
  const given = SCHEME.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  const matched = await matchToken(given, configured ? [{ id: "ADMIN_TOKEN", value: configured }] : []);
  if (!matched) {
    c.header("www-authenticate", "Bearer");
    return c.json({ error: "not authenticated" }, 401);
  }
  await next();
  c.header("cache-control", "no-store");
  return undefined;
}
