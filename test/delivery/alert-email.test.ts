/**
 * Alerts as e-mails, through the simulator's `send_email` binding: it takes the message or refuses an address, as the
 * deployment's binding is restricted (vitest.config.ts). That a mail arrives, only Cloudflare's own can show.
 */
import { describe, expect, it } from "vitest";
import type { AlertMessage } from "../../src/alert.ts";
import { emailOf, sendAlertEmail, type EmailChannel } from "../../src/delivery/alert-email.ts";
import { deliver } from "../../src/delivery/deliver.ts";
import {
  DEFAULT_DELIVERY_TIMEOUT_MS,
  MAX_ALERT_TEXT_CHARS,
  MAX_EMAIL_SUBJECT_CHARS,
} from "../../src/limits.ts";
import { bindings } from "../support/worker.ts";
import { changedEnv } from "../support/deploy.ts";
import { configOf } from "../../src/config/load.ts";

const PAYMENT = `pay_${"1".repeat(32)}`;
const PARTICULARS = {
  type: "relay.alert",
  about: "breaker_open",
  at: "2026-09-21T14:13:20.000Z",
  severity: "critical",
  environment: "production",
  text: "psp-relay (production): breaker open, destination crm",
  held: 2,
  link: "https://relay.example.com/destinations",
  destination: "crm",
  payment: PAYMENT,
  merchant_reference: "order-4711",
};
const alertOf = (more: object = {}) => ({ ...PARTICULARS, ...more }) as AlertMessage;
const ALERT = alertOf();
const OFFICE: EmailChannel = { kind: "email", from: "relay@example.com", to: ["ops@example.com"] };
const send = async (channel: Partial<EmailChannel> = {}, binding = bindings.EMAIL) =>
  await sendAlertEmail(ALERT, { ...OFFICE, ...channel }, binding, DEFAULT_DELIVERY_TIMEOUT_MS);

describe("the message", () => {
  it("has severity, environment, payment and a link to the console", () => {
    expect(emailOf(ALERT, OFFICE)).toEqual({
      from: "relay@example.com",
      to: ["ops@example.com"],
      subject: "🔴 breaker open (production): crm",
      text: [
        "🔴 breaker open (production)",
        "severity: critical",
        "destination: crm",
        `payment: ${PAYMENT}`,
        "merchant_reference: order-4711",
        "and 2 more like it since the last message",
        "",
        "https://relay.example.com/destinations",
      ].join("\n"),
    });
  });

  it("says in its subject that it is over", () => {
    const { subject } = emailOf(alertOf({ about: "resolved", was: "silence", severity: "info" }), OFFICE);
    expect(subject).toBe("🟢 resolved (production): crm");
  });

  it("has a subject of one line, and no more of anything than a mail program shows", () => {
    const { subject, text } = emailOf(alertOf({ destination: `crm\r\nBcc: x${"y".repeat(9_000)}` }), OFFICE);
    expect(subject).toContain("crm  Bcc: x");
    expect(subject).toHaveLength(MAX_EMAIL_SUBJECT_CHARS);
    expect(text.length).toBeLessThan(MAX_ALERT_TEXT_CHARS + 100);
  });
});

describe("the binding", () => {
  it("takes what is from and to the configured addresses, and names the message", async () => {
    expect(await send()).toEqual({ error: null, answer: expect.stringMatching(/@example\.com/) });
  });

  it("refuses other addresses, and what it says is kept", async () => {
    expect(await send({ to: ["stranger@example.net"] })).toEqual({
      error: "email",
      answer: expect.stringContaining("stranger@example.net"),
    });
    expect(await send({ from: "other@example.com" })).toMatchObject({ error: "email" });
  });

  it("that is not there, or does not answer in time, is a failed attempt", async () => {
    expect(await sendAlertEmail(ALERT, OFFICE, undefined, 1)).toEqual({ error: "no_binding", answer: null });
    const silent = { send: () => new Promise<never>(() => undefined) } as SendEmail;
    expect(await sendAlertEmail(ALERT, OFFICE, silent, 1)).toEqual({
      error: "email",
      answer: "no answer in 1 ms",
    });
  });
});

it("an attempt is delivered or failed by what the binding says", async () => {
  const { config } = configOf(changedEnv({ alert_channels: { office: OFFICE } }));
  const office = config.destinations.get("@alerts.office");
  if (!office) throw new Error("the channel has a problem");
  const delivery = {
    kind: "deliver" as const,
    body: JSON.stringify(ALERT),
    attempt: 3,
    sequence: 0,
    replay: false,
    notBeforeMs: 0,
  };
  expect(await deliver("alr_1", delivery, office, bindings)).toMatchObject({
    kind: "attempted",
    attempt: { attempt: 3, status: null, error: null },
    outcome: { kind: "delivered" },
  });
  expect(await deliver("alr_1", delivery, office, {})).toMatchObject({
    attempt: { error: "no_binding" },
    outcome: { kind: "failed" },
  });
});
