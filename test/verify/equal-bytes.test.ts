import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalBytes } from "../../src/verify/equal-bytes.ts";

const bytes = fc.uint8Array({ maxLength: 40 });

describe("equalBytes", () => {
  it("is true for equal bytes and false for unequal lengths, without a throw", () => {
    expect(equalBytes(Uint8Array.of(), Uint8Array.of())).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(equalBytes(Uint8Array.of(), Uint8Array.of(0))).toBe(false);
  });

  it("agrees with a plain comparison", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, b)).toBe(String(a) === String(b) && a.length === b.length);
        expect(equalBytes(a, a.slice())).toBe(true);
      }),
    );
  });

  it("sees a single flipped bit anywhere", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat({ max: 7 }),
        (a, at, bit) => {
          const b = a.slice();
          b[at % a.length] = (a[at % a.length] ?? 0) ^ (1 << bit);
          expect(equalBytes(a, b)).toBe(false);
        },
      ),
    );
  });
});
