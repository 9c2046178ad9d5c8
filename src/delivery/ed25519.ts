/**
 * Ed25519 signatures (`v1a` of Standard Webhooks). The public half is computed from the seed and
 * never taken from the configuration, so the published key is the one that signs.
 */
import type { Secret } from "../verify/secret.ts";
import { ed25519SeedOf } from "../verify/signing-keys.ts";

/** RFC 8410: all there is before the seed in a PKCS #8 private key of this algorithm. */
const PKCS8_HEAD = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/** Imported keys, for as long as their configuration is loaded. */
const imported = new WeakMap<Secret, CryptoKey>();

/** The signature (64 bytes). The configuration has checked that the secret is a key. */
export async function signEd25519(secret: Secret, data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("Ed25519", await privateKeyOf(secret), data));
}

/** The public half: `x` of a JWK, 32 bytes in base64url. */
export async function publicKeyOf(secret: Secret): Promise<string> {
  const { x } = (await crypto.subtle.exportKey("jwk", await privateKeyOf(secret))) as JsonWebKey;
  if (x === undefined) throw new Error("an Ed25519 key without a public half");
  return x;
}

async function privateKeyOf(secret: Secret): Promise<CryptoKey> {
  const known = imported.get(secret);
  if (known) return known;
  const seed = ed25519SeedOf(secret);
  if (!seed) throw new Error(`secret ${secret.id} is not an Ed25519 key`);
  // Extractable, since Web Crypto gives the public half of a private key only by exporting it.
  const key = await crypto.subtle.importKey("pkcs8", pkcs8(seed), "Ed25519", true, ["sign"]);
  imported.set(secret, key);
  return key;
}

function pkcs8(seed: Uint8Array): Uint8Array {
  return new Uint8Array([...PKCS8_HEAD, ...seed]);
}
