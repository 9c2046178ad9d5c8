/** From facts to an event: whether it is live, and what it shows of the callback. */
import { describe, expect, it } from "vitest";
import type { Verification } from "../../src/event.ts";
import { MAX_EVENT_RAW_BYTES } from "../../src/limits.ts";
import { normalisedEventOf } from "../../src/providers/normalised-event.ts";
import type { Facts, SourceSettings } from "../../src/providers/provider.ts";
import type { Source } from "../../src/providers/source.ts";
import { callbackOf, config, factsOf } from "../support/callbacks.ts";

const VERIFICATION: Verification = {
  method: "static_token",
  assurance: "shared_secret",
  covers: ["sender"],
  key: null,
};
const PAYMENT = { blockchainTxId: "0x1", currency: "USDT", transferedAmount: 1 };

/** The event of a payment to an account of iPay with these settings, whose callback had this body. */
async function eventOf(
  settings: Partial<SourceSettings>,
  body: string | object = PAYMENT,
  more: Partial<Facts> = {},
) {
  const broker = config.sources.get("ipay/broker-eu");
  if (!broker) throw new Error("no account of ipay");
  const source: Source = { ...broker, settings: { ...broker.settings, ...settings } };
  const facts = { ...(await factsOf("ipay", callbackOf(PAYMENT))), ...more };
  return await normalisedEventOf(source, callbackOf(body), facts, VERIFICATION);
}

describe("an event", () => {
  it.each<readonly [mode: SourceSettings["mode"], livemode: boolean | undefined, isLive: boolean]>([
    ["live", undefined, true],
    ["both", undefined, true],
    ["test", undefined, false],
    ["both", false, false],
    ["both", true, true],
  ])("of an account of mode %s whose provider says %s is live: %s", async (mode, livemode, isLive) => {
    const event = await eventOf({ mode }, PAYMENT, { livemode });
    expect(event.livemode).toBe(isLive);
    expect(event.data.warnings).toEqual(livemode === false ? ["test_event"] : []);
  });
});

describe("what an event shows of its callback", () => {
  /** A JSON body of exactly so many bytes, in characters of `unit`. */
  const bodyOf = (bytes: number, unit = "x") => {
    const room = bytes - '{"a":""}'.length;
    return `{"a":"${unit.repeat(room / new TextEncoder().encode(unit).length)}"}`;
  };

  it.each(["x", "\u00e9", "\u20ac"])(
    "is whole up to the last byte there is room for, in characters like %s",
    async (unit) => {
      const size = new TextEncoder().encode(unit).length;
      const room = MAX_EVENT_RAW_BYTES - '{"a":""}'.length;
      const whole = bodyOf(MAX_EVENT_RAW_BYTES - (room % size), unit);
      const { data } = await eventOf({}, whole);
      expect(data.raw).toEqual({
        content_type: "application/json",
        sha256: "a".repeat(64),
        body: whole,
        redacted: [],
      });
      const longer = await eventOf({}, `${whole.slice(0, -2)}${unit}"}`);
      expect(longer.data.raw).toMatchObject({ truncated: true });
      expect(new TextEncoder().encode(longer.data.raw?.body).length).toBeLessThanOrEqual(MAX_EVENT_RAW_BYTES);
    },
  );

  it("is the fingerprint alone where a secret in it could not be found", async () => {
    expect((await eventOf({}, "not json: tok_live_B")).data.raw).toEqual({
      content_type: "application/json",
      sha256: "a".repeat(64),
    });
  });
});
