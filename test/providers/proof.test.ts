/** What a proof is worth, and whether a callback names the merchant it is for. */
import { describe, expect, it } from "vitest";
import { believedByToken, namesMerchant, readProved, JSON_BODY } from "../../src/providers/proof.ts";
import type { World } from "../../src/providers/provider.ts";
import type { Place } from "../../src/verify/spec/places.ts";
import { verifySpec } from "../../src/verify/spec/spec.ts";
import { callbackOf } from "../support/callbacks.ts";
import { configFrom } from "../support/config.ts";

const NETWORK_ONLY = {
  ADMIN_TOKEN: "an-operators-token-of-32-characters",
  SHOP_PATH: "path-secret-of-22-chars-or-more",
  RELAY: {
    sources: { ipay: { shop: { allow_ips: ["192.0.2.0/24"], path_secrets: ["SHOP_PATH"] } } },
    destinations: {},
  },
};
const unasked = () => Promise.reject(new Error("nothing is asked about a callback like this"));
const UNASKED: World = {
  nowMs: 0,
  source: "ipay/shop",
  fetch: unasked,
  again: false,
  mayAsk: unasked,
  tokens: { consult: unasked, refuse: unasked, undecided: unasked },
};
const FORM = { contentType: "application/x-www-form-urlencoded" };
const SHOP: Place = { kind: "form", name: "shop", text: "form:shop" };
const SITE: Place = { kind: "form", name: "site", text: "form:site" };

describe("a token", () => {
  it("proves the sender, and nothing of what is sent", () => {
    const spec = verifySpec.parse({ alg: "static", sig: "json:/token" });
    expect(believedByToken(spec)).toEqual({
      method: "static_token",
      assurance: "shared_secret",
      covers: ["sender"],
    });
  });
});

describe("the merchant", () => {
  const names = (body: string, ...expected: [Place, string][]) =>
    namesMerchant(callbackOf(body, FORM), expected);

  it("is named by every place that must name it", async () => {
    expect(await names("shop=a&site=b", [SHOP, "a"], [SITE, "b"])).toBe(true);
    expect(await names("shop=a&site=x", [SHOP, "a"], [SITE, "b"])).toBe(false);
    expect(await names("shop=x&site=b", [SHOP, "a"], [SITE, "b"])).toBe(false);
  });

  it("is not named by a place that is missing or empty", async () => {
    expect(await names("site=b", [SHOP, "a"])).toBe(false);
    expect(await names("shop=", [SHOP, "a"])).toBe(false);
  });

  it("is not named by a body that cannot be read, or says it twice", async () => {
    expect(await names("shop=%zz", [SHOP, "a"])).toBe(false);
    expect(await names("shop=a&shop=a", [SHOP, "a"])).toBe(false);
  });

  it("need not be named where no place has to, whatever the body is", async () => {
    expect(await names("shop=%zz")).toBe(true);
  });
});

describe("a callback whose proof holds", () => {
  it("is kept when it cannot be read, and refused when its shape is hostile", async () => {
    expect(await readProved(callbackOf("{"), JSON_BODY)).toMatchObject({
      kind: "quarantined",
      reason: "json",
    });
    expect(await readProved(callbackOf('{"a":1,"a":2}'), JSON_BODY)).toEqual({
      kind: "refused",
      reason: "duplicate_key",
      detail: "/a",
    });
  });
});

describe("an account that knows its sender by the address alone", () => {
  const ipay = configFrom(NETWORK_ONLY).sources.get("ipay/shop");
  const verdictOf = (body: string) => ipay?.verify(callbackOf(body, { pathKey: "SHOP_PATH" }), UNASKED);

  it("believes what can be read, by its address and list", async () => {
    expect(await verdictOf("{}")).toEqual({
      kind: "verified",
      verification: {
        method: "secret_url+ip_allowlist",
        assurance: "network",
        covers: [],
        key: "SHOP_PATH",
      },
    });
  });

  it("refuses what cannot be read", async () => {
    expect(await verdictOf("{")).toMatchObject({ kind: "refused", reason: "json" });
    expect(await verdictOf('{"a":1,"a":2}')).toEqual({
      kind: "refused",
      reason: "duplicate_key",
      detail: "/a",
    });
  });
});
