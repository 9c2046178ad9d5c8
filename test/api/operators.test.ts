/** Several operators, each with a name, a role and tokens of their own, and those of Cloudflare Access. */
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from "jose";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../src/config/schema.ts";
import { relay, secrets, testBindings } from "../support/bindings.ts";
import { bindings, freshRelay, post, type Outside } from "../support/worker.ts";

const ANN = "ann-reads-with-this-token-of-hers-4711";
const BOB = "bob-orders-with-this-token-of-his-4711";
const BOB_OLD = "bob-ordered-with-this-token-until-today";
const TEAM = "team.cloudflareaccess.com";
const AUDIENCE = "the-tag-of-the-application";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
});

const operators = {
  ann: { secrets: ["ANN_TOKEN"], role: "read" },
  bob: {
    secrets: ["BOB_TOKEN", { name: "BOB_TOKEN_OLD", not_after: "2036-01-01T00:00:00Z" }],
    role: "operate",
  },
};
const envWith = (more: object, from: object = bindings) => ({
  ...(from as typeof bindings),
  ANN_TOKEN: ANN,
  BOB_TOKEN: BOB,
  BOB_TOKEN_OLD: BOB_OLD,
  RELAY: JSON.stringify({ ...relay, ...more }),
});
const env = envWith({ operators });

async function call(method: string, path: string, headers: Record<string, string>, of = env) {
  return await post({ method, path, headers }, "192.0.2.60", of);
}
const as = (token: string) => ({ authorization: `Bearer ${token}` });
const pause = (headers: Record<string, string>, of = env) =>
  call("POST", "/api/destinations/crm/pause", headers, of);
const actors = async () => {
  const response = await call("GET", "/api/audit", as(secrets.ADMIN_TOKEN));
  return (await response.json<{ audit: { actor: string }[] }>()).audit.map(({ actor }) => actor);
};

describe("named operators", () => {
  it("may read, and give orders only where their role says so; the audit names them", async () => {
    expect((await call("GET", "/api/ledger", as(ANN))).status).toBe(200);
    const refused = await pause(as(ANN));
    expect([refused.status, await refused.json()]).toMatchObject([403, { status: 403 }]);
    expect((await pause(as(BOB))).status).toBe(200);
    expect((await pause(as(secrets.ADMIN_TOKEN))).status).toBe(200);
    expect(await actors()).toEqual(["admin", "bob"]);
  });

  it("rotate their tokens without a gap, and an old one ends at its time", async () => {
    expect((await call("GET", "/api/ledger", as(BOB_OLD))).status).toBe(200);
    vi.setSystemTime(new Date("2036-01-01T00:00:01Z"));
    expect((await call("GET", "/api/ledger", as(BOB_OLD))).status).toBe(401);
    expect((await call("GET", "/api/ledger", as(BOB))).status).toBe(200);
  });

  it("suffice without an ADMIN_TOKEN", async () => {
    const without = { ...env, ADMIN_TOKEN: undefined };
    const { config, problems } = loadConfig({ ...without, RELAY: relayOf(operators, "production") });
    expect(problems.filter(({ about }) => about.kind === "operators")).toEqual([]);
    expect(config.operators.map(({ name }) => name)).toEqual(["ann", "bob"]);
  });
});

const relayOf = (given: object, environment = "production") => ({ ...relay, environment, operators: given });

describe("the configuration of operators", () => {
  const problemsOf = (given: object, more: object = {}) =>
    loadConfig({ ...testBindings, ANN_TOKEN: ANN, BOB_TOKEN: BOB, ...more, RELAY: relayOf(given) })
      .problems.filter(({ about }) => about.kind === "operators")
      .map(({ path }) => path.join("."));

  it.each([
    [{ ann: { secrets: ["NOT_SET"], role: "read" } }, "RELAY.operators.ann.secrets.0"],
    [{ ann: { secrets: ["ANN_TOKEN"], role: "all" } }, "RELAY.operators.ann.role"],
    [{ ann: { secrets: ["SHORT"], role: "read" } }, "RELAY.operators.ann.secrets"],
    [{ admin: { secrets: ["ANN_TOKEN"], role: "read" } }, "RELAY.operators.admin"],
    [{ "a b": { secrets: ["ANN_TOKEN"], role: "read" } }, "RELAY.operators.a b"],
    [
      { ann: { secrets: ["ANN_TOKEN"], role: "read" }, bob: { secrets: ["ANN_TOKEN"], role: "operate" } },
      "RELAY.operators.bob.secrets",
    ],
  ])("%j has a problem at %s", (given, path) => {
    expect(problemsOf(given, { SHORT: "guessable" })).toEqual([path]);
  });

  it("lets in the others when one has a problem", () => {
    const given = { ann: { secrets: ["NOT_SET"], role: "read" }, bob: operators.bob };
    const { config } = loadConfig({ ...env, RELAY: relayOf(given) });
    expect(config.operators.map(({ name }) => name)).toEqual(["bob", "admin"]);
    expect(config.admitsOperators).toBe(true);
  });
});

describe("Cloudflare Access", () => {
  const access = { team_domain: TEAM, audience: AUDIENCE, operate: ["bob@example.com"] };
  const withAccess = envWith({ access });

  interface Claims {
    readonly issuer?: string;
    readonly audience?: string;
    readonly expires?: string;
    readonly email?: string;
  }

  /** One pair for all tests, since the isolate remembers the team's keys. */
  const pair = generateKeyPair("RS256", { extractable: true });

  /** The team's private key; its public half is where the Worker fetches it. */
  async function team(): Promise<CryptoKey> {
    const { publicKey, privateKey } = await pair;
    const jwk = { ...(await exportJWK(publicKey)), kid: "key-1", alg: "RS256", use: "sig" };
    vi.spyOn(globalThis, "fetch").mockImplementation((input) => {
      const url = new Request(input).url;
      if (url === `https://${TEAM}/cdn-cgi/access/certs`)
        return Promise.resolve(Response.json({ keys: [jwk] }));
      throw new Error(`must not be called: ${url}`);
    });
    return privateKey;
  }

  const statement = (key: CryptoKey, claims: Claims = {}) =>
    new SignJWT({ email: claims.email ?? "ann@example.com" })
      .setProtectedHeader({ alg: "RS256", kid: "key-1" })
      .setIssuer(claims.issuer ?? `https://${TEAM}`)
      .setAudience(claims.audience ?? AUDIENCE)
      .setExpirationTime(claims.expires ?? "1h")
      .sign(key);
  const by = (token: string, more = {}) => ({ "cf-access-jwt-assertion": token, ...more });

  it("lets in by its signature, audience, issuer and time, and by nothing else", async () => {
    const key = await team();
    const { privateKey: other } = await generateKeyPair("RS256");
    const status = async (token: string, of = withAccess) =>
      (await call("GET", "/api/ledger", by(token), of)).status;
    expect(await status(await statement(key))).toBe(200);
    expect(await status(await statement(other))).toBe(401);
    expect(await status(await statement(key, { audience: "another-application" }))).toBe(401);
    expect(await status(await statement(key, { issuer: "https://other.cloudflareaccess.com" }))).toBe(401);
    expect(await status(await statement(key, { expires: "-1h" }))).toBe(401);
    expect(await status("not.a.token")).toBe(401);
    // Where it is not configured, its header is anybody's.
    expect(await status(await statement(key), env)).toBe(401);
    expect(outside.logged.join("\n")).not.toContain("eyJ");
  });

  it("names who gives an order, by the roles of the configuration", async () => {
    const key = await team();
    expect((await pause(by(await statement(key)), withAccess)).status).toBe(403);
    const bob = await statement(key, { email: "bob@example.com" });
    expect((await pause(by(bob), withAccess)).status).toBe(200);
    expect(await actors()).toEqual(["bob@example.com"]);
  });

  it("gives no order that another site has a browser send", async () => {
    const key = await team();
    const bob = await statement(key, { email: "bob@example.com" });
    expect((await pause(by(bob, { "sec-fetch-site": "cross-site" }), withAccess)).status).toBe(401);
    expect((await pause(by(bob, { "sec-fetch-site": "same-origin" }), withAccess)).status).toBe(200);
  });
});
