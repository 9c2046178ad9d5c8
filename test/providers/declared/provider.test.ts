/** A declared provider as the pipeline knows it: its parts, its accounts, and the verdict over a callback. */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { DEFAULT_MAX_BODY_BYTES } from "../../../src/limits.ts";
import type { Callback } from "../../../src/providers/callback.ts";
import type { Declaration } from "../../../src/providers/declared/declaration.ts";
import { believedBy, declaredProvider } from "../../../src/providers/declared/provider.ts";
import { writtenSchema, type WrittenProvider } from "../../../src/providers/declared/written.ts";
import type { World } from "../../../src/providers/provider.ts";
import { SourceFields } from "../../../src/providers/settings-fields.ts";
import type { WrittenVerifySpec } from "../../../src/verify/spec/spec.ts";
import { acme } from "../../support/acme.ts";
import { callbackOf } from "../../support/callbacks.ts";
import { declared, issuesOf } from "./made.ts";

const NOW_MS = 1_700_000_000_000;
const SECRETS: Readonly<Record<string, string>> = {
  NEW: "new-secret",
  OLD: "old-secret",
  API: "api-secret",
  PATH: "a-path-secret-of-22-characters",
};
const SIGNED = { alg: "hmac-sha256", sig: "header:x-signature" } as const;
const FETCH = { path: "/orders/{json:/id}", id: { asked: "json:/id", answered: "json:/id" } };
/** Read from the answer alone, or from a JSON body. */
const PLAIN = {
  event: "text:callback",
  event_id: undefined,
  payment_id: undefined,
  event_key: ["json:/id", "state"],
  subject_key: ["json:/id"],
  status: { at: "json:/state", map: { waiting: "pending" } },
  amounts: {},
  reference: undefined,
} satisfies Partial<WrittenProvider>;
const HINT = { ...PLAIN, verify: undefined, fetch: FETCH };
const ASKED = {
  ...HINT,
  fetch: { ...FETCH, base: "https://api.acme.example", authorization: "Token {secret}" },
};
const QUERY = {
  ...PLAIN,
  methods: ["GET"],
  source: "query",
  event_key: ["query:id"],
  subject_key: ["query:id"],
  status: { at: "query:state", map: {} },
  verify: { alg: "sha256", sig: "query:sign", content: "{query:id}{secret}" },
} satisfies Partial<WrittenProvider>;

const providerOf = (changes: Partial<WrittenProvider>) => declaredProvider("acme", declared(changes));

const FIELDS = new SourceFields({ secret: (name) => SECRETS[name], destinations: [], development: false });
const schemaOf = (read: Declaration) => declaredProvider("acme", read).settings(FIELDS);

/** As `relay init` and the diagnosis of a callback read what an account says. */
const descriptionOf = (changes: Partial<WrittenProvider>) =>
  z.toJSONSchema(schemaOf(declared(changes)), { io: "input", unrepresentable: "any" });

type Settings = z.output<ReturnType<typeof schemaOf>>;

function accountOf(changes: Partial<WrittenProvider>, settings: object = { secrets: ["NEW"] }): Settings {
  return schemaOf(declared(changes)).parse(settings);
}

describe("a declared provider", () => {
  it("is answered, read and routed as it says", async () => {
    const provider = providerOf({
      methods: ["POST", "PUT"],
      content_types: ["application/vnd.acme+json"],
      verify: { ...acme.verify, content: "{header:x-acme-time}.{header:x-id}.{raw}" },
      schemes: { old: { alg: "hmac-sha1", sig: "header:x-acme-old" } },
      equals: { shop: "header:x-shop", site: "json:/site" },
      event: "header:x-id",
      redact: ["json:/card/number", "form:card"],
    });
    expect(provider).toMatchObject({
      name: "acme",
      success: { status: 200, body: "", contentType: null },
      headers: ["x-acme-signature", "x-acme-time", "x-id", "x-acme-old", "x-shop"],
      redact: ["/card/number", "card"],
      keptInStore: [],
      keptHeaders: ["x-id"],
    });
    const account = accountOf({}, { secrets: ["NEW"], path_secrets: ["PATH"] });
    expect(provider.routes(account)).toEqual([
      {
        kind: null,
        pathSecrets: [{ id: "PATH", value: SECRETS.PATH }],
        methods: ["POST", "PUT"],
        body: "json",
        contentTypes: ["application/vnd.acme+json"],
      },
    ]);
    expect(await provider.reply?.(account, NOW_MS)).toEqual({
      status: 200,
      body: "thanks",
      contentType: "text/plain",
    });
  });

  it("that only fetches reads no header", () => {
    expect(providerOf(HINT).headers).toEqual([]);
  });

  it("takes its parameters from a query, of no type", () => {
    expect(providerOf(QUERY).routes(accountOf(QUERY))).toEqual([
      { kind: null, pathSecrets: [], methods: ["GET"], body: "query", contentTypes: undefined },
    ]);
  });

  it("signs its answer with the newest secret that has not expired", async () => {
    const signed = { reply: { sign: { header: "x-hash", alg: "hmac-sha256", content: "{now}" } } } as const;
    const instant = new Date(NOW_MS).toISOString();
    const account = accountOf(signed, { secrets: [{ name: "NEW", not_after: instant }, "OLD"] });
    const headersAt = async (nowMs: number) =>
      (await providerOf(signed).reply?.(account, nowMs))?.headers?.["x-hash"];
    const hash = (secret: string) => createHmac("sha256", secret).update("1700000000").digest("hex");
    expect(await headersAt(NOW_MS)).toBe(hash("new-secret"));
    expect(await headersAt(NOW_MS + 1)).toBe(hash("old-secret"));
  });

  it("reads the facts of a callback", async () => {
    const reading = await providerOf(PLAIN).normalise(
      callbackOf({ id: "p", state: "waiting" }),
      accountOf(PLAIN),
    );
    expect(reading).toMatchObject({ kind: "facts", facts: { status: "pending", subjectKey: ["p"] } });
  });
});

describe("an account", () => {
  const COMMON = {
    mode: "live",
    allowIps: [],
    raw: "full",
    networks: null,
    destinations: null,
    maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
  };
  const secretOf = (id: string) => ({ id, value: SECRETS[id] });

  it("of a provider that signs has secrets", () => {
    const read = declared();
    expect(schemaOf(read).parse({ secrets: ["NEW"] })).toEqual({
      ...COMMON,
      secrets: [secretOf("NEW")],
      pathSecrets: [],
      proof: {
        spec: read.verify,
        believed: {
          method: "hmac-sha256",
          assurance: "signed",
          covers: ["body", "timestamp"],
        },
      },
      api: null,
      equals: [],
    });
  });

  it("says what must name its merchant, which scheme it has, and its secret address", () => {
    const read = declared({
      equals: { shop: "json:/shop", site: "header:x-site" },
      schemes: { token: { alg: "static", sig: "header:x-token" } },
    });
    const settings = {
      secrets: ["NEW", "OLD"],
      path_secrets: ["PATH"],
      scheme: "token",
      shop: "s-1",
      site: "eu",
      mode: "both",
    };
    expect(schemaOf(read).parse(settings)).toEqual({
      ...COMMON,
      mode: "both",
      secrets: [secretOf("NEW"), secretOf("OLD")],
      pathSecrets: [secretOf("PATH")],
      proof: {
        spec: read.schemes.get("token"),
        believed: { method: "static_token", assurance: "shared_secret", covers: ["sender"] },
      },
      api: null,
      equals: [
        [read.equals.get("shop"), "s-1"],
        [read.equals.get("site"), "eu"],
      ],
    });
    expect(schemaOf(read).parse({ ...settings, scheme: "default" }).proof?.spec).toBe(read.verify);
  });

  it("of an open API names it, and no secret", () => {
    const account = accountOf(HINT, { api_url: "https://api.acme.example/v2" });
    expect(account).toEqual({
      ...COMMON,
      secrets: [],
      pathSecrets: [],
      proof: null,
      api: { fetch: declared(HINT).fetch, base: new URL("https://api.acme.example/v2"), keys: [] },
      equals: [],
    });
  });

  it("of an API with keys has them, and may name another API than the usual one", () => {
    const settings = { api_secrets: ["API"] };
    expect(accountOf(ASKED, settings).api).toEqual({
      fetch: declared(ASKED).fetch,
      base: new URL("https://api.acme.example"),
      keys: [secretOf("API")],
    });
    const other = "https://sandbox.acme.example";
    expect(accountOf(ASKED, { ...settings, api_url: other }).api?.base).toEqual(new URL(other));
  });

  it.each<readonly [what: string, changes: Partial<WrittenProvider>, required: readonly string[]]>([
    ["its secrets", {}, ["secrets"]],
    ["what names its merchant", { equals: { shop: "json:/shop" } }, ["secrets", "shop"]],
    ["the address of an API without a usual one", HINT, ["api_url"]],
    ["the keys of one that asks for them", ASKED, ["api_secrets"]],
  ])("is described as needing %s", (_, changes, required) => {
    expect(descriptionOf(changes).required).toEqual(required);
  });

  it("is described as choosing between the schemes", () => {
    const schemes = { token: { alg: "static", sig: "header:x-token" } } as const;
    expect(descriptionOf({ schemes }).properties?.scheme).toEqual({
      type: "string",
      enum: ["default", "token"],
      default: "default",
    });
  });

  // One of them replaced the setting of that name, such as the list of the provider's addresses.
  it.each(Object.keys(descriptionOf({ ...ASKED, verify: SIGNED }).properties ?? {}))(
    "has a setting %s, which is no name for another one",
    (name) => {
      expect(issuesOf(writtenSchema, { ...acme, equals: { [name]: "json:/a" } })).toMatchObject([
        { code: "invalid_key", path: ["equals", name] },
      ]);
    },
  );

  it.each<
    readonly [
      what: string,
      changes: Partial<WrittenProvider>,
      settings: object,
      code: string,
      path: readonly PropertyKey[],
    ]
  >([
    ["no secret of a provider that signs", {}, {}, "invalid_type", ["secrets"]],
    [
      "secrets of one that does not",
      HINT,
      { secrets: ["NEW"], api_url: "https://a.example" },
      "unrecognized_keys",
      [],
    ],
    ["no address of an API without a usual one", HINT, {}, "invalid_type", ["api_url"]],
    [
      "an API that nobody asks",
      {},
      { secrets: ["NEW"], api_url: "https://a.example" },
      "unrecognized_keys",
      [],
    ],
    [
      "keys of an open API",
      HINT,
      { api_secrets: ["API"], api_url: "https://a.example" },
      "unrecognized_keys",
      [],
    ],
    [
      "no key of an API that asks for one",
      { ...HINT, fetch: { ...FETCH, authorization: "{secret}" } },
      { api_url: "https://a.example" },
      "invalid_type",
      ["api_secrets"],
    ],
    [
      "a usual address that is no public one",
      { ...HINT, fetch: { ...FETCH, base: "http://a" } },
      {},
      "custom",
      ["api_url"],
    ],
    ["a scheme there is not", {}, { secrets: ["NEW"], scheme: "old" }, "invalid_value", ["scheme"]],
    [
      "nothing of its merchant",
      { equals: { shop: "json:/shop" } },
      { secrets: ["NEW"] },
      "invalid_type",
      ["shop"],
    ],
    [
      "an empty name of its merchant",
      { equals: { shop: "json:/shop" } },
      { secrets: ["NEW"], shop: "" },
      "too_small",
      ["shop"],
    ],
  ])("with %s is refused", (_, changes, settings, code, path) => {
    expect(issuesOf(schemaOf(declared(changes)), settings)).toEqual([
      { code, path, message: expect.any(String) as unknown },
    ]);
  });

  it("is told which of its secrets are no keys of its scheme", () => {
    const changes = {
      schemes: { hex: { alg: "hmac-sha256", sig: "header:x-signature", key: "hex" } },
    } satisfies Partial<WrittenProvider>;
    const settings = { secrets: ["NEW", { name: "OLD", id: "before" }] };
    expect(issuesOf(schemaOf(declared(changes)), { ...settings, scheme: "hex" })).toEqual([
      { code: "custom", path: ["secrets", 0], message: "secret NEW is not a key of the form hex" },
      { code: "custom", path: ["secrets", 1], message: "secret before is not a key of the form hex" },
    ]);
    expect(accountOf(changes, settings).secrets).toHaveLength(2);
  });
});

describe("a proof is worth", () => {
  const content = "{json:/id}.{json:/state}";
  const sum = { amount: { value: "json:/sum", currency: "json:/currency" } };

  it.each<
    readonly [
      what: string,
      verify: Omit<WrittenVerifySpec, "sig">,
      changes: object,
      believed: readonly unknown[],
    ]
  >([
    ["who sends", { alg: "static" }, {}, ["static_token", "shared_secret", ["sender"]]],
    ["the whole body, without its parts", { alg: "hmac-sha1" }, {}, ["hmac-sha1", "signed", ["body"]]],
    [
      "all that is booked, by name",
      { alg: "hmac-sha256", content: `${content}.{json:/sum}.{json:/currency}.{json:/order}` },
      { amounts: sum, reference: "json:/order" },
      [
        "hmac-sha256",
        "signed",
        [
          "field:/id",
          "field:/state",
          "field:/sum",
          "field:/currency",
          "field:/order",
          "amount",
          "currency",
          "status",
          "reference",
        ],
      ],
    ],
    [
      "the state, where nothing else is said",
      { alg: "hmac-sha256", content },
      {},
      ["hmac-sha256", "signed", ["field:/id", "field:/state", "status"]],
    ],
    [
      "less without the state",
      { alg: "hmac-sha256", content: "{json:/id}" },
      {},
      ["hmac-sha256", "partial_signature", ["field:/id"]],
    ],
    [
      "less without the amount",
      { alg: "hmac-sha256", content: `${content}.{json:/currency}` },
      { amounts: sum },
      [
        "hmac-sha256",
        "partial_signature",
        ["field:/id", "field:/state", "field:/currency", "currency", "status"],
      ],
    ],
    [
      "less without the currency",
      { alg: "hmac-sha256", content: `${content}.{json:/sum}` },
      { amounts: sum },
      ["hmac-sha256", "partial_signature", ["field:/id", "field:/state", "field:/sum", "amount", "status"]],
    ],
    [
      "less without the reference",
      { alg: "hmac-sha256", content },
      { reference: "json:/order" },
      ["hmac-sha256", "partial_signature", ["field:/id", "field:/state", "status"]],
    ],
    [
      "less where a character can move from one value into the next",
      { alg: "sha256", content: "{json:/id}{json:/state}{secret}" },
      {},
      ["sha256", "partial_signature", ["field:/id", "field:/state", "status"]],
    ],
  ])("%s", (_, verify, changes, [method, assurance, covers]) => {
    const written = { ...verify, sig: "header:x-signature" };
    const read: Declaration = declared({ ...PLAIN, verify: written, event_key: ["json:/id"], ...changes });
    if (read.verify === null) throw new Error("it is verified");
    expect(believedBy(read, read.verify)).toEqual({ method, assurance, covers });
  });
});

describe("a callback", () => {
  const NOTHING = () => Promise.reject(new Error("nothing is asked about this callback"));
  const WORLD: World = {
    nowMs: NOW_MS,
    source: "acme/shop",
    again: false,
    fetch: NOTHING,
    mayAsk: NOTHING,
    tokens: { consult: NOTHING, refuse: NOTHING, undecided: NOTHING },
  };
  const ASKING: World = {
    ...WORLD,
    again: true,
    mayAsk: () => Promise.resolve(true),
    fetch: () => Promise.resolve(new Response('{"id":"p"}')),
  };
  const BODY = '{"id":"p"}';
  const VERIFIED = {
    kind: "verified",
    verification: { method: "hmac-sha256", assurance: "signed", covers: ["body"], key: "NEW" },
  };

  function signed(secret = "new-secret", headers: Readonly<Record<string, string>> = {}): Callback {
    const signature = createHmac("sha256", secret).update(BODY).digest("hex");
    return callbackOf(BODY, {
      headers: new Map(Object.entries({ "x-signature": signature, ...headers })),
    });
  }

  const verdictOf = (
    changes: Partial<WrittenProvider>,
    account: Settings,
    callback: Callback,
    world = WORLD,
  ) => providerOf(changes).verify(callback, account, world);

  const PROVED = { ...PLAIN, verify: SIGNED };
  const SHOP = { ...PROVED, equals: { shop: "header:x-shop" } };
  const SIGNED_HINT = { ...PROVED, fetch: FETCH };
  const HINTED = { api_url: "https://api.acme.example" };

  it("that is signed is verified, whether it was deferred or not", async () => {
    for (const world of [WORLD, { ...WORLD, again: true }])
      expect(await verdictOf(PROVED, accountOf(PROVED), signed(), world)).toEqual(VERIFIED);
  });

  it("that is not is refused, whether it was deferred or not", async () => {
    for (const world of [WORLD, { ...WORLD, again: true }])
      expect(await verdictOf(PROVED, accountOf(PROVED), signed("another"), world)).toEqual({
        kind: "refused",
        reason: "bad_signature",
      });
  });

  it("must name the merchant it is for", async () => {
    const account = accountOf(SHOP, { secrets: ["NEW"], shop: "s-1" });
    expect(await verdictOf(SHOP, account, signed("new-secret", { "x-shop": "s-1" }))).toEqual(VERIFIED);
    expect(await verdictOf(SHOP, account, signed("new-secret", { "x-shop": "s-2" }))).toEqual({
      kind: "refused",
      reason: "merchant",
    });
  });

  it("whose parameters are in its query has no body", async () => {
    const query = "id=p&sign=none";
    const account = accountOf(QUERY);
    const about = (body: string) => callbackOf(body, { method: "GET", query });
    expect(await verdictOf(QUERY, account, about("{}"))).toEqual({ kind: "refused", reason: "content_type" });
    expect(await verdictOf(QUERY, account, about(""))).toEqual({
      kind: "refused",
      reason: "bad_signature",
    });
  });

  it("that is only a hint is asked about", async () => {
    const account = accountOf(HINT, HINTED);
    expect(await verdictOf(HINT, account, callbackOf(BODY))).toEqual({
      kind: "deferred",
      reason: "verifier_rate",
      detail: "asked_over_the_queue",
    });
    expect(await verdictOf(HINT, account, callbackOf(BODY), ASKING)).toMatchObject({
      kind: "verified",
      verification: { method: "fetch_back", assurance: "confirmed" },
    });
  });

  it("that is a signed hint is verified when it comes, and not again without its headers", async () => {
    const account = accountOf(SIGNED_HINT, { ...HINTED, secrets: ["NEW"] });
    expect(await verdictOf(SIGNED_HINT, account, signed("another"))).toEqual({
      kind: "refused",
      reason: "bad_signature",
    });
    expect(await verdictOf(SIGNED_HINT, account, signed())).toMatchObject({ kind: "deferred" });
    expect(await verdictOf(SIGNED_HINT, account, callbackOf(BODY), ASKING)).toMatchObject({
      kind: "verified",
      verification: { method: "fetch_back", key: null },
    });
  });

  it("that nothing proves is refused", async () => {
    const account = { ...accountOf(PROVED), proof: null };
    expect(await verdictOf(PROVED, account, callbackOf(BODY))).toEqual({
      kind: "refused",
      reason: "missing_signature",
    });
  });
});
