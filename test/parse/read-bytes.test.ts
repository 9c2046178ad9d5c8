/** Reading while counting: what is held, what is thrown away, when it stops. */
import { describe, expect, it } from "vitest";
import { readBytes, readUpTo } from "../../src/parse/read-bytes.ts";

/** A body in these pieces; `cancelled` tells whether its reader gave up on it. */
function bodyOf(...pieces: readonly string[]) {
  const state = { cancelled: 0, pulled: 0 };
  const utf8 = new TextEncoder();
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces[state.pulled];
        state.pulled += 1;
        if (piece === undefined) controller.close();
        else controller.enqueue(utf8.encode(piece));
      },
      cancel() {
        state.cancelled += 1;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, state };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("a body", () => {
  it("of nothing is empty and whole", async () => {
    expect(await readUpTo(null, 4)).toEqual({ bytes: new Uint8Array(), isWhole: true });
    expect(await readBytes(null, 4)).toEqual(new Uint8Array());
    expect(await readUpTo(bodyOf().body, 0)).toEqual({ bytes: new Uint8Array(), isWhole: true });
  });

  it.each([
    [["abcd"], "abcd"],
    [["ab", "cd"], "abcd"],
    [["a", "", "bc"], "abc"],
  ])("of %j within the limit is read in its order", async (pieces, whole) => {
    const { body, state } = bodyOf(...pieces);
    const read = await readBytes(body, 4);
    expect(read === "too_large" ? read : text(read)).toBe(whole);
    expect(state.cancelled).toBe(0);
  });

  it.each([[["abcde"]], [["abcd", "e"]], [["ab", "cd", "ef", "gh"]]])(
    "of %j is too large by a byte or more: the first are kept, the rest is never asked for",
    async (pieces) => {
      expect(await readBytes(bodyOf(...pieces).body, 4)).toBe("too_large");
      const { body, state } = bodyOf(...pieces, "never");
      const { bytes, isWhole } = await readUpTo(body, 4);
      expect([text(bytes), isWhole]).toEqual(["abcd", false]);
      expect(state).toEqual({ cancelled: 1, pulled: Math.min(pieces.length, 3) });
    },
  );

  it("that is too large is read on and thrown away, as far as allowed", async () => {
    const within = bodyOf("abcd", "ef");
    const read = await readUpTo(within.body, 4, { discardBytes: 2 });
    expect([text(read.bytes), read.isWhole]).toEqual(["abcd", false]);
    expect(within.state.cancelled).toBe(0);
    const beyond = bodyOf("abcd", "ef", "g", "never");
    const cut = await readUpTo(beyond.body, 4, { discardBytes: 2 });
    expect([text(cut.bytes), cut.isWhole]).toEqual(["abcd", false]);
    expect(beyond.state).toEqual({ cancelled: 1, pulled: 3 });
  });
});

describe("a body that never ends", () => {
  it("is given up by its signal, by throwing, and its sender is told", async () => {
    const over = new AbortController();
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("ab")),
      cancel: () => {
        cancelled = true;
      },
    });
    const reading = readBytes(endless, 4, { signal: over.signal });
    over.abort(new Error("too slow"));
    await expect(reading).rejects.toThrow("too slow");
    expect(cancelled).toBe(true);
  });

  it("whose cancellation fails is given up all the same", async () => {
    const over = new AbortController();
    const broken = new ReadableStream<Uint8Array>({
      cancel: () => {
        throw new Error("no");
      },
    });
    const reading = readUpTo(broken, 4, { signal: over.signal });
    over.abort(new Error("too slow"));
    await expect(reading).rejects.toThrow("too slow");
  });
});
