/**
 * Operators who sign in at Cloudflare Access. Its proxy adds a signed statement to each request of theirs; whoever can
 * reach the Worker around it can add a header too, so nothing but the signature counts.
 *
 * https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
 */
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import type { Access } from "../config/operators.ts";
import { fault, log } from "../log.ts";
import type { Operator } from "./operations/operation.ts";

const HEADER = "cf-access-jwt-assertion";

/** Each team's keys, fetched when they are first needed and again when an unknown one is named. */
const keySets = new Map<string, JWTVerifyGetKey>();

/** Who sends a request, by Access's word; null: Access says nothing, or nothing that holds. */
export async function operatorOfAccess(request: Request, access: Access | null): Promise<Operator | null> {
  const statement = request.headers.get(HEADER);
  if (access === null || statement === null || isFromElsewhere(request)) return null;
  const { issuer, audience } = access;
  try {
    const { payload } = await jwtVerify(statement, keysOf(issuer), {
      issuer,
      audience,
      algorithms: ["RS256"],
      requiredClaims: ["exp"],
    });
    return operatorNamed(payload, access);
  } catch (error) {
    // Forged or over is its sender's matter; keys that cannot be had are ours.
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout))
      log("login_failed", { reason: `access:${error.code}` });
    else fault("access", error);
    return null;
  }
}

/** Access knows a browser by a cookie, which the browser sends along with whatever another site has it send. */
function isFromElsewhere(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  return request.method !== "GET" && site !== null && site !== "same-origin" && site !== "none";
}

function keysOf(issuer: string): JWTVerifyGetKey {
  const known = keySets.get(issuer);
  const keys = known ?? createRemoteJWKSet(new URL(`${issuer}/cdn-cgi/access/certs`));
  if (!known) keySets.set(issuer, keys);
  return keys;
}

/** People have an e-mail address, service tokens a common name. */
function operatorNamed({ email, common_name: commonName }: JWTPayload, access: Access): Operator | null {
  const name = typeof email === "string" ? email : commonName;
  if (typeof name !== "string" || name === "") return null;
  return { name, role: access.operate.includes(name) ? "operate" : access.role };
}
