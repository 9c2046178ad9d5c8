/** The promise "exact": amounts are the source's own digits, and a body once accepted never changes by a byte. */
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PaymentEvent } from "../../src/event.ts";
import { keptRows } from "../support/worker.ts";
import { bent, evictAll, ipay, iqpay, openRelay, send, type Relay } from "./relay.ts";

vi.setConfig({ testTimeout: 120_000 });

let relay: Relay;

beforeEach(async () => {
  relay = await openRelay();
});

const bodies = () => relay.outside.delivered.map(({ body }) => body);
const events = () => bodies().map((body) => JSON.parse(body) as PaymentEvent);

describe("an amount", () => {
  it.each([
    "25.004500000000000001",
    "0.00000000000000000001",
    "9007199254740993",
    "123456789012345678901234567890",
    "0.10",
    "100",
  ])("of %s arrives with these digits", async (amount) => {
    await send(ipay("aa01", { amount }));
    await relay.untilSettled();
    expect(events().map(({ data }) => data.amount?.value)).toEqual([amount]);
  });

  it("of any length arrives with its digits, and is never a number on the way out", async () => {
    const digits = fc.stringMatching(/^(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$/);
    const positive = digits.filter((text) => /[1-9]/.test(text));
    let payment = 0;
    await fc.assert(
      fc.asyncProperty(positive, async (amount) => {
        payment += 1;
        const reply = await send(ipay(payment.toString(16).padStart(8, "0"), { amount }));
        expect(reply.outcome).toBe("accepted");
        await relay.quiet();
        await relay.consume();
        const body = bodies().find((text) => text.includes(reply.id ?? "?")) ?? "";
        expect((JSON.parse(body) as PaymentEvent).data.amount?.value).toBe(amount);
        const { raw: _, ...data } = (JSON.parse(body) as PaymentEvent).data;
        expect(numbersIn({ ...data, sequence: "" })).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

/** JSON numbers anywhere in a value. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

describe("the body", () => {
  it("is the same over failures, evictions, a lost response and replays, byte for byte", async () => {
    const reply = await send(ipay("aa01", { amount: "25.004500000000000001" }));
    let requests = 0;
    relay.crm = () => {
      requests += 1;
      return new Response("", { status: requests < 5 ? 500 : 200 });
    };
    for (let round = 0; round < 8; round += 1) {
      await relay.quiet();
      await relay.consume();
      await evictAll();
      vi.setSystemTime(Date.now() + 3_600_000);
      await relay.ring();
    }
    await relay.untilSettled();
    const [row] = await keptRows();
    expect(row?.event_id).toBe(reply.id);
    expect(bodies().length).toBeGreaterThanOrEqual(5);
    expect(new Set(bodies())).toEqual(new Set([JSON.stringify(row?.event)]));
    expect(relay.twoBodies).toEqual([]);
  });

  it("does not change when a repeat of the callback says something else", async () => {
    const { id } = await send(iqpay("bb02", 1));
    const again = await send(await bent(iqpay("bb02", 1), (body) => body.replace('"BTC"', '"BTC.LN"')));
    expect(again).toMatchObject({ outcome: "duplicate", id });
    await relay.untilSettled();
    expect(events().map((event) => event.id)).toEqual([id]);
    expect(events()[0]?.data.amount?.network).toBe("bitcoin");
    expect(relay.mistakes()).toEqual([]);
  });
});

describe("every attempt", () => {
  it("is signed over the bytes that are sent, afresh", async () => {
    await send(ipay("aa01"));
    relay.crm = () => new Response("", { status: relay.outside.delivered.length < 3 ? 500 : 200 });
    await relay.untilSettled();
    const { Webhook } = await import("standardwebhooks");
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    expect(relay.outside.delivered).toHaveLength(3);
    const timestamps = new Set<string>();
    for (const { headers, body } of relay.outside.delivered) {
      timestamps.add(headers.get("webhook-timestamp") ?? "");
      vi.setSystemTime(Number(headers.get("webhook-timestamp")) * 1000);
      expect(() => new Webhook(secret).verify(body, Object.fromEntries(headers))).not.toThrow();
    }
    expect(timestamps.size).toBe(3);
  });
});
