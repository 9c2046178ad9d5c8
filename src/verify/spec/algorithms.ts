/**
 * The algorithms a declaration may name. The algorithm is the configuration's: one that a header names is
 * part of the header's syntax and is never believed.
 *
 * Promises: comparisons take a time that does not tell where they differ; every candidate is compared; a
 * signature of the wrong length is a "no". Pure but for Web Crypto.
 */
import { anyEqual, concatenated, hmac, importHmacKey, keyOnce, type HmacHash } from "../hmac.ts";
import { md5 } from "../md5.ts";
import type { Secret } from "../secret.ts";
import { keyBytes, type KeyForm } from "./keys.ts";
import { SECRET, type Piece } from "./template.ts";

type DigestHash = "MD5" | HmacHash;

type Algorithm =
  | { readonly kind: "static" }
  | { readonly kind: "hmac"; readonly hash: HmacHash }
  /** Of content that the secret is part of. */
  | { readonly kind: "digest"; readonly hash: DigestHash }
  | { readonly kind: "public-key"; readonly name: "Ed25519" }
  | { readonly kind: "public-key"; readonly name: "RSASSA-PKCS1-v1_5"; readonly hash: HmacHash };

export type SharedSecretAlgorithm = Extract<Algorithm, { kind: "hmac" | "digest" }>;

export const ALGORITHMS = {
  "hmac-sha1": { kind: "hmac", hash: "SHA-1" },
  "hmac-sha256": { kind: "hmac", hash: "SHA-256" },
  "hmac-sha384": { kind: "hmac", hash: "SHA-384" },
  "hmac-sha512": { kind: "hmac", hash: "SHA-512" },
  md5: { kind: "digest", hash: "MD5" },
  sha1: { kind: "digest", hash: "SHA-1" },
  sha256: { kind: "digest", hash: "SHA-256" },
  sha384: { kind: "digest", hash: "SHA-384" },
  sha512: { kind: "digest", hash: "SHA-512" },
  static: { kind: "static" },
  ed25519: { kind: "public-key", name: "Ed25519" },
  "rsa-sha256": { kind: "public-key", name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  "rsa-sha512": { kind: "public-key", name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
} as const satisfies Record<string, Algorithm>;

export type AlgorithmName = keyof typeof ALGORITHMS;
export const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly AlgorithmName[];

/** Is one of the candidates the proof of these pieces under this secret? (`static` compares texts elsewhere.) */
export async function proves(
  algorithm: Exclude<Algorithm, { kind: "static" }>,
  form: KeyForm,
  secret: Secret,
  pieces: readonly Piece[],
  candidates: readonly Uint8Array[],
): Promise<boolean> {
  if (algorithm.kind !== "public-key") {
    return anyEqual(await proofOver(algorithm, form, secret, pieces), candidates);
  }
  const key = await keyOnce(secret, async () =>
    importPublicKey(algorithm, form, await keyBytes(secret.value, form)),
  );
  const content = concatenated(bytesOf(pieces));
  let matched = false;
  for (const candidate of candidates) {
    const valid = await crypto.subtle.verify(algorithm.name, key, candidate, content);
    matched = matched || valid;
  }
  return matched;
}

/** The proof that whoever has the secret makes over these pieces. */
export async function proofOver(
  algorithm: SharedSecretAlgorithm,
  form: KeyForm,
  secret: Secret,
  pieces: readonly Piece[],
): Promise<Uint8Array> {
  if (algorithm.kind === "digest") {
    const stated = await keyBytes(secret.value, form);
    return await digest(algorithm.hash, concatenated(bytesOf(pieces, stated)));
  }
  const importKey = async () => await importHmacKey(await keyBytes(secret.value, form), algorithm.hash);
  return await hmac(await keyOnce(secret, importKey), bytesOf(pieces));
}

function importPublicKey(
  algorithm: Extract<Algorithm, { kind: "public-key" }>,
  form: KeyForm,
  bytes: Uint8Array,
): Promise<CryptoKey> {
  const parameters =
    algorithm.name === "Ed25519" ? algorithm.name : { name: algorithm.name, hash: algorithm.hash };
  return crypto.subtle.importKey(form === "pem" ? "spki" : "raw", bytes, parameters, false, ["verify"]);
}

async function digest(hash: DigestHash, content: Uint8Array): Promise<Uint8Array> {
  return hash === "MD5" ? md5(content) : new Uint8Array(await crypto.subtle.digest(hash, content));
}

/** The pieces as bytes, the secret's own where it stands. */
function bytesOf(pieces: readonly Piece[], secret: Uint8Array = new Uint8Array()): readonly Uint8Array[] {
  return pieces.map((piece) => (piece === SECRET ? secret : piece));
}
