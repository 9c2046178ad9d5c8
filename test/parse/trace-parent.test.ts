/** Which headers are taken for a `traceparent`: the rules of W3C Trace Context, and its examples. */
import { describe, expect, it } from "vitest";
import { readTraceParent } from "../../src/parse/trace-parent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

describe("a traceparent", () => {
  it.each(["01", "00", "03"])("of version 00 is handed on as it came, its flags %s as well", (flags) => {
    const header = `00-${TRACE}-${PARENT}-${flags}`;
    expect(readTraceParent(header)).toBe(header);
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
