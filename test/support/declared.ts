/** Declared providers without the ingress: an account, a signed callback, and what comes of it. */
import type { NormalisedEvent } from "../../src/event.ts";
import { Callback } from "../../src/providers/callback.ts";
import { declaration, type Declaration } from "../../src/providers/declared/declaration.ts";
import { declaredProvider } from "../../src/providers/declared/provider.ts";
import type { WrittenProvider } from "../../src/providers/declared/written.ts";
import { normalisedEventOf } from "../../src/providers/normalised-event.ts";
import { setAsideBy } from "../../src/providers/policy.ts";
import type { Facts, World } from "../../src/providers/provider.ts";
import { SourceFields } from "../../src/providers/settings-fields.ts";
import { adapter, type Source } from "../../src/providers/source.ts";
import { because } from "../../src/reasons.ts";
import { sha256Hex } from "../../src/verify/digest.ts";
import type { VerifySpec } from "../../src/verify/spec/spec.ts";
import { sign, type UnsignedRequest } from "../../tools/lib/declared/sign.ts";

export const NOW_MS = Date.parse("2026-09-21T14:13:25Z");

/** An account whose secrets are NEW, which signs, and OLD. */
export interface Account {
  readonly declared: Declaration;
  readonly source: Source;
  readonly secret: string;
}

/** How its callbacks are proved: of a declaration that does prove them. */
export function proofOf({ verify }: Declaration): VerifySpec {
  if (verify === null) throw new Error("it proves nothing by itself");
  return verify;
}

/** @param secrets the one that signs, and the one before it */
export function accountOf(
  name: string,
  written: WrittenProvider,
  [secret, before]: readonly [string, string],
  settings: Readonly<Record<string, unknown>> = {},
): Account {
  const declared = declaration.parse(written);
  const values: Readonly<Record<string, string>> = { NEW: secret, OLD: before };
  const fields = new SourceFields({ secret: (id) => values[id], destinations: [], development: true });
  const schema = adapter(declaredProvider(name, declared)).account(fields, "shop");
  return { declared, source: schema.parse({ secrets: ["NEW", "OLD"], ...settings }), secret };
}

export async function signed(
  { declared }: Account,
  request: UnsignedRequest,
  { secret, nowMs = NOW_MS, scheme }: { secret: string; nowMs?: number; scheme?: string },
): Promise<UnsignedRequest> {
  const spec = (scheme === undefined ? null : declared.schemes.get(scheme)) ?? proofOf(declared);
  return await sign(spec, secret, request, nowMs);
}

export type Outcome =
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "quarantined" | "aside"; readonly reason: string }
  | { readonly kind: "event"; readonly event: NormalisedEvent; readonly facts: Facts };

/** What the pipeline makes of this request, up to the Inbox. */
export async function outcomeOf(
  source: Source,
  request: UnsignedRequest & { readonly bytes?: Uint8Array },
  nowMs = NOW_MS,
): Promise<Outcome> {
  const callback = await callbackOf(source, request, nowMs);
  const world = { nowMs, source: source.name } as World;
  const verdict = await source.verify(callback, world);
  if (verdict.kind !== "verified") return { kind: "refused", reason: because(verdict) };
  const reading = await source.normalise(callback);
  if (reading.kind !== "facts") return { kind: reading.kind, reason: because(reading) };
  const aside = setAsideBy(source.settings, reading.facts);
  if (aside) return { kind: "aside", reason: because(aside) };
  const event = await normalisedEventOf(source, callback, reading.facts, verdict.verification);
  return { kind: "event", event, facts: reading.facts };
}

async function callbackOf(
  source: Source,
  { method, url, headers, body, bytes }: UnsignedRequest & { readonly bytes?: Uint8Array },
  nowMs: number,
): Promise<Callback> {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const sent = bytes ?? new TextEncoder().encode(body);
  return new Callback({
    method,
    kind: null,
    pathKey: null,
    url,
    query: url.split("?")[1] ?? "",
    contentType: lower.get("content-type") ?? null,
    contentEncoding: null,
    headers: new Map([...lower].filter(([name]) => source.headers.includes(name))),
    body: sent,
    isCut: false,
    receivedAtMs: nowMs,
    sha256: await sha256Hex(sent),
  });
}
