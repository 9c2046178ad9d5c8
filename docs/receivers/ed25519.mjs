// Verifying `v1a` signatures in Node, with nothing but the relay's public keys: no secret to keep.
import { createPublicKey, verify } from "node:crypto";

const TOLERANCE_SECONDS = 300;

/**
 * The keys you trust, by their ids: fetch the set once, and again when a signature fits none of them.
 * Name the ids that sign for you: the set has the keys of all the relay's destinations.
 */
export async function trustedKeys(jwksUrl, ids) {
  const { keys } = await (await fetch(jwksUrl)).json();
  return keys.filter(({ kid }) => ids.includes(kid)).map((key) => createPublicKey({ key, format: "jwk" }));
}

/** The event if one of the keys signed these very bytes within the last five minutes, else null. */
export function verifiedEvent(rawBody, headers, keys, nowMs = Date.now()) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  if (!/^\d+$/.test(timestamp) || Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return null;
  const signed = Buffer.from(`${id}.${timestamp}.${rawBody}`);
  const signatures = (headers["webhook-signature"] ?? "")
    .split(" ")
    .filter((part) => part.startsWith("v1a,"))
    .map((part) => Buffer.from(part.slice("v1a,".length), "base64"));
  const isSigned = keys.some((key) => signatures.some((signature) => verify(null, signed, key, signature)));
  return isSigned ? JSON.parse(rawBody) : null;
}
