/** The relay's own signatures, for both runtimes. */
import { signatureHeaders } from "../../src/delivery/sign.ts";
import { ED25519_JWK, ED25519_KEY, type Sign } from "./events.ts";

export const sign: Sign = async (body, secrets, nowMs = Date.now(), ed25519 = false) => {
  const { id } = JSON.parse(body) as { id: string };
  const keys = {
    secrets: secrets.map((value, index) => ({ id: String(index), value })),
    signingKeys: ed25519 ? [{ id: ED25519_JWK.kid, value: ED25519_KEY }] : [],
  };
  const headers = await signatureHeaders(id, body, keys, nowMs);
  if (!headers) throw new Error("not signed");
  return { ...headers, "content-type": "application/json" };
};
