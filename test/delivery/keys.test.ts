/** Signing keys in the configuration, and their public halves in the key set. */
import { createExecutionContext } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { jwks } from "../../src/delivery/jwks.ts";
import { relay, secrets } from "../support/bindings.ts";
import { configFrom, problemsFrom } from "../support/config.ts";
import { bindings, freshRelay } from "../support/worker.ts";

const SEED_A = "VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
const SEED_B = "V0VCSE9PS0FTWU1NRVRSSUNURVNUUFJJVkFURUtFWTE=";
const NOW = "2026-09-21T14:00:00.000Z";

beforeEach(() => freshRelay(NOW));

function envWith(destinations: object, more: Record<string, string> = {}) {
  return { ...secrets, ...more, RELAY: JSON.stringify({ ...relay, destinations }) };
}

/** Two destinations and no account that would have to name one of them. */
function withTwo(a: object, b: object, more: Record<string, string>) {
  return { ...secrets, ...more, RELAY: { environment: "development", sources: {}, destinations: { a, b } } };
}

function problems(crm: object, more: Record<string, string> = {}): readonly string[] {
  return problemsFrom(envWith({ crm: { url: "http://crm.test/", ...crm } }, more));
}

const CRM = "RELAY.destinations.crm";

describe("the configuration", () => {
  it.each([
    ["secrets alone", { secrets: ["CRM_SIGNING_SECRET"] }],
    ["signing keys alone", { signing_keys: ["K"] }],
    ["both", { secrets: ["CRM_SIGNING_SECRET"], signing_keys: [{ id: "2026-10", name: "K" }] }],
    ["a key that has expired", { signing_keys: [{ name: "K", not_after: "2020-01-01T00:00:00Z" }] }],
  ])("takes %s", (_, crm) => {
    expect(problems(crm, { K: `whsk_${SEED_A}` })).toEqual([]);
  });

  it("refuses a destination with neither", () => {
    expect(problems({})).toEqual([expect.stringContaining(`${CRM}.secrets: needs secrets`)]);
  });

  it("reports it with every other problem", () => {
    const found = problems({ url: "nonsense", timeout_ms: 1 });
    expect(found.map((problem) => problem.split(":")[0])).toEqual(
      expect.arrayContaining([`${CRM}.url`, `${CRM}.timeout_ms`, `${CRM}.secrets`]),
    );
  });

  it.each([
    ["no prefix", SEED_A],
    ["the public half", `whpk_${SEED_A}`],
    ["a v1 secret", secrets.CRM_SIGNING_SECRET],
    ["31 bytes", `whsk_${btoa("x".repeat(31))}`],
    ["33 bytes", `whsk_${btoa("x".repeat(33))}`],
    ["not base64", "whsk_***"],
    ["base64url", `whsk_${SEED_A.replace("=", "")}`],
  ])("refuses as a signing key: %s", (_, K) => {
    const [problem, ...others] = problems({ signing_keys: ["K"] }, { K });
    expect(problem).toContain(`${CRM}.signing_keys.0: secret K is not an Ed25519 private key`);
    expect(problem).not.toContain(K);
    expect(others).toEqual([]);
  });

  it("refuses one that is not set, and one that is given twice", () => {
    expect(problems({ signing_keys: ["K"] })[0]).toContain(`${CRM}.signing_keys.0: secret K is not set`);
    expect(problems({ signing_keys: ["K", "K"] }, { K: `whsk_${SEED_A}` })[0]).toContain("given twice");
  });

  it("refuses one id for two keys, which no receiver could tell apart", () => {
    const key = (name: string) => ({ url: "http://crm.test/", signing_keys: [{ id: "2026-10", name }] });
    const env = { A: `whsk_${SEED_A}`, B: `whsk_${SEED_B}` };
    expect(problemsFrom(withTwo(key("A"), key("B"), env))).toEqual([
      expect.stringContaining("RELAY.destinations.b.signing_keys: 2026-10 names another key"),
    ]);
    expect(problemsFrom(withTwo(key("A"), key("A"), env))).toEqual([]);
  });
});

describe("the key set", () => {
  const crm = {
    url: "http://crm.test/",
    signing_keys: [
      { id: "2026-10", name: "A" },
      { id: "2026-04", name: "B", not_after: "2026-09-21T14:30:00Z" },
    ],
  };
  const erp = { url: "http://erp.test/", signing_keys: [{ id: "2026-10", name: "A" }] };
  const seeds = { A: `whsk_${SEED_A}`, B: `whsk_${SEED_B}` };
  const env = { ...bindings, ...withTwo(crm, erp, seeds) };
  const publishedKeys = async (given: Env) =>
    await app.fetch(new Request("https://relay.test/.well-known/jwks.json"), given, createExecutionContext());

  it("has every key once, and no private part of any", async () => {
    const response = await publishedKeys(env);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    const text = await response.text();
    const { keys } = JSON.parse(text) as { keys: Record<string, string>[] };
    expect(keys.map(({ kid }) => kid)).toEqual(["2026-10", "2026-04"]);
    for (const key of keys) {
      expect(Object.keys(key).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
      expect(key).toMatchObject({ kty: "OKP", crv: "Ed25519", use: "sig" });
      expect(key.x).toMatch(/^[A-Za-z0-9_-]{43}$/);
    }
    const url = (base64: string) => base64.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
    for (const seed of [SEED_A, SEED_B]) expect(text).not.toContain(url(seed));
  });

  it("still has the keys of a destination that has a problem of another kind", async () => {
    const broken = withTwo({ ...crm, url: "nowhere" }, erp, seeds);
    const response = await publishedKeys({ ...bindings, ...broken });
    const { keys } = await response.json<{ keys: { kid: string }[] }>();
    expect(keys.map(({ kid }) => kid)).toEqual(["2026-10", "2026-04"]);
  });

  it("keeps an expired key as long as a request signed with it may be on its way", async () => {
    const config = configFrom(env);
    const ids = async (at: string) => (await jwks(config, Date.parse(at))).keys.map(({ kid }) => kid);
    expect(await ids("2026-09-21T14:40:00.000Z")).toEqual(["2026-10", "2026-04"]);
    expect(await ids("2026-09-21T14:40:00.001Z")).toEqual(["2026-10"]);
  });

  it("is empty where no destination signs with such keys", async () => {
    const worker = (exports as unknown as { default: Fetcher }).default;
    const response = await worker.fetch("https://relay.test/.well-known/jwks.json");
    expect(await response.json()).toEqual({ keys: [] });
  });

  it("is not there while the configuration cannot be read: receivers would forget the keys they know", async () => {
    const response = await publishedKeys({ ...bindings, RELAY: "{" });
    expect(response.status).toBe(503);
  });
});
