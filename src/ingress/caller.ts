/** Who sends a request, as far as the platform can tell: for counting what a sender costs, never for trust. */
import { sha256Hex } from "../verify/digest.ts";
import { networkOf } from "../verify/ip.ts";

/** 64 bits tell callers apart, and do not spell an address. */
const KEY_CHARS = 16;

/** The v4 address or the v6 /64. Only Cloudflare's own header: X-Forwarded-For is the client's to write. */
export function addressOf(request: Request): string {
  return networkOf(request.headers.get("cf-connecting-ip") ?? "") ?? "unknown";
}

/**
 * The sender's key for one source (`provider/account`): what it is known for there says nothing elsewhere.
 *
 * @param address as `addressOf` gives it
 */
export async function callerKeyOf(source: string, address: string): Promise<string> {
  return (await sha256Hex(`${source}|${address}`)).slice(0, KEY_CHARS);
}
