/** `RELAY.alert_channels`: what is a channel, and that a problem stops only the one it is about. */
import { describe, expect, it } from "vitest";
import { textOf } from "../../src/config/problems.ts";
import { isDestination, loadConfig } from "../../src/config/schema.ts";
import { MIN_ADMIN_TOKEN_CHARS } from "../../src/limits.ts";

const SECRETS = {
  ADMIN_TOKEN: "x".repeat(MIN_ADMIN_TOKEN_CHARS),
  IPAY_TOKEN: "ipay-token-of-nobody",
  CRM_SIGNING_SECRET: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  SLACK_URL: "https://hooks.slack.example/services/T0/B0/hidden",
  TELEGRAM_TOKEN: "123456:hidden-token",
  PAGER_KEY: "0123456789abcdef0123456789ABCDEF",
};
const CRM = { url: "https://crm.example.com/hooks", secrets: ["CRM_SIGNING_SECRET"] };
const load = (channels: unknown, more: object = {}, secrets: object = {}) =>
  loadConfig({
    ...SECRETS,
    ...secrets,
    RELAY: {
      sources: { ipay: { shop: { secrets: ["IPAY_TOKEN"] } } },
      destinations: { crm: CRM },
      alert_channels: channels,
      ...more,
    },
  });

const TEAM = { kind: "slack", secrets: ["SLACK_URL"] };
const CHAT = {
  kind: "telegram",
  secrets: ["TELEGRAM_TOKEN"],
  chat: "-1001",
  severities: ["critical", "warning"],
};
const PAGER = { kind: "pagerduty", secrets: ["PAGER_KEY"], severities: ["critical"] };

const OFFICE = {
  kind: "email",
  from: "relay@example.com",
  to: ["ops@example.com"],
  severities: ["critical"],
};

it("channels are destinations under names of the relay's own, and receive no events", () => {
  const { config, problems } = load(
    { team: TEAM, chat: CHAT, pager: PAGER, office: OFFICE },
    { alerts: CRM },
  );
  expect(problems).toEqual([]);
  expect(config.eventDestinations).toEqual(["crm"]);
  const channels = ["@alerts.team", "@alerts.chat", "@alerts.pager", "@alerts.office"];
  expect(channels.map((name) => config.destinations.get(name)?.channel)).toEqual([
    { kind: "slack" },
    { kind: "telegram", chat: "-1001" },
    { kind: "pagerduty" },
    { kind: "email", from: "relay@example.com", to: ["ops@example.com"] },
  ]);
  expect([...config.alertChannels]).toEqual([
    ["@alerts", ["critical", "warning", "info"]],
    ["@alerts.team", ["critical", "warning", "info"]],
    ["@alerts.chat", ["critical", "warning"]],
    ["@alerts.pager", ["critical"]],
    ["@alerts.office", ["critical"]],
  ]);
});

it("the signed webhook is told of the severities that it wants, and one with a problem of as many", () => {
  const severities = ["critical", "warning"];
  const { config, problems } = load({}, { alerts: { ...CRM, severities } });
  expect(problems).toEqual([]);
  expect([...config.alertChannels]).toEqual([["@alerts", severities]]);
  const wrong = load({}, { alerts: { ...CRM, severities: ["grave"] } });
  expect(wrong.problems.map(({ path }) => path.join("."))).toEqual(["RELAY.alerts.severities.0"]);
  expect([...wrong.config.alertChannels]).toEqual([["@alerts", ["critical", "warning", "info"]]]);
  // What is for alerts is none of a receiver of events.
  const other = load({}, { destinations: { crm: { ...CRM, severities } } });
  expect(other.problems.map(({ about }) => about)).toEqual([{ kind: "destination", name: "crm" }]);
});

it("what may be shown of a channel's address has no secret in it", () => {
  const { config } = load({ team: TEAM, chat: CHAT, pager: PAGER, office: OFFICE });
  const shown = [...config.destinations.values()].map(({ url }) => url.href);
  expect(shown).toEqual([
    "https://crm.example.com/hooks",
    "https://hooks.slack.example/",
    "https://api.telegram.org/",
    "https://events.pagerduty.com/",
    "mailto:ops@example.com",
  ]);
});

describe("a channel with a problem", () => {
  it.each<[string, unknown, string]>([
    ["of no kind", { secrets: ["SLACK_URL"] }, "kind"],
    ["of an unknown kind", { ...TEAM, kind: "pigeon" }, "kind"],
    ["that is no table", "slack", ""],
    ["without a secret", { kind: "slack" }, "secrets"],
    ["whose secret is not set", { ...TEAM, secrets: ["NOT_SET"] }, "secrets.0"],
    ["whose secret is published", { ...TEAM, secrets: ["SAMPLE"] }, "secrets.0"],
    ["whose address is not https", { ...TEAM, secrets: ["PLAIN_URL"] }, "secrets.0"],
    ["whose address is private", { ...TEAM, secrets: ["PRIVATE_URL"] }, "secrets.0"],
    ["whose token is a key", { ...CHAT, secrets: ["PAGER_KEY"] }, "secrets.0"],
    ["without a chat", { kind: "telegram", secrets: ["TELEGRAM_TOKEN"] }, "chat"],
    ["whose key is a token", { ...PAGER, secrets: ["TELEGRAM_TOKEN"] }, "secrets.0"],
    ["with an API that is not https", { ...PAGER, url: "http://events.example.com" }, "url"],
    ["of no severity", { ...PAGER, severities: [] }, "severities"],
    ["of an unknown severity", { ...PAGER, severities: ["grave"] }, "severities.0"],
    ["from nobody", { ...OFFICE, from: "relay" }, "from"],
    ["to nobody", { ...OFFICE, to: [] }, "to"],
    [
      "to something else than an address",
      { ...OFFICE, to: ["ops@example.com", "ops\n@example.com"] },
      "to.1",
    ],
    ["with an option it has not", { ...PAGER, chat: "1" }, ""],
  ])("%s is held, and everything else goes on", (_, settings, place) => {
    const { config, problems, status } = load(
      { team: TEAM, bad: settings },
      {},
      {
        SAMPLE: "whsec_demo_secret",
        PLAIN_URL: "http://hooks.example.com/hidden",
        PRIVATE_URL: "https://10.0.0.1/hidden",
      },
    );
    const path = ["RELAY.alert_channels.bad", ...(place === "" ? [] : [place])].join(".");
    expect(problems.map((problem) => problem.path.join("."))).toContain(path);
    expect(problems.every(({ about }) => "name" in about && about.name === "@alerts.bad")).toBe(true);
    expect(status).toBe("degraded");
    expect(config.isAccepting).toBe(true);
    expect(config.destinations.has("@alerts.team")).toBe(true);
    expect(config.destinations.has("@alerts.bad")).toBe(false);
    expect(isDestination(config, "@alerts.bad")).toBe(true);
    expect(problems.map(textOf).join()).not.toMatch(/hidden|0123456789abcdef/);
  });

  it("is owed what it would be told of, as far as that can be read", () => {
    const bad = { ...PAGER, secrets: ["NOT_SET"] };
    const { config } = load({ a: bad, b: { ...bad, severities: ["grave"] } });
    expect(config.alertChannels.get("@alerts.a")).toEqual(["critical"]);
    expect(config.alertChannels.get("@alerts.b")).toEqual(["critical", "warning", "info"]);
  });

  it("has a name that cannot be part of an address", () => {
    const { problems, config } = load({ "a b": TEAM });
    expect(problems.map(({ path }) => path.join("."))).toEqual(["RELAY.alert_channels.a b"]);
    expect(config.heldDestinations.has("@alerts.a b")).toBe(true);
  });

  it("stops nothing where the whole table is none", () => {
    const { problems, config } = load(["slack"]);
    expect(problems.map(textOf)).toEqual(["RELAY.alert_channels: must be a table"]);
    expect(config.isAccepting).toBe(true);
  });
});

describe("the address of the console", () => {
  it("is https, without a password", () => {
    expect(load({}, { console_url: "https://relay.example.com" }).config.consoleUrl?.href).toBe(
      "https://relay.example.com/",
    );
  });

  it.each(["http://relay.example.com", "relay", "https://a:b@relay.example.com"])(
    "is not %s: alerts have no link, and nothing stops",
    (given) => {
      const { config, problems } = load({}, { console_url: given });
      expect(problems.map(({ path, about }) => [path.join("."), about.kind])).toEqual([
        ["RELAY.console_url", "setting"],
      ]);
      expect(config.consoleUrl).toBeNull();
      expect(config.isAccepting).toBe(true);
    },
  );
});
