/** `RELAY.providers`: what is declared is known, and a mistake stops only the sources of that provider. */
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/schema.ts";
import { textOf } from "../../src/config/problems.ts";
import { acme } from "../support/acme.ts";

const SECRETS = {
  ADMIN_TOKEN: "an-operators-token-of-32-characters",
  ACME_SECRET: "acme",
  IPAY_TOKEN: "ipay",
};
const SOURCES = { acme: { shop: { secrets: ["ACME_SECRET"] } }, ipay: { shop: { secrets: ["IPAY_TOKEN"] } } };

function load(providers: unknown, sources: object = SOURCES) {
  const loaded = loadConfig({
    ...SECRETS,
    RELAY: { environment: "production", providers, sources, destinations: {} },
  });
  return { ...loaded, lines: loaded.problems.map(textOf) };
}

describe("a declared provider", () => {
  it("is a provider like any other", () => {
    const { lines, config } = load({ acme });
    expect(lines).toEqual([]);
    expect([...config.sources.keys()]).toEqual(["acme/shop", "ipay/shop"]);
  });

  it("takes what it leaves out from the preset it extends", () => {
    const { lines, config } = load(
      {
        acme: {
          extends: "standard_webhooks",
          subject_key: ["json:/data/id"],
          status: { at: "json:/type", map: { "invoice.paid": "confirmed" } },
          amounts: { amount: { value: "json:/data/amount", currency: "text:EUR" } },
        },
      },
      { acme: { shop: { secrets: ["ACME_KEY"] } } },
    );
    expect(lines).toEqual([
      expect.stringContaining("RELAY.sources.acme.shop.secrets.0: secret ACME_KEY is not set"),
    ]);
    expect(config.brokenSources).toEqual(new Set(["acme/shop"]));
  });

  it("with a mistake stops its own sources and no others, and the mistake is named once", () => {
    const { lines, config, status } = load({
      acme: { ...acme, verify: { ...acme.verify, content: "{raw}" } },
    });
    expect(lines).toEqual([
      expect.stringMatching(
        /^RELAY\.providers\.acme\.verify\.time: bounds header:x-acme-time although .* put \{header:x-acme-time\} into content/,
      ),
    ]);
    expect([...config.sources.keys()]).toEqual(["ipay/shop"]);
    expect(config.brokenSources).toEqual(new Set(["acme"]));
    expect(config.isAccepting).toBe(true);
    expect(status).toBe("degraded");
  });

  it.each<readonly [why: string, providers: object, says: RegExp]>([
    [
      "a name that is taken",
      { stripe: acme },
      /RELAY\.providers\.stripe: is a provider already: give yours another name/,
    ],
    ["the name of one in code", { ipay: acme }, /RELAY\.providers\.ipay: is a provider already/],
    ["a name that is no segment", { "Acme Pay": acme }, /must be a name of a-z/],
    [
      "a preset that does not exist",
      { acme: { extends: "stripes" } },
      /RELAY\.providers\.acme\.extends: is not a preset: adyen, /,
    ],
    ["no table", { acme: "stripe" }, /RELAY\.providers\.acme: must be a table/],
    ["an unknown setting", { acme: { ...acme, script: "x" } }, /RELAY\.providers\.acme: .*script/],
    [
      "a word that means nothing",
      { acme: { ...acme, status: { at: "json:/s", map: { done: "paid" } } } },
      /status\.map\.done: paid is no state: write created, /,
    ],
    [
      "a confirmation without an amount",
      { acme: { ...acme, amounts: {} } },
      /amounts\.amount: is missing, although a word means confirmed/,
    ],
    [
      "a key that the proof does not cover",
      { acme: { ...acme, event_key: ["header:x-request-id"] } },
      /event_key\.0: header:x-request-id is not covered by the proof/,
    ],
    [
      "a payment named by its state",
      { acme: { ...acme, subject_key: ["state"] } },
      /subject_key: names state, which changes/,
    ],
    [
      "a payment named by a text",
      { acme: { ...acme, subject_key: ["text:payment"] } },
      /subject_key: names no value of the callback/,
    ],
    [
      "a key that is a text of its own",
      { acme: { ...acme, event_key: ["json:/event_id | text:x"] } },
      /event_key\.0: has a text of its own/,
    ],
    [
      "a text before a place",
      { acme: { ...acme, reference: "text:x | json:/a" } },
      /reference: text:x is always there: put it last/,
    ],
    [
      "a place of no kind",
      { acme: { ...acme, reference: "payment.order" } },
      /reference: payment\.order is no place: write header:<name>/,
    ],
    [
      "places of a form in a JSON body",
      { acme: { ...acme, reference: "form:order" } },
      /source: is json, but form: places are read/,
    ],
    [
      "a body of a GET",
      { acme: { ...acme, methods: ["POST", "GET"] } },
      /source: must be query where a method is GET/,
    ],
    ["a query of a POST", { acme: { ...acme, source: "query" } }, /methods: must be GET or DELETE/],
    [
      "a token in the address",
      { acme: { ...acme, verify: { alg: "static", sig: "query:token" } } },
      /verify\.sig: is a token in an address/,
    ],
    [
      "a reference that is the token",
      { acme: { ...acme, verify: { alg: "static", sig: "json:/token" }, reference: "json:/token" } },
      /reference: reads json:\/token, which is secret/,
    ],
    [
      "a scheme that proves nothing",
      { acme: { ...acme, schemes: { other: { alg: "md5", sig: "json:/sign" } } } },
      /schemes\.other\.content: leaves out \{secret\}/,
    ],
    [
      "a header that is redacted",
      { acme: { ...acme, redact: ["header:x-token"] } },
      /redact\.0: must be a value of the body/,
    ],
    [
      "a reply signed with the secret in the content of an HMAC",
      {
        acme: {
          ...acme,
          reply: { body: "{now}", sign: { header: "x", alg: "hmac-sha256", content: "{secret}" } },
        },
      },
      /reply\.sign\.alg: has \{secret\} in its content exactly where it is a hash/,
    ],
    [
      "a reply signed with a private key",
      { acme: { ...acme, reply: { sign: { header: "x", alg: "ed25519", content: "{now}" } } } },
      /reply\.sign\.alg: signs with no secret that an account has/,
    ],
    [
      "a list in a header",
      { acme: { ...acme, single: "header:items" } },
      /single: must be a list in a JSON body/,
    ],
    [
      "a template that leaves out the time it bounds",
      { acme: { ...acme, verify: { ...acme.verify, content: "{raw}" } } },
      /verify\.time: .*put \{header:x-acme-time\} into content as the provider does, or leave time out/,
    ],
    [
      "an unknown part",
      { acme: { ...acme, verify: { ...acme.verify, content: "{header:x-acme-time}.{body}" } } },
      /verify\.content: has the unknown part \{body\}: the parts are \{raw\}, /,
    ],
    [
      "an unknown part of a path that is asked for",
      { acme: { ...acme, fetch: { path: "/orders/{id}", id: { asked: "json:/id", answered: "json:/id" } } } },
      /fetch: id is no place: write header:<name>/,
    ],
    ...["json:/items/*/id", "json:/**/id"].flatMap((path) =>
      (["subject_key", "event_key", "redact"] as const).map(
        (setting) =>
          [
            `a ${setting} of many values, ${path}`,
            { acme: { ...acme, [setting]: [path] } },
            /\.0: json:\S+ names many values: write one pointer for each, like json:\/items\/0/,
          ] as const,
      ),
    ),
    [
      "a pointer deeper than any document",
      { acme: { ...acme, reference: `json:${"/a".repeat(33)}` } },
      /reference: json:\S+ is no JSON pointer: write json:\/data\/id/,
    ],
    [
      "a value of endless alternatives",
      { acme: { ...acme, reference: Array.from({ length: 1_000 }, (_, n) => `json:/${n}`).join(" | ") } },
      /reference: has more than 8 alternatives: name the places/,
    ],
    ["a key of endless parts", { acme: { ...acme, event_key: Array(9).fill("json:/a") } }, /event_key: .*8/],
    ["endless redaction", { acme: { ...acme, redact: Array(65).fill("json:/a") } }, /redact: .*64/],
    [
      "endless words",
      {
        acme: {
          ...acme,
          status: {
            at: "json:/s",
            map: Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`w${n}`, "pending"])),
          },
        },
      },
      /status\.map: has too many words/,
    ],
    [
      "a path that leads elsewhere",
      {
        acme: { ...acme, fetch: { path: "/../{json:/id}", id: { asked: "json:/id", answered: "json:/id" } } },
      },
      /fetch: has \/\.\.\/ in it: write a plain path like \/v2\/orders/,
    ],
  ])("with %s is refused", (_, providers, says) => {
    const { lines } = load(providers);
    expect(lines.find((line) => says.test(line)) ?? lines.join("\n")).toMatch(says);
  });

  it("with an empty secret is told how to set it, and stops this account alone", () => {
    const { problems, config } = loadConfig({
      ...SECRETS,
      ACME_SECRET: "",
      RELAY: { environment: "production", providers: { acme }, sources: SOURCES, destinations: {} },
    });
    expect(problems.map(textOf)).toEqual([
      "RELAY.sources.acme.shop.secrets.0: secret ACME_SECRET is not set, or empty (wrangler secret put <name>; .dev.vars locally)",
    ]);
    expect([...config.sources.keys()]).toEqual(["ipay/shop"]);
  });

  it("has its accounts checked against the form of its keys", () => {
    const { lines } = load({ acme: { ...acme, verify: { ...acme.verify, key: "hex" } } });
    expect(lines).toEqual([
      "RELAY.sources.acme.shop.secrets.0: secret ACME_SECRET is not a key of the form hex",
    ]);
  });

  it("may be no table at all, and then nothing is accepted", () => {
    const { config } = load([acme]);
    expect(config.isAccepting).toBe(false);
  });
});

describe("a preset", () => {
  it("needs the settings that its callbacks are compared with", () => {
    const { lines } = load({}, { adyen: { shop: { secrets: ["ACME_SECRET"] } } });
    expect(lines.join("\n")).toMatch(/RELAY\.sources\.adyen\.shop\.merchant_account: /);
  });

  it("can be verified in another way only if it has one", () => {
    const { lines } = load({}, { stripe: { shop: { secrets: ["ACME_SECRET"], scheme: "raw" } } });
    expect(lines.join("\n")).toMatch(/RELAY\.sources\.stripe\.shop\.scheme: /);
  });
});
