/** The rows of the search: what is packed into one is found in it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allOf,
  hashOf,
  offsetOf,
  offsetsOf,
  packed,
  partOf,
  postingOf,
} from "../../src/inbox/store/postings.ts";

describe("postings", () => {
  it("of a hash are found among any others, in the order of their events", () => {
    const hash = fc.integer({ min: 0, max: 0xffff_ffff });
    const posting = fc.tuple(hash, fc.integer({ min: 0, max: 511 }));
    fc.assert(
      fc.property(
        fc.array(posting),
        hash,
        fc.uniqueArray(fc.integer({ min: 0, max: 511 })),
        (others, wanted, offsets) => {
          const foreign = others.filter(([one]) => one >>> 8 !== wanted >>> 8);
          const row = packed(
            [...foreign, ...offsets.map((offset) => [wanted, offset] as const)].map((one) =>
              postingOf(...one),
            ),
          );
          expect(offsetsOf(row, wanted)).toEqual(offsets.toSorted((a, b) => a - b));
          expect(allOf(row)).toHaveLength(foreign.length + offsets.length);
        },
      ),
    );
  });

  it("keep the largest hash and offset", () => {
    const posting = postingOf(0xffff_ffff, 0xffff);
    expect(allOf(packed([posting]))).toEqual([posting]);
    expect(offsetOf(posting)).toBe(0xffff);
    expect(offsetsOf(packed([posting]), 0xffff_ffff)).toEqual([0xffff]);
  });

  it("are spread over the rows of a block", () => {
    const parts = new Set(Array.from({ length: 100 }, (_, i) => partOf(hashOf(`order-${i}`))));
    expect(parts).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  });

  it("stay where they are: the hash of a term is written down", () => {
    // Another one would find nothing in blocks that are there.
    expect(["", "order-4711", "0xabc123", "счёт"].map(hashOf)).toMatchInlineSnapshot(`
      [
        1572119809,
        1075373701,
        1321292705,
        1781164966,
      ]
    `);
  });
});
