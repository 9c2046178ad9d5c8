/**
 * The providers' own libraries sign what we verify, and verify what our signer signs: an engine that agreed only
 * with itself would prove nothing. They are no models for ours: some compare with `===`, some parse first.
 */
import { createRequire } from "node:module";
import { Paddle } from "@paddle/paddle-node-sdk";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Stripe } from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, it } from "vitest";
import { presets } from "../../src/providers/presets/index.ts";
import { readSample } from "../../tools/lib/declared/read-sample.ts";
import { requestOf, type Sample } from "../../tools/lib/declared/samples.ts";
import type { UnsignedRequest } from "../../tools/lib/declared/sign.ts";
import { accountOf, NOW_MS, outcomeOf, signed, type Account } from "../support/declared.ts";

const require = createRequire(import.meta.url);
const NOW_S = Math.floor(NOW_MS / 1_000);

interface Subject {
  readonly account: Account;
  readonly sample: Sample;
  readonly unsigned: UnsignedRequest;
}

function subjectOf(name: string): Subject {
  const preset = presets.find((one) => one.name === name);
  if (!preset) throw new Error(`no preset ${name}`);
  const sample = readSample(name);
  const account = accountOf(
    name,
    preset.written,
    [sample.secret, `${sample.secret.slice(0, -2)}AA`],
    sample.settings,
  );
  return { account, sample, unsigned: requestOf(sample, `https://relay.test/in/${name}/shop`) };
}

/** What comes of the sample with this signature by the vendor's library. */
async function outcomeWith(
  { account, unsigned }: Subject,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const outcome = await outcomeOf(account.source, {
    ...unsigned,
    headers: { ...unsigned.headers, ...headers },
  });
  return outcome.kind === "event" ? "event" : outcome.reason;
}

/** The sample as our signer signs it. */
async function ours({ account, sample, unsigned }: Subject, nowMs = NOW_MS): Promise<UnsignedRequest> {
  return await signed(account, unsigned, { secret: sample.secret, nowMs });
}

const header = (request: UnsignedRequest, name: string) => request.headers[name] ?? "";

describe("stripe", () => {
  const subject = subjectOf("stripe");
  const client = new Stripe("sk_test_0");
  const { secret } = subject.sample;
  const payload = subject.unsigned.body;

  it("signs what we verify", async () => {
    const signature = client.webhooks.generateTestHeaderString({ payload, secret, timestamp: NOW_S });
    expect(await outcomeWith(subject, { "stripe-signature": signature })).toBe("event");
    const other = client.webhooks.generateTestHeaderString({
      payload,
      secret: "whsec_other",
      timestamp: NOW_S,
    });
    expect(await outcomeWith(subject, { "stripe-signature": other })).toBe("bad_signature");
    const old = client.webhooks.generateTestHeaderString({ payload, secret, timestamp: NOW_S - 301 });
    expect(await outcomeWith(subject, { "stripe-signature": old })).toBe("stale");
  });

  it("verifies what our signer signs", async () => {
    const signature = header(await ours(subject), "stripe-signature");
    const received = NOW_MS;
    expect(client.webhooks.constructEvent(payload, signature, secret, 300, undefined, received).id).toBe(
      "evt_1P1",
    );
  });
});

describe.each([
  ["standard_webhooks", StandardWebhook, "webhook"],
  ["svix", SvixWebhook, "svix"],
] as const)("%s", (name, Webhook, prefix) => {
  const subject = subjectOf(name);
  const id = header(subject.unsigned, `${prefix}-id`);
  const library = new Webhook(subject.sample.secret);

  it("signs what we verify", async () => {
    const signature = library.sign(id, new Date(NOW_MS), subject.unsigned.body);
    const headers = { [`${prefix}-timestamp`]: String(NOW_S), [`${prefix}-signature`]: signature };
    expect(await outcomeWith(subject, headers)).toBe("event");
    expect(await outcomeWith(subject, { ...headers, [`${prefix}-id`]: "msg_other" })).toBe("bad_signature");
  });

  it("verifies what our signer signs", async () => {
    // The library reads the clock of the machine.
    const { headers, body } = await ours(subject, Date.now());
    expect(() => library.verify(body, headers)).not.toThrow();
    expect(() => library.verify(`${body} `, headers)).toThrow(/signature/i);
  });
});

it("razorpay verifies what our signer signs, and refuses what we refuse", async () => {
  const { validateWebhookSignature } = require("razorpay/dist/utils/razorpay-utils") as {
    validateWebhookSignature(body: string, signature: string, secret: string): boolean;
  };
  const subject = subjectOf("razorpay");
  const { body, headers } = await ours(subject);
  const signature = headers["x-razorpay-signature"] ?? "";
  expect(validateWebhookSignature(body, signature, subject.sample.secret)).toBe(true);
  expect(validateWebhookSignature(body, signature, "other")).toBe(false);
  expect(await outcomeWith(subject, { "x-razorpay-signature": signature })).toBe("event");
});

it("@paddle/paddle-node-sdk verifies what our signer signs", async () => {
  const subject = subjectOf("paddle");
  const paddle = new Paddle("api-key");
  // The library reads the clock of the machine, and allows five seconds.
  const { body, headers } = await ours(subject, Date.now());
  const signature = headers["paddle-signature"] ?? "";
  const { secret } = subject.sample;
  expect(await paddle.webhooks.isSignatureValid(body, secret, signature)).toBe(true);
  expect(await paddle.webhooks.isSignatureValid(`${body} `, secret, signature)).toBe(false);
});

it("coinpayments-ipn verifies what our signer signs", async () => {
  const { verify } = require("coinpayments-ipn") as {
    verify(hmac: string, secret: string, payload: object): boolean;
  };
  const subject = subjectOf("coinpayments");
  const { body, headers } = await ours(subject);
  const payload = Object.fromEntries(new URLSearchParams(body));
  expect(verify(headers["hmac"] ?? "", subject.sample.secret, payload)).toBe(true);
  expect(verify(headers["hmac"] ?? "", subject.sample.secret, { ...payload, amount2: "9" })).toBe(false);
});

describe("@adyen/api-library", () => {
  const { default: HmacValidator } = require("@adyen/api-library/lib/src/utils/hmacValidator") as {
    default: new () => {
      calculateHmac(item: object, key: string): string;
      validateHMAC(item: object, key: string): boolean;
    };
  };
  const subject = subjectOf("adyen");
  const { secret } = subject.sample;
  const itemOf = (body: string) =>
    (JSON.parse(body) as { notificationItems: [{ NotificationRequestItem: object }] }).notificationItems[0]
      .NotificationRequestItem;

  it("signs what we verify", async () => {
    const mac = new HmacValidator().calculateHmac(itemOf(subject.unsigned.body), secret);
    const body = subject.unsigned.body.replace(
      '"hmacSignature":""',
      `"hmacSignature":${JSON.stringify(mac)}`,
    );
    expect((await outcomeOf(subject.account.source, { ...subject.unsigned, body })).kind).toBe("event");
  });

  it("verifies what our signer signs", async () => {
    const { body } = await ours(subject);
    expect(new HmacValidator().validateHMAC(itemOf(body), secret)).toBe(true);
    expect(new HmacValidator().validateHMAC(itemOf(body.replace("1130", "11300")), secret)).toBe(false);
  });
});
