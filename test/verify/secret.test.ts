import { describe, expect, it } from "vitest";
import { liveSecrets } from "../../src/verify/secret.ts";

const current = { id: "b", value: "new" };
const previous = { id: "a", value: "old", notAfterMs: 1_000 };

describe("liveSecrets", () => {
  it.each([
    ["before its end", 999, ["a", "b"]],
    ["at its end", 1_000, ["a", "b"]],
    ["after its end", 1_001, ["b"]],
    ["when the clock is unreal", Number.NaN, ["b"]],
  ])("judges the previous secret %s", (_, nowMs, ids) => {
    expect(liveSecrets([previous, current], nowMs).map(({ id }) => id)).toEqual(ids);
  });

  it("keeps a secret without an end for ever", () => {
    expect(liveSecrets([{ ...current, notAfterMs: undefined }], Number.MAX_VALUE)).toHaveLength(1);
  });

  it("can leave none", () => {
    expect(liveSecrets([previous], 2_000)).toEqual([]);
  });
});
