/**
 * `traceparent` of W3C Trace Context: which trace a request belongs to, and what it was sent from. The relay records no
 * spans, so that it hands the header on as it came, which the text allows; nobody signs it, and nothing is decided by it.
 *
 * https://www.w3.org/TR/trace-context/#traceparent-header
 */

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
