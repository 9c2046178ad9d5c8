/** Ids (docs/events.md#identity): the same parts give the same id for ever, other parts another one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { callbackIdOf, eventIdOf, paymentIdOf } from "../../src/providers/ids.ts";
import golden from "../cases/golden-events.json";

/** Texts made of what the derivation itself is made of: digits, colons, bars, and more than one byte. */
const part = fc.oneof(
  fc.string({ unit: fc.constantFrom("0", "1", "2", ":", "|", "a", "é", "\u{1f4b0}"), maxLength: 6 }),
  fc.constant(null),
);
const parts = fc.array(part, { maxLength: 5 });
const plain = (list: readonly (string | null)[]) => JSON.stringify(list.map((value) => value ?? ""));

describe("ids", () => {
  it("are what the worked example says", async () => {
    const { txid, to } = golden.iqpay_deposit.data.blockchain;
    const subject = ["iqpay", "broker-eu", "deposit", "BTC", txid, to, "0.00001124", "2"];
    expect(await eventIdOf(...subject, "1")).toBe(golden.iqpay_deposit.id);
    expect(await paymentIdOf(...subject)).toBe(golden.iqpay_deposit.data.payment_id);
  });

  // Computed elsewhere: an id that changes makes one payment of a provider two of the CRM's.
  it("never change, nor does null, which is the empty text", async () => {
    expect(await eventIdOf("ipay", "broker-eu", null, "\u00e9")).toBe("evt_111fc110b04e62ac444d02cfbf2e61f6");
    expect(await eventIdOf("ipay", "broker-eu", "", "\u00e9")).toBe("evt_111fc110b04e62ac444d02cfbf2e61f6");
    expect(await paymentIdOf("ipay", "broker-eu", null, "\u00e9")).toBe(
      "pay_3e2978f31358ae0c69d1909a9bf8dbfe",
    );
    const parts = { method: "GET", kind: "deposit", query: "a=1", sha256: "f".repeat(64) };
    expect(await callbackIdOf("iqpay", "broker-eu", parts)).toBe("evt_cddb87c19afadc93f0aca3b6b11ce2b4");
  });

  it("of callbacks differ by everything that tells two of them apart", async () => {
    const parts = { method: "GET", kind: "deposit", query: "a=1", sha256: "f".repeat(64) };
    const ids = await Promise.all([
      callbackIdOf("iqpay", "a", parts),
      callbackIdOf("ipay", "a", parts),
      callbackIdOf("iqpay", "b", parts),
      ...Object.keys(parts).map((name) => callbackIdOf("iqpay", "a", { ...parts, [name]: "other" })),
    ]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("are deterministic, 128 bit of hex behind their prefix", async () => {
    await fc.assert(
      fc.asyncProperty(parts, async (list) => {
        const id = await eventIdOf(...list);
        expect(id).toMatch(/^evt_[0-9a-f]{32}$/);
        expect(await eventIdOf(...list)).toBe(id);
        expect(await paymentIdOf(...list)).toMatch(/^pay_[0-9a-f]{32}$/);
      }),
    );
  });

  it("differ for parts that differ: no separator moves from one part into the next", async () => {
    await fc.assert(
      fc.asyncProperty(parts, parts, async (a, b) => {
        fc.pre(plain(a) !== plain(b));
        expect(await eventIdOf(...a)).not.toBe(await eventIdOf(...b));
      }),
      { numRuns: 300 },
    );
  });

  it("differ however one text is cut into parts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), async (text, i, j) => {
        const [a, b] = [i % (text.length + 1), j % (text.length + 1)];
        fc.pre(a !== b);
        const cut = (at: number) => eventIdOf(text.slice(0, at), text.slice(at));
        expect(await cut(a)).not.toBe(await cut(b));
      }),
    );
  });

  it("of events, payments and callbacks never meet", async () => {
    const list = ["ipay", "broker-eu", null, "x"] as const;
    const hex = (id: string) => id.slice(4);
    const ids = [
      await eventIdOf(...list),
      await paymentIdOf(...list),
      await callbackIdOf("ipay", "broker-eu", { method: "POST", kind: null, query: "", sha256: "x" }),
    ];
    expect(new Set(ids.map(hex)).size).toBe(3);
  });

  it("differ for texts that only look alike", async () => {
    expect(await eventIdOf("\u00e9")).not.toBe(await eventIdOf("e\u0301"));
    expect(await eventIdOf("A")).not.toBe(await eventIdOf("a"));
    expect(await eventIdOf("1.0")).not.toBe(await eventIdOf("1"));
  });
});
