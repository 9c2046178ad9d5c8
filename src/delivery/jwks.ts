/**
 * The public halves of all signing keys as a JSON Web Key Set (RFC 7517, RFC 8037): what a receiver
 * verifies `v1a` signatures with. Holds no private part. Pure but for Web Crypto.
 */
import type { RelayConfig } from "../config/schema.ts";
import { PUBLISHED_AFTER_EXPIRY_MS } from "../limits.ts";
import type { Secret } from "../verify/secret.ts";
import { publicKeyOf } from "./ed25519.ts";

export interface Jwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly use: "sig";
  readonly alg: "EdDSA";
  /** The key's id in the configuration. */
  readonly kid: string;
  readonly x: string;
}

export async function jwks(
  { destinations, heldDestinations }: Pick<RelayConfig, "destinations" | "heldDestinations">,
  nowMs: number,
): Promise<{ keys: Jwk[] }> {
  const byId = new Map<string, Secret>();
  // Held ones last: an id that names two keys is theirs to give up.
  for (const { signingKeys } of [...destinations.values(), ...heldDestinations.values()]) {
    for (const key of signingKeys) if (isPublished(key, nowMs) && !byId.has(key.id)) byId.set(key.id, key);
  }
  const keys = [...byId.values()].map(async (key): Promise<Jwk> => ({
    kty: "OKP",
    crv: "Ed25519",
    use: "sig",
    alg: "EdDSA",
    kid: key.id,
    x: await publicKeyOf(key),
  }));
  return { keys: await Promise.all(keys) };
}

function isPublished({ notAfterMs }: Secret, nowMs: number): boolean {
  return notAfterMs === undefined || nowMs <= notAfterMs + PUBLISHED_AFTER_EXPIRY_MS;
}
