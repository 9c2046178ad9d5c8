/**
 * W3C Trace Context: which trace a request belongs to and what it was sent from (`traceparent`), and what tracing
 * systems add to that (`tracestate`). The relay records no spans, so that it hands both on as they came, which the text
 * allows; nobody signs them, and nothing is decided by them.
 *
 * https://www.w3.org/TR/trace-context/
 */
import { MAX_TRACE_STATE_CHARS } from "../limits.ts";

/** Null or left out: the request did not say, or nothing that may be taken for it. */
export interface TraceContext {
  readonly traceparent?: string | null;
  /** Never without a `traceparent`. */
  readonly tracestate?: string | null;
}

export function readTraceContext(headers: Pick<Headers, "get">): TraceContext {
  const traceparent = readTraceParent(headers.get("traceparent"));
  return { traceparent, tracestate: traceparent === null ? null : readTraceState(headers.get("tracestate")) };
}

/** Of something that says more besides. */
export function traceContextOf({
  traceparent = null,
  tracestate = null,
}: TraceContext): Required<TraceContext> {
  return { traceparent, tracestate };
}

/** Version, trace, parent, flags; a later version may have more behind them. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_VERSION = "ff";
const NOTHING = /^0+$/;
/** Of a later version only this flag has a known meaning. */
const SAMPLED = 1;

/** The header in the form of version 00; null: none was sent, or nothing that may be taken for one. */
export function readTraceParent(header: string | null): string | null {
  const [, version = NO_VERSION, trace = "", parent = "", flags = "", more] = FORM.exec(header ?? "") ?? [];
  if (version === NO_VERSION || NOTHING.test(trace) || NOTHING.test(parent)) return null;
  if (version === "00") return more === undefined ? header : null;
  const sampled = Number.parseInt(flags, 16) & SAMPLED;
  return `00-${trace}-${parent}-0${sampled}`;
}

const MAX_MEMBERS = 32;
/** Where a list is too long, members longer than this are left out first. */
const LONG_MEMBER_CHARS = 128;
const KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/;
const VALUE = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/**
 * The header with as many of its members as fit, the newest first; null: none was sent, or one that is malformed or
 * names a system twice, of which the text says to keep nothing.
 */
export function readTraceState(header: string | null): string | null {
  const members = (header ?? "").split(",").flatMap((member) => member.trim() || []);
  const keys = members.map((member) => member.split("=", 1)[0] ?? "");
  const isValid = members.every((member, i) => {
    const key = keys[i] ?? "";
    return KEY.test(key) && VALUE.test(member.slice(key.length + 1));
  });
  if (members.length > MAX_MEMBERS || !isValid) return null;
  if (new Set(keys).size < keys.length) return null;
  const fits = (kept: readonly string[]) => kept.join(",").length <= MAX_TRACE_STATE_CHARS;
  let kept = fits(members) ? members : members.filter(({ length }) => length <= LONG_MEMBER_CHARS);
  while (!fits(kept)) kept = kept.slice(0, -1);
  return kept.length === 0 ? null : kept.join(",");
}
