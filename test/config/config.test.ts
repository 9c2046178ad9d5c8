/** The `RELAY` variable: what is accepted, what is refused, and that a refusal names every mistake and no secret. */
import { describe, expect, it } from "vitest";
import type { RelayConfig } from "../../src/config/schema.ts";
import { configFrom, problemsFrom } from "../support/config.ts";

const SIGNING = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const SECRETS = {
  ADMIN_TOKEN: "an-operators-token-of-32-characters",
  IPAY_TOKEN: "ipay-token-value",
  CRYPTOPAY_SECRET: "whsec_cryptopay_value",
  DEPOSIT_PATH: "path-secret-of-22-chars-or-more",
  CRM_SIGNING_SECRET: SIGNING,
  EMPTY: "",
  SHORT_PATH: "short",
  SLASHED_PATH: "a/path/secret/with/slashes",
  PADDED: " padded-value\n",
};
const CRM = { url: "https://crm.example.com/hooks", secrets: ["CRM_SIGNING_SECRET"] };
const KINDS = { deposit: { secrets: ["DEPOSIT_PATH"] } };

/** A whole configuration of one account. */
const withSource = (provider: string, settings: unknown, more: object = {}) => ({
  sources: { [provider]: { shop: settings } },
  destinations: { crm: CRM },
  ...more,
});
const withUrl = (url: string, environment = "production") => ({
  environment,
  sources: {},
  destinations: { crm: { ...CRM, url } },
});

function problemsOf(relay: unknown): readonly string[] {
  return problemsFrom({ ...SECRETS, RELAY: relay });
}

function configOf(relay: unknown): RelayConfig {
  return configFrom({ ...SECRETS, RELAY: relay });
}

const ONE_OF_EACH = {
  sources: {
    ipay: { shop: { secrets: ["IPAY_TOKEN"] } },
    cryptopay: { shop: { secrets: ["CRYPTOPAY_SECRET"] } },
    iqpay: { shop: { kinds: KINDS } },
    tokenpayments: { shop: { merchant_id: "M-1" } },
  },
  destinations: { crm: CRM },
};

describe("what is taken", () => {
  it("the least of each provider, with the defaults", () => {
    const config = configOf(ONE_OF_EACH);
    expect([...config.sources.keys()]).toEqual([
      "ipay/shop",
      "cryptopay/shop",
      "iqpay/shop",
      "tokenpayments/shop",
    ]);
    for (const { settings } of config.sources.values()) {
      expect(settings).toMatchObject({
        mode: "live",
        allowIps: [],
        raw: "full",
        networks: null,
        destinations: null,
        maxBodyBytes: 262_144,
      });
    }
    expect(config.sources.get("tokenpayments/shop")?.settings).toMatchObject({
      verifierUrl: new URL("https://tokenpayments.io/api/token-verifier/"),
      dedupe: "order",
      onOutage: "defer",
      status: "confirmed",
    });
    expect(config.sources.get("cryptopay/shop")?.settings).toMatchObject({
      proof: {
        spec: { alg: "hmac-sha256", key: "utf8", encoding: "hex", time: { toleranceSeconds: 300 } },
        believed: { assurance: "signed", covers: ["body", "timestamp"] },
      },
    });
    expect(config.sources.get("ipay/shop")?.settings).toMatchObject({
      proof: { spec: { alg: "static", signature: { text: "json:/token" } } },
    });
  });

  it("an object, or the same as JSON text", () => {
    expect(configOf(JSON.stringify(ONE_OF_EACH)).sources.size).toBe(4);
  });

  it("a secret's id is its name unless another is given", () => {
    const secrets = [
      "IPAY_TOKEN",
      { id: "2025", name: "CRYPTOPAY_SECRET", not_after: "2026-01-01T00:00:00Z" },
    ];
    expect(configOf(withSource("ipay", { secrets })).sources.get("ipay/shop")?.settings).toMatchObject({
      tokens: [
        { id: "IPAY_TOKEN", value: "ipay-token-value" },
        { id: "2025", value: "whsec_cryptopay_value", notAfterMs: Date.UTC(2026, 0, 1) },
      ],
    });
  });

  it.each([
    "http://127.0.0.1:8788/hooks",
    "http://localhost/hooks",
    "https://crm.example.com/hooks",
    "http://[::1]:1/",
  ])("in development, %s", (url) => {
    expect(problemsOf(withUrl(url, "development"))).toEqual([]);
  });
});

describe("what is refused", () => {
  it.each([
    "http://crm.example.com/",
    "ftp://crm.example.com/",
    "https://127.0.0.1/",
    "https://10.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[fd00::1]/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://crm.internal/",
    "https://metadata.google.internal./",
    "https://crm.local/",
    "https://intranet/",
    "https://user@crm.example.com/",
    "https://:hunter2@crm.example.com/",
    "https://crm.example.com/#fragment",
    "crm.example.com",
    "//crm.example.com/",
    "",
  ])("outside development, the address %j of a destination and of a verifier", (url) => {
    const [problem = ""] = problemsOf(withUrl(url));
    expect(problem).toMatch(/^RELAY\.destinations\.crm\.url: /);
    expect(problem).not.toContain("hunter2");
    const verifier = withSource("tokenpayments", { merchant_id: "M-1", verifier_url: `${url}x/` });
    if (url !== "") expect(problemsOf(verifier)).not.toEqual([]);
  });

  it.each(["https://v.example.com/api", "https://v.example.com/?token=", "https://v.example.com/a/?x"])(
    "the verifier %s: the token must be its last segment",
    (url) => {
      expect(problemsOf(withSource("tokenpayments", { merchant_id: "M-1", verifier_url: url }))).toHaveLength(
        1,
      );
    },
  );

  it.each<[string, string, unknown, string]>([
    ["no secrets", "ipay", {}, "secrets"],
    ["an empty list of secrets", "ipay", { secrets: [] }, "secrets"],
    ["a secret that is not set", "ipay", { secrets: ["NOT_SET"] }, "secrets.0"],
    ["an empty secret", "ipay", { secrets: ["EMPTY"] }, "secrets.0"],
    ["a secret with a line break behind it", "ipay", { secrets: ["IPAY_TOKEN", "PADDED"] }, "secrets.1"],
    ["the same secret twice", "ipay", { secrets: ["IPAY_TOKEN", "IPAY_TOKEN"] }, "secrets.1"],
    [
      "two secrets of one id",
      "ipay",
      {
        secrets: [
          { id: "a", name: "IPAY_TOKEN" },
          { id: "a", name: "CRYPTOPAY_SECRET" },
        ],
      },
      "secrets.1",
    ],
    [
      "a secret's end that is no instant",
      "ipay",
      { secrets: [{ name: "IPAY_TOKEN", not_after: "2026" }] },
      "secrets.0.not_after",
    ],
    ["only an address list", "ipay", { allow_ips: ["192.0.2.1"] }, "secrets"],
    ["only a secret path", "ipay", { path_secrets: ["DEPOSIT_PATH"] }, "secrets"],
    ["another place for the token", "ipay", { secrets: ["IPAY_TOKEN"], token_at: "query:token" }, "token_at"],
    ["a name for a list", "ipay", { secrets: "IPAY_TOKEN" }, "secrets"],
    ["no settings", "ipay", null, ""],
    ["an unknown scheme", "cryptopay", { secrets: ["CRYPTOPAY_SECRET"], scheme: "auto" }, "scheme"],
    [
      "a negative tolerance",
      "cryptopay",
      { secrets: ["CRYPTOPAY_SECRET"], tolerance_seconds: -1 },
      "tolerance_seconds",
    ],
    [
      "a tolerance beyond 300 s",
      "cryptopay",
      { secrets: ["CRYPTOPAY_SECRET"], tolerance_seconds: 301 },
      "tolerance_seconds",
    ],
    ["a key that is no base64", "cryptopay", { secrets: ["CRYPTOPAY_SECRET"], key: "base64" }, "secrets.0"],
    ["no kinds", "iqpay", { kinds: {} }, "kinds"],
    ["an unknown kind", "iqpay", { kinds: { ...KINDS, refund: KINDS.deposit } }, "kinds"],
    ["a kind without a secret", "iqpay", { kinds: { deposit: {} } }, "kinds.deposit.secrets"],
    [
      "a guessable path",
      "iqpay",
      { kinds: { deposit: { secrets: ["SHORT_PATH"] } } },
      "kinds.deposit.secrets.0",
    ],
    [
      "a path of several segments",
      "iqpay",
      { kinds: { deposit: { secrets: ["SLASHED_PATH"] } } },
      "kinds.deposit.secrets.0",
    ],
    [
      "an unknown method",
      "iqpay",
      { kinds: { deposit: { ...KINDS.deposit, method: "PATCH" } } },
      "kinds.deposit.method",
    ],
    ["no merchant id", "tokenpayments", {}, "merchant_id"],
    ["an empty merchant id", "tokenpayments", { merchant_id: "" }, "merchant_id"],
    ["an unknown way to dedupe", "tokenpayments", { merchant_id: "M", dedupe: "amount" }, "dedupe"],
    ["an unknown option", "tokenpayments", { merchant_id: "M", verify: false }, ""],
    ["an unknown mode", "tokenpayments", { merchant_id: "M", mode: "prod" }, "mode"],
    [
      "a destination that is not there",
      "tokenpayments",
      { merchant_id: "M", destinations: ["crm", "erp"] },
      "destinations.1",
    ],
    [
      "an address that is none",
      "tokenpayments",
      { merchant_id: "M", allow_ips: ["192.0.2.1", "192.0.2.300"] },
      "allow_ips.1",
    ],
    [
      "a range with bits below its prefix",
      "tokenpayments",
      { merchant_id: "M", allow_ips: ["10.1.2.3/8"] },
      "allow_ips.0",
    ],
    [
      "a body cap beyond a row's size",
      "tokenpayments",
      { merchant_id: "M", max_body_bytes: 2_000_000 },
      "max_body_bytes",
    ],
    ["a network that is none", "tokenpayments", { merchant_id: "M", networks: ["no network"] }, "networks.0"],
    ["an empty list of networks", "tokenpayments", { merchant_id: "M", networks: [] }, "networks"],
  ])("%s", (_, provider, settings, path) => {
    const problems = problemsOf(withSource(provider, settings));
    const where = ["RELAY.sources", provider, "shop", path].filter((part) => part !== "").join(".");
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([where]);
  });

  it.each([
    ["no variable", undefined],
    ["text that is no JSON", "{sources:"],
    ["a list", []],
    ["null", null],
    ["JSON null", "null"],
    ["nothing in it", {}],
  ])("%s", (_, relay) => {
    expect(problemsOf(relay).length).toBeGreaterThan(0);
    expect(problemsOf(relay).every((problem) => problem.startsWith("RELAY"))).toBe(true);
  });

  it.each(["a/b", "", " ", "..", ".", "a b", "é", "-a", "a".repeat(65)])("an account named %j", (name) => {
    const sources = { tokenpayments: { [name]: { merchant_id: "M" } } };
    expect(problemsOf({ sources, destinations: { crm: CRM } })).toHaveLength(1);
  });
});

describe("problems", () => {
  const broken = {
    environment: "production",
    retries: 3,
    inbox_shards: 0,
    sources: {
      nobody: { shop: {} },
      ipay: { shop: { secrets: ["NOT_SET"], token_at: "nowhere", tokn: 1 }, "a/b": {} },
      cryptopay: { shop: { secrets: [], scheme: "auto", destinations: ["erp"] } },
      iqpay: { shop: { kinds: { deposit: { secrets: ["SHORT_PATH", "SLASHED_PATH"] } } } },
      tokenpayments: { shop: { verifier_url: "http://user:pass@localhost/" } },
    },
    destinations: { crm: { url: "http://crm.example.com", secrets: ["IPAY_TOKEN"] } },
  };

  it("come out all at once, each with its path", () => {
    const paths = problemsOf(broken).map((problem) => problem.split(":")[0]);
    for (const path of [
      "RELAY.retries",
      "RELAY.inbox_shards",
      "RELAY.sources.nobody",
      "RELAY.sources.ipay.shop",
      "RELAY.sources.ipay.shop.secrets.0",
      "RELAY.sources.ipay.shop.token_at",
      "RELAY.sources.ipay.a/b",
      "RELAY.sources.cryptopay.shop.secrets",
      "RELAY.sources.cryptopay.shop.scheme",
      "RELAY.sources.cryptopay.shop.destinations.0",
      "RELAY.sources.iqpay.shop.kinds.deposit.secrets.0",
      "RELAY.sources.iqpay.shop.kinds.deposit.secrets.1",
      "RELAY.sources.tokenpayments.shop.merchant_id",
      "RELAY.sources.tokenpayments.shop.verifier_url",
      "RELAY.destinations.crm.url",
      "RELAY.destinations.crm.secrets.0",
    ]) {
      expect(paths).toContain(path);
    }
  });

  it("tell no secret", () => {
    const text = problemsOf(broken).join("\n");
    for (const secret of Object.values(SECRETS).filter((value) => value !== "")) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toContain("pass@");
  });

  it("do not repeat a secret that was pasted where its name belongs", () => {
    for (const pasted of ["whsec_live_abcdef123456", "tok_live_B", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]) {
      const problems = problemsOf(withSource("ipay", { secrets: [pasted, { name: pasted }] }));
      expect(problems).toHaveLength(2);
      expect(problems.join("\n")).not.toContain(pasted);
    }
  });
});
