/** An alert as each kind of channel takes it. */
import { describe, expect, it } from "vitest";
import type { AlertMessage } from "../../src/alert.ts";
import { channelRequest, type PostedChannel } from "../../src/delivery/channel-request.ts";
import { MAX_ALERT_TEXT_CHARS, MAX_PAGER_KEY_CHARS, MAX_PAGER_SUMMARY_CHARS } from "../../src/limits.ts";

const PAYMENT = `pay_${"1".repeat(32)}`;
const EVENT = `evt_${"2".repeat(32)}`;
const DEAD = {
  type: "relay.alert",
  about: "dead_letter",
  at: "2026-09-21T14:13:20.000Z",
  severity: "warning",
  environment: "production",
  text: "psp-relay (production): dead letter, destination crm",
  held: 2,
  link: `https://relay.example.com/events/${EVENT}`,
  destination: "crm",
  event: EVENT,
  payment: PAYMENT,
  merchant_reference: "order-4711",
};
const OPEN = {
  type: "relay.alert",
  about: "breaker_open",
  at: DEAD.at,
  severity: "critical",
  environment: "production",
  text: "psp-relay (production): breaker open, destination crm",
  held: 0,
  destination: "crm",
};

const SLACK = "https://hooks.slack.example/services/T0/B0/secret";
const TOKEN = "123:bot-secret";
const KEY = "k".repeat(32);

function sent(alert: object, channel: PostedChannel, url: string, secret: string) {
  const request = channelRequest(alert as AlertMessage, { channel, url: new URL(url), secret });
  return { url: request.url.href, body: JSON.parse(request.body) as Record<string, never> };
}
const toSlack = (alert: object) => sent(alert, { kind: "slack" }, "https://hooks.slack.example/", SLACK);
const toTelegram = (alert: object, url = "https://api.telegram.org") =>
  sent(alert, { kind: "telegram", chat: "-100200" }, url, TOKEN);
const toPager = (alert: object) => sent(alert, { kind: "pagerduty" }, "https://events.pagerduty.com", KEY);

describe("Slack", () => {
  it("is told severity, environment, payment and the console's page at the secret address", () => {
    expect(toSlack(DEAD)).toEqual({
      url: SLACK,
      body: {
        text: [
          "🟡 dead letter (production)",
          "severity: warning",
          "destination: crm",
          `event: ${EVENT}`,
          `payment: ${PAYMENT}`,
          "merchant_reference: order-4711",
          "and 2 more like it since the last message",
          `<${DEAD.link}|Open the console>`,
        ].join("\n"),
        unfurl_links: false,
      },
    });
  });

  it("takes nothing in an alert for markup", () => {
    const { text } = toSlack({ ...OPEN, name: "<!channel> & <https://evil.example|here>" }).body;
    expect(text).toContain("name: &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;");
    expect(text).not.toContain("<");
  });

  it("takes nothing in an alert for another line", () => {
    const { text } = toSlack({ ...OPEN, merchant_reference: "order\nseverity: info" }).body;
    expect(text).toContain("merchant_reference: order severity: info");
  });
});

describe("Telegram", () => {
  it("is told the same as plain text, by the bot of the token", () => {
    expect(toTelegram(DEAD)).toEqual({
      url: `https://api.telegram.org/bot${TOKEN}/sendMessage`,
      body: {
        chat_id: "-100200",
        text: `🟡 dead letter (production)\nseverity: warning\ndestination: crm\nevent: ${EVENT}\npayment: ${PAYMENT}\nmerchant_reference: order-4711\nand 2 more like it since the last message\n${DEAD.link}`,
        link_preview_options: { is_disabled: true },
        disable_notification: false,
      },
    });
  });

  it("is not rung for what nobody has to look at", () => {
    const closed = toTelegram({ ...OPEN, about: "breaker_closed", severity: "info" });
    expect(closed.body).toMatchObject({ disable_notification: true });
    expect(closed.body.text).toContain("🟢 breaker closed (production)");
  });

  it("is reached below another address of the API", () => {
    expect(toTelegram(OPEN, "https://bots.example.com/api/").url).toBe(
      `https://bots.example.com/api/bot${TOKEN}/sendMessage`,
    );
  });

  it("gets a long text cut, with its link whole", () => {
    const { text } = toTelegram({ ...DEAD, problems: "x".repeat(9_000) }).body as Record<string, unknown> as {
      text: string;
    };
    expect(text).toHaveLength(MAX_ALERT_TEXT_CHARS + 1 + DEAD.link.length);
    expect(text.endsWith(`…\n${DEAD.link}`)).toBe(true);
  });
});

describe("PagerDuty", () => {
  it("is given an event that triggers the incident", () => {
    expect(toPager(DEAD)).toEqual({
      url: "https://events.pagerduty.com/v2/enqueue",
      body: {
        routing_key: KEY,
        event_action: "trigger",
        dedup_key: "production|dead_letter|crm",
        payload: {
          summary: DEAD.text,
          source: "psp-relay (production)",
          severity: "warning",
          timestamp: DEAD.at,
          component: "crm",
          class: "dead_letter",
          custom_details: {
            destination: "crm",
            event: EVENT,
            payment: PAYMENT,
            merchant_reference: "order-4711",
          },
        },
        links: [{ href: DEAD.link, text: "Open the console" }],
      },
    });
  });

  it.each<[string, object, object]>([
    ["a breaker", { about: "breaker_open" }, { about: "breaker_closed" }],
    [
      "a configuration",
      { about: "configuration", destination: undefined, count: 1 },
      { about: "configuration_mended", destination: undefined },
    ],
    [
      "what the monitor finds",
      { about: "silence", destination: undefined, source: "ipay/shop" },
      { about: "resolved", was: "silence", destination: undefined, source: "ipay/shop" },
    ],
    [
      "a test",
      { about: "test", destination: undefined },
      { about: "resolved", was: "test", destination: undefined },
    ],
  ])("resolves the incident of %s by the key it was triggered with", (_, begun, over) => {
    const { body: trigger } = toPager({ ...OPEN, ...begun });
    const { body: resolve } = toPager({ ...OPEN, ...over, severity: "info" });
    expect(trigger).toMatchObject({ event_action: "trigger" });
    expect(resolve).toEqual({ routing_key: KEY, event_action: "resolve", dedup_key: trigger.dedup_key });
  });

  it("has an incident of its own for each environment, trouble and what it is about", () => {
    const keys = [
      OPEN,
      { ...OPEN, environment: "staging" },
      { ...OPEN, about: "destination_gone" },
      { ...OPEN, destination: "erp" },
    ].map((alert) => String(toPager(alert).body.dedup_key));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("gets no longer key and summary than it takes", () => {
    const { body } = toPager({ ...OPEN, environment: "e".repeat(500), text: "t".repeat(5_000) });
    expect(String(body.dedup_key)).toHaveLength(MAX_PAGER_KEY_CHARS);
    expect(
      (body as Record<string, unknown> as { payload: { summary: string } }).payload.summary,
    ).toHaveLength(MAX_PAGER_SUMMARY_CHARS);
  });
});
