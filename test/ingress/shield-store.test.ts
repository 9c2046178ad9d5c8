/** The shield by itself: what may be answered from it, for how long, and that its store may fail in any way. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Status } from "../../src/event.ts";
import {
  expectsRepeats,
  isKnownDuplicate,
  noteRepeat,
  rememberDuplicate,
  repeatsAreNoNews,
} from "../../src/ingress/shield.ts";
import { SHIELD_ALERTNESS_MS, SHIELD_TTL_SECONDS } from "../../src/limits.ts";
import type { Facts } from "../../src/providers/provider.ts";

const FINGERPRINT = "f".repeat(64);

describe("a repeat may be answered from the shield", () => {
  const about = (event_id: string | null, status: Status | null) =>
    repeatsAreNoNews({ provider: { event_id }, status } as Facts);

  it.each(["created", "pending", "action_required", null] as const)("of %s, named or not", (status) => {
    expect(about(null, status)).toBe(true);
    expect(about("evt_1", status)).toBe(true);
  });

  // Stated again after something else, it is news: confirmed, reversed, and confirmed again.
  it.each([
    "confirmed",
    "failed",
    "expired",
    "canceled",
    "disputed",
    "partially_refunded",
    "refunded",
    "reversed",
  ] as const)("of %s only where the provider names its events", (status) => {
    expect(about(null, status)).toBe(false);
    expect(about("evt_1", status)).toBe(true);
  });
});

describe("repeats of a source", () => {
  it("are expected for a while after one was seen, of that source alone", () => {
    expect(expectsRepeats("ipay/new", 1_000)).toBe(false);
    noteRepeat("ipay/new", 1_000);
    expect(expectsRepeats("ipay/new", 1_000 + SHIELD_ALERTNESS_MS - 1)).toBe(true);
    expect(expectsRepeats("ipay/new", 1_000 + SHIELD_ALERTNESS_MS)).toBe(false);
    expect(expectsRepeats("ipay/other", 1_000)).toBe(false);
  });

  it("are not expected of a source that was never seen, at any time of the clock", () => {
    expect(expectsRepeats("ipay/never", 0)).toBe(false);
  });
});

describe("the store", () => {
  let logged: string[];

  beforeEach(() => {
    logged = [];
    for (const method of ["log", "error"] as const)
      vi.spyOn(console, method).mockImplementation((line: string) => void logged.push(line));
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  const storeWith = (store: Partial<KVNamespace>) => store as KVNamespace;
  const known = (found: string | null) =>
    isKnownDuplicate(storeWith({ get: () => Promise.resolve(found) } as never), "evt_1", FINGERPRINT);
  const faults = () => logged.map((line) => JSON.parse(line) as { what: string; where: string });

  it("knows a duplicate by its fingerprint and by nothing else", async () => {
    expect(await known(FINGERPRINT)).toBe(true);
    expect(await known("0".repeat(64))).toBe(false);
    expect(await known(null)).toBe(false);
  });

  it("is told the fingerprint under the event's id, for a limited time", async () => {
    const put = vi.fn(() => Promise.resolve());
    await rememberDuplicate(storeWith({ put }), "evt_1", FINGERPRINT);
    expect(put.mock.calls).toEqual([["evt_1", FINGERPRINT, { expirationTtl: SHIELD_TTL_SECONDS }]]);
    expect(logged).toEqual([]);
  });

  it("that cannot be read is a miss, and logged", async () => {
    const get = () => Promise.reject(new Error("down"));
    expect(await isKnownDuplicate(storeWith({ get }), "evt_1", FINGERPRINT)).toBe(false);
    expect(faults()).toMatchObject([{ what: "fault", where: "shield.get" }]);
  });

  it("that cannot be written is logged and fails nothing", async () => {
    const put = () => Promise.reject(new Error("one write a second"));
    await rememberDuplicate(storeWith({ put }), "evt_1", FINGERPRINT);
    expect(faults()).toMatchObject([{ what: "fault", where: "shield.put" }]);
  });
});
