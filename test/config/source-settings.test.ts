/** What a merchant reads when a setting of an account is refused: the whole sentence, since he has nothing else to go by. */
import { describe, expect, it } from "vitest";
import { MIN_PATH_SECRET_CHARS } from "../../src/limits.ts";
import { configFrom, problemsFrom } from "../support/config.ts";

const SECRETS = {
  ADMIN_TOKEN: "an-operators-token-of-32-characters",
  TOKEN: "ipay-token-value",
  PADDED: " padded-value",
  SHORTEST_PATH: "p".repeat(MIN_PATH_SECRET_CHARS),
  SHORT_PATH: "p".repeat(MIN_PATH_SECRET_CHARS - 1),
  SLASHED_PATH: "a/path/secret/with/slashes",
  CRM_SIGNING_SECRET: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
};
const CRM = { url: "https://crm.example.com/hooks", secrets: ["CRM_SIGNING_SECRET"] };

const withShop = (provider: string, settings: object, more: object = {}) => ({
  ...SECRETS,
  RELAY: { sources: { [provider]: { shop: settings } }, destinations: { crm: CRM }, ...more },
});
const settingsOf = (provider: string, settings: object) =>
  configFrom(withShop(provider, settings)).sources.get(`${provider}/shop`)?.settings;
/** The problems of an account, each without the path of the account. */
const sayings = (provider: string, settings: object, more: object = {}) =>
  problemsFrom(withShop(provider, settings, more)).map((problem) =>
    problem.replace(`RELAY.sources.${provider}.shop.`, ""),
  );
const verifierAt = (verifier_url: string, environment = "production") =>
  sayings("tokenpayments", { merchant_id: "M", verifier_url }, { environment });

describe("a refused setting says", () => {
  const OPEN =
    "is required unless both allow_ips and path_secrets are set: an open address is never accepted";
  it.each<readonly [provider: string, settings: object, says: string]>([
    ["ipay", {}, `secrets: ${OPEN}`],
    ["ipay", { allow_ips: ["192.0.2.1"] }, `secrets: ${OPEN}`],
    [
      "ipay",
      { secrets: ["NOT_SET"] },
      "secrets.0: secret NOT_SET is not set, or empty (wrangler secret put <name>; .dev.vars locally)",
    ],
    [
      "ipay",
      { secrets: ["tok_live_B"] },
      "secrets.0: secret of this name is not set, or empty (wrangler secret put <name>; .dev.vars locally)",
    ],
    ["ipay", { secrets: ["PADDED"] }, "secrets.0: secret PADDED begins or ends with white space"],
    [
      "ipay",
      { secrets: ["TOKEN", { id: "TOKEN", name: "SHORTEST_PATH" }] },
      "secrets.1: secret SHORTEST_PATH, or its id, is given twice in this list",
    ],
    [
      "cryptopay",
      { secrets: ["TOKEN"], key: "base64" },
      'secrets.0: secret TOKEN is not whsec_<base64> although key = "base64"',
    ],
    ["iqpay", { kinds: {} }, "kinds: needs at least one kind, e.g. deposit"],
    [
      "iqpay",
      { kinds: { deposit: { secrets: ["SLASHED_PATH"] } } },
      "kinds.deposit.secrets.0: secret SLASHED_PATH must consist of A-Z a-z 0-9 _ - to be a path segment",
    ],
    [
      "iqpay",
      { kinds: { deposit: { secrets: ["SHORT_PATH"] } } },
      "kinds.deposit.secrets.0: secret SHORT_PATH is guessable: a path secret needs 22 or more characters",
    ],
    ["tokenpayments", { merchant_id: "M", destinations: ["erp"] }, "destinations.0: is not a destination"],
    [
      "tokenpayments",
      { merchant_id: "M", allow_ips: ["192.0.2.300"] },
      "allow_ips.0: is not an address or CIDR range",
    ],
    [
      "tokenpayments",
      { merchant_id: "M", networks: ["no network"] },
      "networks.0: is not the name of a network",
    ],
  ])("of %s, %j: %s", (provider, settings, says) => {
    expect(sayings(provider, settings)).toEqual([says]);
  });

  it("which destinations there are to choose from", () => {
    const destinations = { crm: CRM, erp: { ...CRM, url: "https://erp.example.com/hooks" } };
    expect(sayings("tokenpayments", { merchant_id: "M" }, { destinations })).toEqual([
      "destinations: must be named, since there is more than one: crm, erp",
    ]);
  });
});

describe("a refused address of another server says", () => {
  it.each([
    ["v.example.com/", "is not a URL"],
    ["https://user@v.example.com/", "must not carry a user name or password"],
    ["https://:hunter2@v.example.com/", "must not carry a user name or password"],
    ["https://v.example.com/#x", "must not carry a fragment"],
    ["http://v.example.com/", "must be https:"],
    ["https://10.0.0.1/", "must not be an IP address"],
    ["https://2130706433/", "must not be an IP address"],
    ["https://[::1]/", "must not be an IP address"],
    ["https://[fd00::1]/", "must not be an IP address"],
    // With a second dot at its end a parser takes a number or a reserved name for a name of its own.
    ["https://127.0.0.1../", "must not be an IP address"],
    ["https://127.1../", "must not be an IP address"],
    ["https://localhost../", "must be a public host name"],
    ["https://crm.internal../", "must be a public host name"],
    ["https://LOCALHOST/", "must be a public host name"],
    ["https://a.localhost./", "must be a public host name"],
    ["https://crm.local/", "must be a public host name"],
    ["https://v.example.com", "must end with / and have no query", "/api"],
    ["https://v.example.com/", "must end with / and have no query", "?x"],
  ])("%s: %s", (url, says, rest = "") => {
    expect(verifierAt(`${url}${rest}`)).toEqual([`verifier_url: ${says}`]);
  });

  it("what is allowed in development", () => {
    expect(verifierAt("ftp://v.example.com/", "development")).toEqual([
      "verifier_url: must be http: or https:",
    ]);
    expect(verifierAt("http://127.0.0.1:8788/", "development")).toEqual([]);
  });

  it.each([
    "https://v.example.com/",
    "https://v.example.com./",
    "https://9.example.com/",
    "https://v9.example.com/",
    "https://v.example.a1/",
    "https://localhost.example.com/",
    "https://a.local.example.com/",
    "https://mylocalhost.example/",
    "https://notlocal.example.local.com/",
  ])("nothing of %s, which is public", (url) => {
    expect(verifierAt(url)).toEqual([]);
  });
});

describe("a setting that is written as its default", () => {
  it.each<readonly [provider: string, needed: object, defaults: object]>([
    ["tokenpayments", { merchant_id: "M" }, { dedupe: "order", on_outage: "defer", status: "confirmed" }],
    ["tokenpayments", { merchant_id: "M" }, { mode: "live", raw: "full" }],
    [
      "cryptopay",
      { secrets: ["TOKEN"] },
      { scheme: "t-v1", key: "whole", encoding: "hex", tolerance_seconds: 300 },
    ],
    ["ipay", { secrets: ["TOKEN"] }, { token_at: "body:/token" }],
    [
      "iqpay",
      { kinds: { deposit: { secrets: ["SHORTEST_PATH"] } } },
      { kinds: { deposit: { method: "POST", secrets: ["SHORTEST_PATH"] } } },
    ],
  ])("of %s: %j with %j says the same", (provider, needed, defaults) => {
    const written = settingsOf(provider, { ...needed, ...defaults });
    expect(written).toBeDefined();
    expect(JSON.stringify(written)).toBe(JSON.stringify(settingsOf(provider, needed)));
  });
});

describe("a secret", () => {
  it("may end at an instant of any time zone, and at none without one", () => {
    const ending = (not_after: string) => ({ secrets: [{ name: "TOKEN", not_after }] });
    for (const instant of ["2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00Z"]) {
      expect(settingsOf("ipay", ending(instant))).toMatchObject({
        tokens: [{ id: "TOKEN", value: "ipay-token-value", notAfterMs: Date.UTC(2026, 0, 1) }],
      });
    }
    expect(sayings("ipay", ending("2026-01-01T00:00:00"))).toHaveLength(1);
  });

  it("of a path may have exactly as many characters as it must", () => {
    expect(settingsOf("iqpay", { kinds: { deposit: { secrets: ["SHORTEST_PATH"] } } })).toMatchObject({
      kinds: { deposit: { secrets: [{ id: "SHORTEST_PATH" }] } },
    });
  });
});
