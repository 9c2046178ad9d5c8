/** A problem is known by what it is about, and stops only that. */
import { describe, expect, it } from "vitest";
import { isBroken, loadConfig } from "../../src/config/schema.ts";
import {
  MAX_RETENTION_DAYS,
  MAX_TOMBSTONE_DAYS,
  MIN_ADMIN_TOKEN_CHARS,
  HANDOVER_TIMEOUT_MS,
} from "../../src/limits.ts";
import { relay, secrets as samples } from "../support/bindings.ts";

/** Of a production: nothing printed in this repository, nothing too short. */
const SECRETS = {
  ADMIN_TOKEN: "x".repeat(MIN_ADMIN_TOKEN_CHARS),
  IPAY_TOKEN: "ipay-token-of-nobody",
  CRYPTOPAY_SECRET: "cryptopay-secret-of-nobody",
  CRM_SIGNING_SECRET: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
};
const CRM = { url: "https://crm.example.com/hooks", secrets: ["CRM_SIGNING_SECRET"] };
const IPAY = { secrets: ["IPAY_TOKEN"] };
const CRYPTOPAY = { secrets: ["CRYPTOPAY_SECRET"] };
const GOOD = {
  sources: { ipay: { shop: IPAY }, cryptopay: { shop: CRYPTOPAY } },
  destinations: { crm: CRM },
};

const load = (changes: object = {}, secrets: object = {}) =>
  loadConfig({ ...SECRETS, ...secrets, RELAY: { ...GOOD, ...changes } });

/** What is told of each problem: its place, and what it stops. */
const told = ({ problems }: ReturnType<typeof loadConfig>) =>
  problems.map(({ path, about }) => [
    path.join("."),
    "name" in about ? `${about.kind} ${about.name}` : about.kind,
  ]);

it("nothing is wrong with the configuration that the others differ from", () => {
  const { problems, status, config } = load();
  expect(problems).toEqual([]);
  expect(status).toBe("ok");
  expect(config).toMatchObject({ isAccepting: true, admitsOperators: true, isShardCountKnown: true });
});

describe("a source with a problem", () => {
  it("is broken by its own name, and the others are served", () => {
    const loaded = load({
      sources: { ipay: { shop: { secrets: ["NOT_SET"] }, other: IPAY }, cryptopay: { shop: CRYPTOPAY } },
    });
    expect(told(loaded)).toEqual([["RELAY.sources.ipay.shop.secrets.0", "source ipay/shop"]]);
    expect(loaded.status).toBe("degraded");
    const { config } = loaded;
    expect(config.isAccepting).toBe(true);
    expect([...config.sources.keys()]).toEqual(["ipay/other", "cryptopay/shop"]);
    const broken = ["ipay/shop", "ipay/other", "cryptopay/shop", "ipay/nobody"].filter((name) =>
      isBroken(config, name),
    );
    expect(broken).toEqual(["ipay/shop"]);
  });

  it("takes all accounts with it where the provider's table is none, or the provider is unknown", () => {
    const loaded = load({ sources: { ipay: "shop", nobody: { shop: {} }, cryptopay: { shop: CRYPTOPAY } } });
    expect(told(loaded)).toEqual([
      ["RELAY.sources.ipay", "source ipay"],
      ["RELAY.sources.nobody", "source nobody"],
    ]);
    const { config } = loaded;
    expect(isBroken(config, "ipay/shop") && isBroken(config, "nobody/shop")).toBe(true);
    expect(isBroken(config, "cryptopay/shop")).toBe(false);
  });

  it("leaves nothing to accept where it is the only one", () => {
    expect(load({ sources: { ipay: { shop: {} } } }).status).toBe("misconfigured");
  });
});

describe("a destination with a problem", () => {
  it("is held by its name and still known, and the others are served", () => {
    const named = { destinations: ["crm", "erp"] };
    const loaded = load({
      sources: { ipay: { shop: { ...IPAY, ...named } } },
      destinations: {
        crm: CRM,
        erp: { ...CRM, url: "http://erp.example.com/", types: ["payment.confirmed"] },
      },
    });
    expect(told(loaded)).toEqual([["RELAY.destinations.erp.url", "destination erp"]]);
    expect(loaded.status).toBe("degraded");
    const { config } = loaded;
    expect([...config.destinations.keys()]).toEqual(["crm"]);
    expect(config.heldDestinations.get("erp")).toMatchObject({
      why: "RELAY.destinations.erp.url: must be https:",
      types: ["payment.confirmed"],
    });
    expect(config.eventDestinations).toEqual(["crm", "erp"]);
    expect(config.sources.get("ipay/shop")?.settings.destinations).toEqual(["crm", "erp"]);
  });

  it("is owed everything where it cannot be read what it wants", () => {
    const { config } = load({ destinations: { crm: { ...CRM, types: "payment.confirmed" } } });
    expect(config.heldDestinations.get("crm")?.types).toBeNull();
  });

  it("may be the one for alerts", () => {
    const loaded = load({ alerts: { ...CRM, secrets: ["NOT_SET"] } });
    expect(told(loaded)).toEqual([["RELAY.alerts.secrets.0", "destination @alerts"]]);
    expect(loaded.config.eventDestinations).toEqual(["crm"]);
  });
});

describe("several destinations", () => {
  const two = { crm: CRM, erp: CRM };

  it("have to be named by each source: a new one must not receive every account's payments in silence", () => {
    const named = { ...CRYPTOPAY, destinations: ["erp"] };
    const loaded = load({ destinations: two, sources: { ipay: { shop: IPAY }, cryptopay: { shop: named } } });
    expect(told(loaded)).toEqual([["RELAY.sources.ipay.shop.destinations", "source ipay/shop"]]);
    expect(loaded.problems[0]?.message).toBe("must be named, since there is more than one: crm, erp");
    expect([...loaded.config.sources.keys()]).toEqual(["cryptopay/shop"]);
  });

  it("need not be where the other one is for alerts", () => {
    expect(load({ alerts: CRM }).problems).toEqual([]);
  });
});

describe("the whole", () => {
  it.each<[string, unknown]>([
    ["no variable", undefined],
    ["text that is no JSON", "{sources:"],
    ["a list", []],
    ["JSON null", "null"],
  ])("is unreadable with %s: nothing is accepted, nothing purged early", (_, RELAY) => {
    const loaded = loadConfig({ ...SECRETS, RELAY });
    expect(told(loaded)).toEqual([["RELAY", "relay"]]);
    expect(loaded.status).toBe("misconfigured");
    expect(loaded.config).toMatchObject({
      isAccepting: false,
      isShardCountKnown: false,
      admitsOperators: true,
      retentionDays: MAX_RETENTION_DAYS,
      tombstoneDays: MAX_TOMBSTONE_DAYS,
    });
    expect(isBroken(loaded.config, "ipay/shop")).toBe(true);
  });

  it.each<[string, object]>([
    ["inbox_shards", { inbox_shards: 0 }],
    ["inbox_shards_before", { inbox_shards_before: "8" }],
    ["environment", { environment: 1 }],
    ["sources", { sources: [] }],
    ["destinations", { destinations: null }],
    ["sorces", { sorces: {} }],
    ["destinations.@alerts", { destinations: { crm: CRM, "@alerts": CRM }, alerts: CRM }],
  ])("accepts nothing while %s is wrong, and goes on delivering", (name, changes) => {
    const loaded = load(changes);
    expect(told(loaded)[0]).toEqual([`RELAY.${name}`, "relay"]);
    expect(loaded.status).toBe("misconfigured");
    expect(loaded.config.isAccepting).toBe(false);
    expect(loaded.config.destinations.has("crm")).toBe(name !== "destinations");
    expect(loaded.config.eventDestinations).not.toContain("@alerts");
    expect(loaded.config.isShardCountKnown).toBe(name !== "inbox_shards");
  });
});

describe("a setting with a problem", () => {
  it.each<[string, object, object]>([
    ["retention_days", { retention_days: "forever" }, { retentionDays: MAX_RETENTION_DAYS }],
    ["tombstone_days", { tombstone_days: -1 }, { tombstoneDays: MAX_TOMBSTONE_DAYS, retentionDays: 90 }],
    ["handover_lease_ms", { handover_lease_ms: 1 }, { handoverTimeoutMs: HANDOVER_TIMEOUT_MS }],
    ["log", { log: "everything" }, { log: "problems" }],
  ])("%s stops nothing: what loses nothing stands in for it", (name, changes, instead) => {
    const loaded = load(changes);
    expect(told(loaded)).toEqual([[`RELAY.${name}`, `setting ${name}`]]);
    expect(loaded.status).toBe("degraded");
    expect(loaded.config).toMatchObject({ ...instead, isAccepting: true });
    expect(loaded.config.sources.size).toBe(2);
  });
});

describe("outside development", () => {
  it.each([
    ["too short", "x".repeat(MIN_ADMIN_TOKEN_CHARS - 1)],
    ["not set", undefined],
    ["a published sample", "dev-admin-token-change-me"],
  ])("a token of operators that is %s lets nobody in, and stops nothing else", (_, ADMIN_TOKEN) => {
    const loaded = load({}, { ADMIN_TOKEN });
    expect(told(loaded)).toEqual([["ADMIN_TOKEN", "operators"]]);
    expect(loaded.status).toBe("degraded");
    expect(loaded.config).toMatchObject({ admitsOperators: false, isAccepting: true });
    expect(loaded.config.sources.size).toBe(2);
  });

  it("a published sample breaks the source or holds the destination that uses it", () => {
    const loaded = load(
      {},
      { IPAY_TOKEN: samples.IPAY_TOKEN, CRM_SIGNING_SECRET: samples.CRM_SIGNING_SECRET },
    );
    expect(told(loaded)).toEqual([
      ["RELAY.sources.ipay.shop.secrets.0", "source ipay/shop"],
      ["RELAY.destinations.crm.secrets.0", "destination crm"],
    ]);
    expect(loaded.problems[0]?.message).toBe("secret IPAY_TOKEN is a published sample: everybody knows it");
    expect([...loaded.config.sources.keys()]).toEqual(["cryptopay/shop"]);
  });

  it("is everything that does not say development, and nothing is allowed there that is there", () => {
    const loaded = loadConfig({ ...samples, RELAY: { ...relay, environment: "staging" } });
    const names = ["ipay/broker-eu", "cryptopay/broker-eu", "iqpay/broker-eu", "iqpay/broker-get"];
    expect([...loaded.config.brokenSources]).toEqual(names);
    expect([...loaded.config.heldDestinations.keys()]).toEqual(["crm"]);
    expect(loadConfig({ ...samples, RELAY: relay }).problems).toEqual([]);
  });
});
