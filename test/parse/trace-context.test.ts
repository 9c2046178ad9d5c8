/** Which headers are taken for a `traceparent` and a `tracestate`: the rules of W3C Trace Context, and its examples. */
import { describe, expect, it } from "vitest";
import { MAX_TRACE_STATE_CHARS } from "../../src/limits.ts";
import {
  readTraceContext,
  readTraceParent,
  readTraceState,
  traceContextOf,
  type TraceContext,
} from "../../src/parse/trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

describe("a traceparent", () => {
  it.each(["01", "00", "03"])("of version 00 is handed on as it came, its flags %s as well", (flags) => {
    const header = `00-${TRACE}-${PARENT}-${flags}`;
    expect(readTraceParent(header)).toBe(header);
  });

  it("may end in zeros: only what is nothing else names nothing", () => {
    const header = `00-${"0".repeat(31)}1-${"1".padEnd(16, "0")}-01`;
    expect(readTraceParent(header)).toBe(header);
    const ended = `00-${"1".padEnd(32, "0")}-${"0".repeat(15)}1-01`;
    expect(readTraceParent(ended)).toBe(ended);
  });

  it.each([
    [`cc-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01`],
    [`cc-${TRACE}-${PARENT}-01-what-the-future-brings`, `00-${TRACE}-${PARENT}-01`],
    // Flags that a later version has given a meaning are not known here.
    [`01-${TRACE}-${PARENT}-fe`, `00-${TRACE}-${PARENT}-00`],
  ])("of a later version, %s, is read as far as it is known", (header, read) => {
    expect(readTraceParent(header)).toBe(read);
  });

  it.each([
    null,
    "",
    "00",
    `ff-${TRACE}-${PARENT}-01`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-1`,
    `00-${TRACE}-${PARENT}-01-more`,
    `cc-${TRACE}-${PARENT}-01.more`,
    ` 00-${TRACE}-${PARENT}-01`,
    // Sent twice.
    `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01\n`,
  ])("is not %j", (header) => {
    expect(readTraceParent(header)).toBeNull();
  });
});

describe("a tracestate", () => {
  const member = (name: string, chars: number) => `${name}=${"v".repeat(chars - name.length - 1)}`;

  it.each([
    ["congo=t61rcWkgMzE", "congo=t61rcWkgMzE"],
    ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"],
    // Sent in two headers, with the white space and the empty members that the text allows.
    ["rojo=1 ,\t, congo=2,", "rojo=1,congo=2"],
    ["fw529a3039@dt=FfxGMzI,0@x=~", "fw529a3039@dt=FfxGMzI,0@x=~"],
    ["a=inner space", "a=inner space"],
    [member("a", 258), member("a", 258)],
  ])("of %j is handed on", (header, read) => {
    expect(readTraceState(header)).toBe(read);
  });

  it.each([
    null,
    "",
    " , ,",
    "congo",
    "congo=",
    "=value",
    "Congo=1",
    "0congo=1",
    "con go=1",
    "congo=1=2",
    "congo=caf\u00e9",
    "congo=1,congo=2",
    "a@b@c=1",
    `${"k".repeat(257)}=1`,
    `a=${"v".repeat(257)}`,
    "rojo=1,congo",
    Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(),
  ])("is not %j", (header) => {
    expect(readTraceState(header)).toBeNull();
  });

  it("of up to 32 members is whole", () => {
    const header = Array.from({ length: 32 }, (_, i) => `k${i}=1`).join();
    expect(readTraceState(header)).toBe(header);
  });

  it("that is too long loses its long members first, and then the oldest", () => {
    const short = [member("a", 128), member("b", 128), member("c", 128)];
    const all = [member("long", 129), ...short, member("d", 125)].join();
    expect(readTraceState(all)).toBe([...short, member("d", 125)].join());
    expect(readTraceState(all)).toHaveLength(MAX_TRACE_STATE_CHARS);
    expect(readTraceState([member("long", 129), ...short, member("d", 126)].join())).toBe(short.join());
    expect(readTraceState([member("long", 250), member("longer", 250), member("l", 129)].join())).toBeNull();
  });

  it("is taken out of what says more besides, and is null where nothing is said", () => {
    const said = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "a=1" };
    expect(traceContextOf({ ...said, event: "evt_1" } as TraceContext)).toEqual(said);
    expect(traceContextOf({})).toEqual({ traceparent: null, tracestate: null });
  });

  it("counts only beside a traceparent", () => {
    const traceparent = `00-${TRACE}-${PARENT}-01`;
    const context = (headers: Record<string, string>) => readTraceContext(new Headers(headers));
    expect(context({ traceparent, tracestate: "a=1" })).toEqual({ traceparent, tracestate: "a=1" });
    expect(context({ traceparent, tracestate: "a" })).toEqual({ traceparent, tracestate: null });
    expect(context({ traceparent: "00-x", tracestate: "a=1" })).toEqual({
      traceparent: null,
      tracestate: null,
    });
    expect(context({ tracestate: "a=1" })).toEqual({ traceparent: null, tracestate: null });
  });
});
