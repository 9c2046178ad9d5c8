/** A callback to its stored form and back (`inbox/protocol.ts`): static secrets are redacted, the rest is exact. */
import type { Verification } from "../event.ts";
import type { StoredCallback } from "../inbox/protocol.ts";
import { Callback } from "../providers/callback.ts";
import { redact } from "../providers/redact.ts";
import type { Source } from "../providers/source.ts";
import { fromBase64, toBase64 } from "../parse/encoding.ts";

/** @param verification the proof already given, or null while it is still to be asked for */
export function toStored(
  source: Source,
  callback: Callback,
  verification: Verification | null,
): StoredCallback {
  const secrets = source.redact.filter((name) => !source.keptInStore.includes(name));
  const message = { bytes: callback.body, contentType: callback.contentType };
  const redacted = secrets.length > 0 ? redact(message, secrets) : null;
  const body = redacted ? new TextEncoder().encode(redacted.text) : callback.body;
  return {
    method: callback.method,
    kind: callback.kind,
    pathKey: callback.pathKey,
    query: callback.query,
    contentType: callback.contentType,
    ...(callback.contentEncoding === null ? {} : { contentEncoding: callback.contentEncoding }),
    ...(callback.isCut ? { isCut: true } : {}),
    ...keptHeaders(source, callback),
    ...(callback.traceparent === null ? {} : { traceparent: callback.traceparent }),
    ...(callback.tracestate === null ? {} : { tracestate: callback.tracestate }),
    body: toBase64(body),
    receivedAtMs: callback.receivedAtMs,
    sha256: callback.sha256,
    verification,
  };
}

function keptHeaders(source: Source, { headers }: Callback): Pick<StoredCallback, "headers"> {
  const kept = source.keptHeaders.flatMap((name) => {
    const value = headers.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return kept.length === 0 ? {} : { headers: Object.fromEntries(kept) };
}

export function fromStored(stored: StoredCallback): Callback {
  return new Callback({
    ...stored,
    contentEncoding: stored.contentEncoding ?? null,
    isCut: stored.isCut ?? false,
    headers: new Map(Object.entries(stored.headers ?? {})),
    body: fromBase64(stored.body) ?? new Uint8Array(),
  });
}
