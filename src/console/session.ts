/**
 * The session cookie of a signed-in operator: a name, an end and a MAC over both, keyed with the operator's own
 * token. Nothing is stored; a token that is rotated or removed ends every session that was opened with it.
 */
import { fromHex, toHex } from "../parse/encoding.ts";
import { hmacSha256, verifyHmac } from "../verify/hmac.ts";

/** Who may sign in, and with what. */
export interface Credential {
  readonly name: string;
  readonly token: string;
}

/** `__Host-`: the browser takes it only from this very host, over a secure connection, for all paths. */
export const SESSION_COOKIE = "__Host-relay-session";

const VALUE = /^([A-Za-z0-9%._@+-]+)~(\d{1,12})~([0-9a-f]{64})$/;
const bytes = (text: string) => new TextEncoder().encode(text);
/** Apart from whatever else is ever signed with a token. */
const signed = (name: string, endsAt: number) => bytes(`console session\n${endsAt}\n${name}`);

/** @param endsAtSeconds epoch seconds */
export async function sealSession({ name, token }: Credential, endsAtSeconds: number): Promise<string> {
  const mac = await hmacSha256(bytes(token), signed(name, endsAtSeconds));
  return `${encodeURIComponent(name)}~${endsAtSeconds}~${toHex(mac)}`;
}

/** The credential that opened this session; null: it has ended, is forged, or its token is valid no longer. */
export async function openSession<C extends Credential>(
  value: string | undefined,
  credentials: readonly C[],
  nowMs: number,
): Promise<C | null> {
  const [, name = "", end = "", mac = ""] = VALUE.exec(value ?? "") ?? [];
  const endsAt = Number(end);
  if (mac === "" || endsAt * 1000 <= nowMs) return null;
  const given = fromHex(mac) ?? new Uint8Array();
  for (const credential of credentials) {
    if (encodeURIComponent(credential.name) !== name) continue;
    if (await verifyHmac(bytes(credential.token), [signed(credential.name, endsAt)], [given]))
      return credential;
  }
  return null;
}
