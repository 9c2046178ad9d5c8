/** The shield reports storms of plain duplicates without the Inbox, and no callback that may be more than a duplicate. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { recentCallbacks } from "../../src/ingress/shield.ts";
import { SHIELD_MEMORY_ENTRIES, SHIELD_TTL_SECONDS } from "../../src/limits.ts";
import { toHex } from "../../src/parse/encoding.ts";
import { hmacSha256 } from "../../src/verify/hmac.ts";
import golden from "../cases/golden-events.json";
import { secrets } from "../support/bindings.ts";
import { bindings, freshRelay, post, type CaseRequest, type Outside } from "../support/worker.ts";

const CRYPTOPAY: CaseRequest = {
  method: "POST",
  path: "/in/cryptopay/broker-eu",
  headers: { "content-type": "application/json", "x-cryptopay-signature": golden["_cryptopay_sig"] },
  body: golden.cryptopay.data.raw.body,
};
const DEPOSIT: CaseRequest = {
  method: "POST",
  path: "/in/iqpay/broker-eu/deposit/s3cr3t_dep",
  headers: { "content-type": "application/json" },
  body: golden.iqpay_deposit.data.raw.body,
};
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2026-09-21T14:13:25.000Z");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const shielded = () => outside.lines("callback").map((line) => line.shielded);

describe("what an isolate remembers", () => {
  it("answers the second copy, once the Inbox has said that it has the first, and asks nobody", async () => {
    const asked = vi.spyOn(bindings.SEEN, "get");
    await post(CRYPTOPAY, undefined, bindings);
    const second = await post(CRYPTOPAY, undefined, bindings);
    expect(second.headers.get("relay-outcome")).toBe("duplicate");
    expect(second.headers.get("relay-event-id")).toBe(golden.cryptopay.id);
    expect(shielded()).toEqual([false, true]);
    expect(asked).not.toHaveBeenCalled();
  });

  it("is nothing of a callback that the Inbox could not take", async () => {
    const INBOX = { getByName: () => ({ accept: () => Promise.reject(new Error("down")) }) };
    const down = { ...bindings, INBOX: INBOX as unknown as typeof bindings.INBOX };
    expect((await post(CRYPTOPAY, undefined, down)).status).toBe(503);
    expect((await post(CRYPTOPAY, undefined, bindings)).headers.get("relay-outcome")).toBe("accepted");
  });

  it("is of the very same bytes, for an hour, and of the latest callbacks", () => {
    const nowMs = Date.now();
    recentCallbacks.add("evt_1", "bytes", nowMs);
    expect(recentCallbacks.has("evt_1", "bytes", nowMs)).toBe(true);
    expect(recentCallbacks.has("evt_1", "other bytes", nowMs)).toBe(false);
    expect(recentCallbacks.has("evt_2", "bytes", nowMs)).toBe(false);
    expect(recentCallbacks.has("evt_1", "bytes", nowMs + SHIELD_TTL_SECONDS * 1000 - 1)).toBe(true);
    expect(recentCallbacks.has("evt_1", "bytes", nowMs + SHIELD_TTL_SECONDS * 1000)).toBe(false);
    for (let i = 1; i < SHIELD_MEMORY_ENTRIES; i += 1) recentCallbacks.add(`evt_x${i}`, "bytes", nowMs);
    expect(recentCallbacks.has("evt_1", "bytes", nowMs)).toBe(true);
    recentCallbacks.add("evt_one_more", "bytes", nowMs);
    expect(recentCallbacks.has("evt_1", "bytes", nowMs)).toBe(false);
    expect(recentCallbacks.has("evt_one_more", "bytes", nowMs)).toBe(true);
    // What is heard of again is among the latest.
    recentCallbacks.add("evt_x1", "bytes", nowMs);
    recentCallbacks.add("evt_another", "bytes", nowMs);
    expect(recentCallbacks.has("evt_x1", "bytes", nowMs)).toBe(true);
    expect(recentCallbacks.has("evt_x2", "bytes", nowMs)).toBe(false);
  });
});

describe("the shield that isolates share", () => {
  /** The next callback reaches another isolate. */
  const elsewhere = async () => {
    recentCallbacks.clear();
    return await post(CRYPTOPAY, undefined, bindings);
  };

  it("reports the third copy, after the Inbox has found the second a plain duplicate", async () => {
    for (let i = 0; i < 2; i += 1) await elsewhere();
    const third = await elsewhere();
    expect(third.headers.get("relay-outcome")).toBe("duplicate");
    expect(third.headers.get("relay-event-id")).toBe(golden.cryptopay.id);
    expect(shielded()).toEqual([false, false, true]);
  });

  it("is not asked about other bytes of the same event", async () => {
    for (let i = 0; i < 3; i += 1) await elsewhere();
    expect(await bindings.SEEN.get(golden.cryptopay.id)).toBe(golden.cryptopay.data.raw.sha256);
    await bindings.SEEN.put(golden.cryptopay.id, "0".repeat(64));
    await elsewhere();
    expect(shielded().at(-1)).toBe(false);
  });

  it("is not told of a repeat that says something else: every copy of it is seen", async () => {
    const body = `${golden.cryptopay.data.raw.body.slice(0, -1)},"more":1}`;
    const t = /t=(\d+)/.exec(golden["_cryptopay_sig"])?.[1] ?? "";
    const utf8 = (text: string) => new TextEncoder().encode(text);
    const mac = await hmacSha256(utf8(secrets.CRYPTOPAY_SECRET), utf8(`${t}.${body}`));
    const headers = { ...CRYPTOPAY.headers, "x-cryptopay-signature": `t=${t},v1=${toHex(mac)}` };
    await post(CRYPTOPAY, undefined, bindings);
    for (let i = 0; i < 3; i += 1) {
      const repeat = await post({ ...CRYPTOPAY, headers, body }, undefined, bindings);
      expect(repeat.headers.get("relay-outcome")).toBe("duplicate");
    }
    expect(shielded()).toEqual([false, false, false, false]);
    expect(await bindings.SEEN.get(golden.cryptopay.id)).toBeNull();
    const about = outside.lines("alert").map((line) => line.about);
    expect(about).toContain("conflict:body");
  });

  it("is never asked about a confirmation without an event id: after a reversal it is not a repeat", async () => {
    for (let i = 0; i < 3; i += 1) await post(DEPOSIT, "198.51.100.7", bindings);
    expect(shielded()).toEqual([false, false, false]);
    expect(await bindings.SEEN.get(golden.iqpay_deposit.id)).toBeNull();
  });

  it("a store of shields that fails is a miss, not a 503", async () => {
    await post(CRYPTOPAY, undefined, bindings);
    const broken = {
      get: () => Promise.reject(new Error("down")),
      put: () => Promise.reject(new Error("down")),
    };
    const env = { ...bindings, SEEN: broken as unknown as KVNamespace };
    recentCallbacks.clear();
    const again = await post(CRYPTOPAY, undefined, env);
    expect(again.headers.get("relay-outcome")).toBe("duplicate");
  });
});
