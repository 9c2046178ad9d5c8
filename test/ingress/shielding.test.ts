/** When a callback is answered without the Inbox, and when KV is asked first: with an Inbox and a KV that answer as they are told. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Verification } from "../../src/event.ts";
import type { InboxClient } from "../../src/inbox/client.ts";
import type { Acceptance, Accepted } from "../../src/inbox/protocol.ts";
import { processCallback, type ProcessingContext } from "../../src/ingress/process-callback.ts";
import { recentCallbacks } from "../../src/ingress/shield.ts";
import { SHIELD_ALERTNESS_MS } from "../../src/limits.ts";
import type { Source } from "../../src/providers/source.ts";
import golden from "../cases/golden-events.json";
import { callbackOf, config } from "../support/callbacks.ts";

const NOW_MS = 1_000;
const { id } = golden.cryptopay;
const { sha256 } = golden.cryptopay.data.raw;
const PROOF = golden.cryptopay.data.verification as Verification;
const PLAIN = { outcome: "duplicate", eventId: id, warnings: [] } as const satisfies Accepted;

const inbox = { tokens: {}, accept: vi.fn<(input: Acceptance) => Promise<Accepted>>() };
const kv = { get: vi.fn<(key: string) => Promise<string | null>>() };
let sources = 0;

beforeEach(() => {
  recentCallbacks.clear();
  inbox.accept.mockReset();
  kv.get.mockReset().mockResolvedValue(null);
  // Of each source it is remembered for itself whether repeats are expected.
  sources += 1;
});

/** An account whose callbacks are all authentic; their provider names its events, unless told otherwise. */
function account(isNamed = true): Source {
  const source = config.sources.get("cryptopay/broker-eu");
  if (!source) throw new Error("no such account");
  return {
    ...source,
    name: `cryptopay/${sources}`,
    verify: () => Promise.resolve({ kind: "verified", verification: PROOF }),
    normalise: async (callback) => {
      const reading = await source.normalise(callback);
      if (reading.kind !== "facts" || isNamed) return reading;
      const provider = { ...reading.facts.provider, event_id: null };
      return { ...reading, facts: { ...reading.facts, provider } };
    },
  };
}

/** A callback in front of an Inbox that answers so. */
async function process(answer: Accepted, more: Partial<ProcessingContext> = {}, source = account()) {
  inbox.accept.mockResolvedValue(answer);
  const callback = callbackOf(golden.cryptopay.data.raw.body, { sha256 });
  return await processCallback(source, callback, {
    inbox: inbox as unknown as InboxClient,
    config,
    env: { SEEN: kv } as unknown as ProcessingContext["env"],
    nowMs: NOW_MS,
    verification: null,
    attemptNow: true,
    caller: () => Promise.resolve("c"),
    again: false,
    ...more,
  });
}

const HIT = { kind: "event", accepted: PLAIN, verification: PROOF, shield: "hit" };

describe("what an isolate remembers", () => {
  it.each<[what: string, answer: Accepted]>([
    ["was accepted", { outcome: "accepted", eventId: id, attempts: [] }],
    ["was a plain repeat", PLAIN],
  ])("answers a copy of what %s", async (_, answer) => {
    expect(await process(answer)).toEqual({ ...HIT, accepted: answer, shield: "open" });
    expect(await process(answer)).toEqual(HIT);
    expect(inbox.accept).toHaveBeenCalledTimes(1);
  });

  it.each<[what: string, answer: Accepted]>([
    ["said something else", { ...PLAIN, warnings: ["conflict:amount"] }],
    ["was superseded", { outcome: "superseded", eventId: id, reason: "regress", warnings: [] }],
  ])("is nothing of what %s", async (_, answer) => {
    for (let i = 0; i < 2; i += 1) expect(await process(answer)).toMatchObject({ accepted: answer });
    expect(inbox.accept).toHaveBeenCalledTimes(2);
  });

  it("is nothing of what the same bytes may say anew, and answers none of it", async () => {
    const source = account(false);
    const processed = await process(PLAIN, {}, source);
    expect(processed).toMatchObject({ kind: "event", shield: "closed" });
    const [{ event } = { event: { id: "" } }] = inbox.accept.mock.calls[0] ?? [];
    expect(recentCallbacks.has(event.id, sha256, NOW_MS)).toBe(false);
    recentCallbacks.add(event.id, sha256, NOW_MS);
    expect(await process(PLAIN, {}, source)).toMatchObject({ shield: "closed" });
    expect(inbox.accept).toHaveBeenCalledTimes(2);
  });

  it.each<[what: string, more: Partial<ProcessingContext>]>([
    ["a deferred callback that is asked about again", { again: true }],
    ["a quarantined callback that is run again", { verification: PROOF }],
    ["a deferred one that was proved before", { verification: PROOF, again: true }],
  ])("does not answer %s: the Inbox counts it", async (_, more) => {
    await process(PLAIN);
    expect(await process(PLAIN, more)).toMatchObject({ shield: "open" });
    expect(inbox.accept).toHaveBeenCalledTimes(2);
  });
});

describe("KV", () => {
  /** The next callback comes to another isolate's memory. */
  const elsewhere = async (answer: Accepted, nowMs = NOW_MS) => {
    recentCallbacks.clear();
    return await process(answer, { nowMs });
  };

  it("is asked once a repeat was seen of the source, and not before", async () => {
    const accepted: Accepted = { outcome: "accepted", eventId: id, attempts: [] };
    for (let i = 0; i < 2; i += 1) await elsewhere(accepted);
    expect(kv.get).not.toHaveBeenCalled();
    for (let i = 0; i < 2; i += 1) await elsewhere(PLAIN);
    expect(kv.get.mock.calls).toEqual([[id]]);
  });

  it("is asked for as long as it knows repeats itself", async () => {
    await elsewhere(PLAIN);
    kv.get.mockResolvedValue(sha256);
    for (let i = 1; i <= 3; i += 1)
      expect(await elsewhere(PLAIN, NOW_MS + i * (SHIELD_ALERTNESS_MS - 1))).toEqual(HIT);
    expect(inbox.accept).toHaveBeenCalledTimes(1);
  });
});
