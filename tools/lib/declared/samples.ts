/**
 * A sample callback of every preset, with what its words mean (tools/samples): data for the simulator and the
 * tests. Signatures and times are left out of them: `sign` adds them.
 */
import { parseForm } from "../../../src/parse/strict-form.ts";
import { formSpan, jsonSpan, type UnsignedRequest } from "./sign.ts";

/** What an event of it says; names not given do not matter. */
export interface Expected {
  readonly type?: string;
  readonly status?: string | null;
  readonly direction?: "in" | "out";
  readonly amount?: string;
  readonly currency?: string;
  readonly network?: string;
  readonly amount_requested?: string;
  readonly amount_net?: string;
  readonly amount_refunded?: string;
  readonly amount_of_refund?: string;
  readonly fee?: string;
  readonly merchant_reference?: string | null;
  readonly occurred_at?: string;
  readonly event_id?: string;
  readonly warnings?: readonly string[];
  /** It is not verified, for this reason. */
  readonly refused?: string;
  /** It is authentic and cannot be used, for this reason. */
  readonly quarantined?: string;
  /** The account does not take it, for this reason. */
  readonly aside?: string;
  /** It is the sample's own event once more. */
  readonly same_event?: true;
}

export interface SampleCase {
  readonly name: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Another body altogether. */
  readonly body?: object | string;
  /** By place, what stands there instead; null takes it away. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly expect: Expected;
}

export interface Sample {
  /** Empty where callbacks are unsigned. */
  readonly secret: string;
  /** Of the account, beside its secrets. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly content_type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a provider whose parameters are in the query: its body is empty. */
  readonly query?: string;
  readonly body: object | string;
  /** What the provider's API says, where the callback is only a hint. */
  readonly api?: { readonly path: string; readonly authorization?: string; readonly body: object };
  readonly expect: Expected;
  readonly cases: readonly SampleCase[];
}

/** The sample's request, or one of its cases', to this address; still without signature and time. */
export function requestOf(
  sample: Sample,
  url: string,
  varied?: Omit<SampleCase, "name" | "expect">,
): UnsignedRequest {
  const body = varied?.body ?? sample.body;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = {
    "content-type": sample.content_type ?? "application/json",
    ...sample.headers,
    ...varied?.headers,
  };
  const address = sample.query === undefined ? url : `${url}?${sample.query}`;
  return { method: "POST", url: address, headers, body: changed(text, varied?.set ?? {}) };
}

/** The body with other values at these places. */
export function changed(body: string, set: Readonly<Record<string, unknown>>): string {
  return Object.entries(set).reduce(
    (text, [place, value]) =>
      place.startsWith("form:") ? inForm(text, place.slice(5), value) : inJson(text, place, value),
    body,
  );
}

function inForm(body: string, name: string, value: unknown): string {
  const span = formSpan(body, name);
  if (span !== undefined)
    return body.slice(0, span[0]) + encodeURIComponent(String(value)) + body.slice(span[1]);
  return `${body}&${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`;
}

function inJson(body: string, place: string, value: unknown): string {
  const span = jsonSpan(body, place);
  if (span !== undefined) return body.slice(0, span[0]) + JSON.stringify(value) + body.slice(span[1]);
  // Not there yet: into its parent, an object or a list.
  const [, parent = "", name = ""] = /^(.*)\/([^/]*)$/.exec(place) ?? [];
  const around = parent === "json:" ? ([0, body.length] as const) : jsonSpan(body, parent);
  if (around === undefined) throw new Error(`the sample has no ${parent}`);
  const closing = around[1] - 1;
  const isEmpty = /^[[{]\s*$/.test(body.slice(around[0], closing));
  const member =
    body[closing] === "]" ? JSON.stringify(value) : `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `${body.slice(0, closing)}${isEmpty ? "" : ","}${member}${body.slice(closing)}`;
}

/** The values of a form, for tests that change each. */
export function formNames(body: string): readonly string[] {
  const parsed = parseForm(body, { duplicates: "report" });
  return parsed.ok ? [...parsed.value.values.keys()] : [];
}
