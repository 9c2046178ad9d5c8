/** `relay diagnose`: for each way to be wrong, what is named as the reason and what would verify. */
import { createHmac } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { CapturedRequest } from "../../../src/diagnose/captured.ts";
import { diagnose } from "../../../src/diagnose/diagnose.ts";
import { cryptopay, ipay, iqpay, tokenpayments, type Callback } from "../../../tools/lib/callbacks.ts";
import { relay, secrets } from "../../support/bindings.ts";

const nowMs = Date.parse("2026-10-01T12:00:00Z");
const now = new Date(nowMs);
const env = { ...secrets, NEW_SECRET: "whsec_brand_new_one", RELAY: relay };

const who = { account: "broker-eu", secret: secrets.CRYPTOPAY_SECRET, scheme: "t-v1" } as const;
const payment = "p1";

function captured({ method, path, headers, body }: Callback): CapturedRequest {
  return { method, url: path, headers: Object.entries(headers), body: Buffer.from(body) };
}

const of = (request: CapturedRequest, more: object = {}) => diagnose({ request, env, nowMs, ...more }, null);

/** A request signed over `signed` that arrived as `received`. */
function reEncoded(signed: string | Buffer, received: string): CapturedRequest {
  const t = nowMs / 1_000;
  const v1 = createHmac("sha256", who.secret).update(`${t}.`).update(signed).digest("hex");
  return {
    method: "POST",
    url: "/in/cryptopay/broker-eu",
    headers: [
      ["content-type", "application/json"],
      ["x-cryptopay-signature", `t=${t},v1=${v1}`],
    ],
    body: Buffer.from(received),
  };
}

describe("a genuine callback", () => {
  it.each([
    [
      "ipay",
      ipay({ account: "broker-eu", token: "tok_live_B", tokenAt: "body:/token" }, { payment, now }),
      "2026-10",
    ],
    ["cryptopay", cryptopay(who, { payment, now }), "2026-10"],
  ])("of %s verifies, and shows what it says", async (provider, callback, key) => {
    const diagnosis = await of(captured(callback));
    expect(diagnosis).toMatchObject({
      outcome: "event",
      source: `${provider}/broker-eu`,
      passed: ["address", "envelope", "proof", "contents"],
      failed: null,
      verified_by: { key },
      event: { status: "confirmed" },
    });
    expect(diagnosis.would_verify).toEqual([]);
  });

  it("of an account with an address list says that the list was not checked", async () => {
    const paths = { deposit: secrets.IQPAY_DEPOSIT_PATH };
    const { headers: _, ...callback } = iqpay({ account: "broker-eu", paths, ip: "x" }, { payment, now });
    const diagnosis = await of(captured({ ...callback, headers: { "content-type": "application/json" } }));
    expect(diagnosis.outcome).toBe("event");
    expect(diagnosis.notes).toEqual([expect.stringContaining("allow_ips) is not checked")]);
  });
});

describe("a wrong secret", () => {
  it("that the environment has under another name is named", async () => {
    const diagnosis = await of(captured(cryptopay({ ...who, secret: env.NEW_SECRET }, { payment, now })));
    expect(diagnosis).toMatchObject({
      outcome: "refused",
      failed: { check: "proof", reason: "bad_signature" },
    });
    expect(diagnosis.passed).toEqual(["address", "envelope"]);
    expect(diagnosis.would_verify).toEqual([
      ["the secret is NEW_SECRET, which is not one of this account's"],
    ]);
  });

  it("that nobody has leaves nothing that would verify, and says no value of a secret", async () => {
    const diagnosis = await of(captured(cryptopay({ ...who, secret: "whsec_foreign" }, { payment, now })));
    expect(diagnosis.would_verify).toEqual([]);
    expect(JSON.stringify(diagnosis)).not.toMatch(/whsec_(?:demo|old|brand|foreign)/);
  });

  it("of a token is named likewise, and where the token stands", async () => {
    const callback = ipay(
      { account: "broker-eu", token: env.NEW_SECRET, tokenAt: "body:/token" },
      { payment, now },
    );
    const diagnosis = await of(captured(callback));
    expect(diagnosis.failed).toEqual({ check: "proof", reason: "bad_token" });
    expect(diagnosis.would_verify).toEqual([
      ["the secret is NEW_SECRET, which is not one of this account's"],
    ]);
    expect(diagnosis.notes).toContain("the value of NEW_SECRET stands in the body (token)");
  });
});

describe("another scheme than the configured one", () => {
  it("is named for a bare MAC", async () => {
    const diagnosis = await of(captured(cryptopay({ ...who, scheme: "raw" }, { payment, now })));
    expect(diagnosis.failed?.reason).toBe("malformed_signature");
    expect(diagnosis.would_verify).toEqual([['scheme = "raw", not "t-v1"']]);
  });

  it("is named together with the secret, when both are others", async () => {
    const diagnosis = await of(
      captured(cryptopay({ account: "broker-eu", scheme: "raw", secret: env.NEW_SECRET }, { payment, now })),
    );
    expect(diagnosis.would_verify).toEqual([
      ['scheme = "raw", not "t-v1"', "the secret is NEW_SECRET, which is not one of this account's"],
    ]);
  });

  it("is named with the word that stands in front of the MAC", async () => {
    const callback = cryptopay({ ...who, scheme: "raw" }, { payment, now });
    const headers = {
      ...callback.headers,
      "x-cryptopay-signature": `sha256=${callback.headers["x-cryptopay-signature"]}`,
    };
    const diagnosis = await of(captured({ ...callback, headers }));
    expect(diagnosis.would_verify.map((changes) => [...changes].toSorted())).toEqual([
      ['scheme = "raw", not "t-v1"', 'x-cryptopay-signature has no "sha256=" in front'],
    ]);
  });
});

describe("the clock", () => {
  it.each([
    [3_600, "it is 3600 s old"],
    [-3_600, "it is 3600 s ahead"],
  ])("off by %i s is named with how far", async (offSeconds, text) => {
    const signedAt = new Date(nowMs - offSeconds * 1_000);
    const diagnosis = await of(captured(cryptopay(who, { payment, now: signedAt })));
    expect(diagnosis.failed).toEqual({ check: "proof", reason: "stale" });
    expect(diagnosis.would_verify).toEqual([[`it is judged at the time that it was signed: ${text}`]]);
  });

  it("and a changed body are named together", async () => {
    const request = reEncoded('{"id":"evt_1","type":"x"}', '{"id": "evt_1", "type": "x"}');
    const diagnosis = await of(request, { nowMs: nowMs + 7_200_000 });
    expect(diagnosis.would_verify).toHaveLength(1);
    expect(diagnosis.would_verify[0]?.[0]).toContain("the body was changed on its way");
    expect(diagnosis.would_verify[0]?.[1]).toContain("it is 7200 s old");
  });
});

describe("a body that was changed on its way", () => {
  const compact = '{"id":"evt_1","url":"https://x.test/a","name":"Jürgen","n":1.10}';
  const php = '{"id":"evt_1","url":"https:\\/\\/x.test\\/a","name":"J\\u00fcrgen","n":1.10}';
  const lines = '{\n  "id": "evt_1",\n  "list": [\n    1,\n    {}\n  ]\n}';
  it.each([
    [
      "white space put into JSON",
      compact,
      '{ "id": "evt_1", "url": "https://x.test/a", "name": "Jürgen", "n": 1.10 }',
      "white space",
    ],
    [
      "white space taken out of JSON",
      compact.replaceAll(/([:,])(?!\/)/g, "$1 "),
      compact,
      "a space behind each colon",
    ],
    ["indentation taken out", lines, '{"id":"evt_1","list":[1,{}]}', "indented by 2"],
    ["PHP's escapes taken out", php, compact, "json_encode"],
    ["escaped slashes unescaped", php.replace("\\u00fc", "ü"), compact, "slashes in the JSON were unescaped"],
    ["LF instead of CRLF", lines.replaceAll("\n", "\r\n"), lines, "from CRLF to LF"],
    ["CRLF instead of LF", lines, lines.replaceAll("\n", "\r\n"), "from LF to CRLF"],
    ["a line end at its end", compact, `${compact}\n`, "white space was added"],
    ["a line end lost", `${compact}\n`, compact, "line ends were taken out"],
    ["a byte order mark", compact, `\uFEFF${compact}`, "byte order mark"],
    ["Latin-1 written as UTF-8", Buffer.from(compact, "latin1"), compact, "charset"],
  ])("by %s is recognised", async (_, signed, received, text) => {
    const diagnosis = await of(reEncoded(signed, received));
    expect(diagnosis.failed?.check).toBe("proof");
    expect(diagnosis.would_verify.flat()).toEqual([expect.stringContaining(text)]);
  });

  it("shows in the count of its bytes", async () => {
    const request = reEncoded(compact, `${compact}\n`);
    const length = String(Buffer.byteLength(compact));
    const diagnosis = await of({ ...request, headers: [...request.headers, ["Content-Length", length]] });
    expect(diagnosis.notes).toContain(
      `content-length says ${length} bytes, the body has ${Number(length) + 1}: it was changed after it was sent or kept`,
    );
  });
});

describe("a token in the wrong place", () => {
  it("is found in a header of another name", async () => {
    const callback = ipay({ account: "broker-eu", tokenAt: "body:/token" }, { payment, now });
    const diagnosis = await of(
      captured({ ...callback, headers: { ...callback.headers, "x-token": "tok_live_B" } }),
    );
    expect(diagnosis.failed?.reason).toBe("missing_token");
    expect(diagnosis.would_verify).toEqual([
      ['token_at = "header:authorization", not "body:/token"', "x-token is called authorization"],
    ]);
    expect(diagnosis.notes).toContain("the value of IPAY_TOKEN stands in the header x-token");
  });

  it("is found in the query", async () => {
    const callback = ipay({ account: "broker-eu", tokenAt: "body:/token" }, { payment, now });
    const diagnosis = await of(captured({ ...callback, path: `${callback.path}?token=tok_live_B` }));
    expect(diagnosis.notes).toContain("the value of IPAY_TOKEN stands in the query");
  });
});

describe("the signature header", () => {
  it("under another name is recognised", async () => {
    const callback = cryptopay(who, { payment, now });
    const { "x-cryptopay-signature": signature = "", ...headers } = callback.headers;
    const diagnosis = await of(
      captured({ ...callback, headers: { ...headers, "stripe-signature": signature } }),
    );
    expect(diagnosis.failed?.reason).toBe("missing_signature");
    expect(diagnosis.would_verify).toEqual([["stripe-signature is called x-cryptopay-signature"]]);
  });
});

describe("the address and the envelope", () => {
  const genuine = captured(cryptopay(who, { payment, now }));
  const deposit = captured(
    iqpay(
      { account: "broker-eu", paths: { deposit: secrets.IQPAY_DEPOSIT_PATH }, ip: "198.51.100.7" },
      { payment, now },
    ),
  );
  it.each([
    ["a slash at its end", { ...genuine, url: "/in/cryptopay/broker-eu/" }, "a slash at its end"],
    ["a lost prefix", { ...genuine, url: "/cryptopay/broker-eu" }, "took /in from the path"],
    [
      "a prefix too many",
      { ...genuine, url: "https://x.test/psp/in/cryptopay/broker-eu" },
      "in front of /in/",
    ],
    ["another account", { ...genuine, url: "/in/cryptopay/typo" }, "meant for cryptopay/broker-eu"],
    [
      "another kind",
      { ...deposit, url: `/in/iqpay/broker-eu/withdrawal/${secrets.IQPAY_DEPOSIT_PATH}` },
      "of kind deposit",
    ],
    ["another method", { ...genuine, method: "PUT" }, "told to send POST, not PUT"],
    [
      "another content type",
      {
        ...genuine,
        headers: [["content-type", "text/plain"], ...genuine.headers.slice(1)] as [string, string][],
      },
      "content type is application/json",
    ],
    [
      "an address that is not listed",
      {
        ...deposit,
        headers: [
          ["content-type", "application/json"],
          ["cf-connecting-ip", "203.0.113.9"],
        ] as [string, string][],
      },
      "203.0.113.9 is one of the provider's addresses",
    ],
  ])("%s is named", async (_, request, text) => {
    const diagnosis = await of(request);
    expect(diagnosis.outcome).toBe("refused");
    expect(diagnosis.would_verify.flat()).toEqual([expect.stringContaining(text)]);
  });
});

it("of a token that only the provider can tell nothing is asked unless it is ordered", async () => {
  const request = captured(tokenpayments({ account: "broker-eu", merchantId: "M-1001" }, { payment, now }));
  const asked: string[] = [];
  expect(await of(request)).toMatchObject({
    outcome: "unasked",
    why: expect.stringContaining("tokenpayments.io"),
  });
  const answered = await diagnose({ request, env, nowMs }, (url) => {
    asked.push(url.host);
    return Promise.resolve(Response.json({ valid: true }));
  });
  expect(answered).toMatchObject({ outcome: "event", verified_by: { method: "callback_get" } });
  expect(asked).toEqual(["tokenpayments.io"]);
});

it("what is authentic and of no use says so", async () => {
  const diagnosis = await of(reEncoded('{"type":"x"}', '{"type":"x"}'));
  expect(diagnosis).toMatchObject({
    outcome: "quarantined",
    passed: ["address", "envelope", "proof"],
    failed: { check: "contents", reason: "missing_event_id" },
    would_verify: [],
  });
});

it("keeps to what it was given: gzip is named as the encoding it is", async () => {
  const genuine = captured(cryptopay(who, { payment, now }));
  const body = gzipSync(genuine.body);
  const diagnosis = await of({
    ...genuine,
    body,
    headers: [...genuine.headers, ["content-encoding", "gzip"]],
  });
  expect(gunzipSync(body).equals(genuine.body)).toBe(true);
  expect(diagnosis.failed).toEqual({ check: "envelope", reason: "content_encoding" });
});
