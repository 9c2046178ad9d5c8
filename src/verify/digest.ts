/** SHA-256 digests as text. Pure but for Web Crypto. */
import { toHex } from "../parse/encoding.ts";

/** SHA-256 as lower-case hex; of a string, over its UTF-8 bytes. */
export async function sha256Hex(data: Uint8Array | string): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
