import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_SIGNATURE_PARTS } from "../../src/limits.ts";
import { readSignature } from "../../src/verify/spec/formats.ts";

/** `t=…,v1=…` as a declaration asks for it: the one `t`, and every `v1`. */
function read(value: string): { readonly t: string | undefined; readonly v1: readonly string[] } | null {
  const signature = readSignature({ kind: "kv", separator: ",", name: "v1" }, value, new Set(["t"]));
  return signature && { t: signature.parts.get("t"), v1: signature.values };
}

describe("a header of t and v1", () => {
  it.each([
    ["one signature", "t=1790000000,v1=ab", "1790000000", ["ab"]],
    ["two signatures", "t=1,v1=ab,v1=cd", "1", ["ab", "cd"]],
    ["the timestamp last", "v1=ab,t=1", "1", ["ab"]],
    ["an older scheme beside it", "t=1,v0=zz,v1=ab", "1", ["ab"]],
    ["an unknown scheme beside it", "t=1,v1=ab,sha1=zz,x=", "1", ["ab"]],
    ["a signature that ends in equals signs", "t=1,v1=YQ==", "1", ["YQ=="]],
    ["blanks around the parts", " t=1 ,\tv1=ab ", "1", ["ab"]],
    ["leading zeros", "t=001,v1=ab", "001", ["ab"]],
  ])("reads %s", (_, value, t, v1) => {
    expect(read(value)).toEqual({ t, v1 });
  });

  it.each([
    ["an empty header", ""],
    ["a bare signature", "815ab605dab9685c"],
    ["no timestamp", "v1=ab"],
    ["no signature", "t=1"],
    ["only v0", "t=1,v0=ab"],
    ["two timestamps", "t=1,t=2,v1=ab"],
    ["the same timestamp twice", "t=1,t=1,v1=ab"],
    ["a header that came twice", "t=1,v1=ab, t=1,v1=ab"],
    ["a header that came twice, the second of another time", "t=1,v1=ab, t=2,v1=cd"],
    ["an empty timestamp", "t=,v1=ab"],
    ["a timestamp of other digits", "t=٣,v1=ab"],
    ["an empty signature", "t=1,v1="],
    ["one empty signature of two", "t=1,v1=ab,v1="],
    ["a trailing comma", "t=1,v1=ab,"],
    ["an empty part", "t=1,,v1=ab"],
    ["a part without an equals sign", "t=1,v1=ab,x"],
    ["a part without a name", "t=1,v1=ab,=x"],
    ["a blank inside a name", "t =1,v1=ab"],
    ["a blank inside a value", "t=1,v1=a b"],
    ["a blank before a value", "t= 1,v1=ab"],
    ["a no-break space around a part", "t=1,\u00a0v1=ab"],
    ["a line feed", "t=1,v1=ab\n"],
    ["semicolons", "t=1;v1=ab"],
    ["names in capitals", "T=1,V1=ab"],
  ])("refuses %s", (_, value) => {
    expect(read(value)).toBeNull();
  });

  it("allows the greatest number of parts and refuses one more", () => {
    const signatures = (count: number) => `t=1${",v1=ab".repeat(count)}`;
    expect(read(signatures(MAX_SIGNATURE_PARTS - 1))?.v1).toHaveLength(MAX_SIGNATURE_PARTS - 1);
    expect(read(signatures(MAX_SIGNATURE_PARTS))).toBeNull();
  });

  it.each([
    ["commas", ",".repeat(128_000)],
    ["blanks", `t=1${" ".repeat(128_000)}x,v1=ab`],
    ["equals signs", `t=1,v1${"=".repeat(128_000)} x`],
    ["a name", `t=1,${"v".repeat(128_000)}`],
  ])("refuses 128 KB of %s in linear time", (_, value) => {
    // Quadratic work here takes a minute: the test runner's time-out is the assertion.
    expect(read(value)).toBeNull();
  });

  const token = fc.stringMatching(/^[!-+\--~]{1,20}$/);
  const digits = fc.stringMatching(/^[0-9]{1,15}$/);

  it("reads whatever was built by the rules, in any order", () => {
    const signatures = fc.array(token, { minLength: 1, maxLength: 5 });
    const others = fc.array(
      token.map((value) => `v0=${value}`),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(digits, signatures, others, fc.nat(), (t, v1, ignored, at) => {
        const parts = [...v1.map((value) => `v1=${value}`), ...ignored];
        parts.splice(at % (parts.length + 1), 0, `t=${t}`);
        expect(read(parts.join(","))).toEqual({ t, v1 });
        expect(read(parts.join(", "))).toEqual({ t, v1 });
        expect(read([...parts, ...parts].join(", "))).toBeNull();
      }),
    );
  });

  it("never throws, and what it returns keeps its promises", () => {
    const noise = fc.string({ unit: fc.constantFrom(..."tv01=, a\t;") });
    fc.assert(
      fc.property(fc.oneof(noise, fc.string()), (value) => {
        const parsed = read(value);
        if (parsed === null) return;
        expect(parsed.t).toMatch(/^[!-~]+$/);
        expect(parsed.v1.length).toBeGreaterThan(0);
        for (const signature of parsed.v1) expect(signature).toMatch(/^[!-~]+$/);
      }),
      { numRuns: 1_000 },
    );
  });
});
