/**
 * From a secret's text to the key it stands for, in the form a declaration names. Pure but for Web Crypto.
 */
import { fromBase64, fromHex } from "../../parse/encoding.ts";

export const KEY_FORMS = ["utf8", "hex", "base64", "whsec", "sha256-raw", "pem"] as const;

/**
 * `utf8`: the text itself; `hex`, `base64`: decoded; `whsec`: what follows `whsec_`, decoded (Standard
 * Webhooks); `sha256-raw`: the SHA-256 of the text, as bytes; `pem`: a public key (SPKI).
 */
export type KeyForm = (typeof KEY_FORMS)[number];

const PEM = /^-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/;

/** The bytes the text of a secret states (of `sha256-raw`, before they are hashed); null or empty: it is not of this form. */
export function statedBytes(secret: string, form: KeyForm): Uint8Array | null {
  switch (form) {
    case "utf8":
    case "sha256-raw":
      return new TextEncoder().encode(secret);
    case "hex":
      return fromHex(secret);
    case "base64":
      return fromBase64(secret);
    case "whsec":
      return fromBase64(secret.replace(/^whsec_/, ""));
    case "pem": {
      const [, text] = PEM.exec(secret.replaceAll(String.raw`\n`, "\n")) ?? [];
      return text === undefined ? null : fromBase64(text.replaceAll(/\s/g, ""));
    }
  }
}

/** The key's bytes. The caller has checked that the secret is of this form. */
export async function keyBytes(secret: string, form: KeyForm): Promise<Uint8Array> {
  const stated = statedBytes(secret, form) ?? new Uint8Array();
  if (form !== "sha256-raw") return stated;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", stated));
}
