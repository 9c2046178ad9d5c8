/**
 * A provider that is in a configuration alone, by the command line: drafted from a captured callback, checked, tested,
 * simulated and diagnosed.
 */
import { createHmac } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { examine } from "../../../src/diagnose/examine.ts";
import { configurationOf } from "../../../tools/lib/cli/configuration.ts";
import type { Io } from "../../../tools/lib/cli/io.ts";
import { project as ours, run, type Ran } from "./support.ts";

let project: string;
const file = (name: string) => join(project, "deployments/production", name);
const read = (name: string) => readFileSync(file(name), "utf8");
const relay = async (argv: readonly string[], more: object = {}): Promise<Ran> =>
  await run(argv, { project, ...more });
const given = (text: string) => ({ stdin: () => Promise.resolve(new TextEncoder().encode(text)) });

const SECRET = "the-secret-of-acme";
const MAC = "3f".repeat(32);
const BODY =
  '{"kind":"payment","event_id":"e-1","payment":{"id":"p-1","state":"done","amount":12.50,"currency":"EUR","order":"order-1"},"api_token":"tok_of_acme"}';
const CAPTURED = `POST /in/acme/shop HTTP/1.1
Content-Type: application/json
X-Acme-Timestamp: 1790000000
X-Acme-Signature: ${MAC}
Cookie: session=of_the_browser

${BODY}`;

beforeEach(async () => {
  project = mkdtempSync(join(tmpdir(), "relay-project-"));
  copyFileSync(join(ours, "wrangler.toml"), join(project, "wrangler.toml"));
  const init = await relay(
    [
      "init",
      "--host=relay.example.com",
      "--source=cryptopay/shop=crm",
      "--destination=crm=https://crm.example.com/hooks",
    ],
    { env: { CRYPTOPAY_SHOP_SECRET: "whsec_issued_by_cryptopay" } },
  );
  if (init.exitCode !== 0) throw new Error(init.err);
});
afterEach(() => rmSync(project, { recursive: true }));

function writeSecret(): void {
  writeFileSync(file(".dev.vars"), read(".dev.vars").replace("ACME_SECRET=", `ACME_SECRET=${SECRET}`));
}

async function drafted(captured = CAPTURED): Promise<Ran> {
  return await relay(["provider", "new", "acme"], given(captured));
}

/** What somebody writes who has read the provider's document. */
function finish(): void {
  writeFileSync(file("relay.toml"), read("relay.toml").replace('done = "pending"', 'done = "confirmed"'));
  const sample = JSON.parse(read("acme.sample.json")) as { expect: object };
  sample.expect = { ...sample.expect, type: "payment.confirmed", currency: "EUR" };
  writeFileSync(file("acme.sample.json"), JSON.stringify(sample));
}

describe("relay provider new", () => {
  it("drafts a declaration that relay check accepts, but for the secret that only the provider has", async () => {
    const { exitCode, out } = await drafted();
    expect(exitCode).toBe(0);
    expect(out).toContain("verify: hmac-sha256 of {header:x-acme-timestamp}.{raw} is a guess");
    expect(out).toContain('status.map: "done" is pending until you write what it means');
    const before = await relay(["check"]);
    expect(before.out).toMatch(/secret ACME_SECRET is not set.*\n1 problem$/);
    writeSecret();
    const after = await relay(["check"]);
    expect([after.out, after.exitCode]).toEqual(["the configuration has no problem", 0]);
  });

  it("names what it found by its places, and no word as money", async () => {
    await drafted();
    const toml = read("relay.toml");
    for (const line of [
      'sig = "header:x-acme-signature"',
      'content = "{header:x-acme-timestamp}.{raw}"',
      'event_key = ["json:/event_id"]',
      'subject_key = ["json:/payment/id"]',
      'reference = "json:/payment/order"',
      'at = "json:/payment/state"',
      'done = "pending"',
      'value = "json:/payment/amount"',
      'redact = ["json:/api_token"]',
    ]) {
      expect(toml).toContain(line);
    }
    expect(toml).not.toMatch(/= "confirmed"/);
  });

  it("keeps no secret of the callback: no signature, no token, no cookie, and a file for its owner alone", async () => {
    await drafted();
    const everything = `${read("relay.toml")}${read("acme.sample.json")}${read(".dev.vars")}`;
    for (const secret of [MAC, "tok_of_acme", "of_the_browser", "1790000000"]) {
      expect(everything).not.toContain(secret);
    }
    expect(statSync(file(".dev.vars")).mode & 0o077).toBe(0);
    // As it was sent, digit for digit.
    expect(read("acme.sample.json")).toContain("12.50");
  });

  it("makes cases that its sample passes", async () => {
    await drafted();
    writeSecret();
    const { exitCode, out } = await relay(["provider", "test", "acme"]);
    expect(out.split("\n")).toEqual([
      "as expected  the sample",
      "as expected  a word nobody knows",
      "as expected  a payment whose name cannot be read",
      "as expected  an amount below zero",
    ]);
    expect(exitCode).toBe(0);
  });

  it.each<readonly [what: string, captured: string, lines: readonly string[]]>([
    [
      "t=…,v1=… in one header",
      `POST / HTTP/1.1\nstripe-signature: t=1790000000,v1=${MAC}\n\n{"id":"e","data":{"object":{"id":"p","status":"paid"}}}`,
      ['format = "kv:comma:v1"', 'content = "{sig:t}.{raw}"', 'from = "sig:t"'],
    ],
    [
      "a MAC behind sha512= in base64",
      `POST / HTTP/1.1\nx-hmac: sha512=${Buffer.alloc(64, 7).toString("base64")}\n\n{"payment_id":"p","state":"new"}`,
      ['alg = "hmac-sha512"', 'format = "prefix:sha512="', 'encoding = "base64"', 'event_key = ["state"]'],
    ],
    [
      "a token in the body",
      'POST / HTTP/1.1\n\n{"token":"tok_live","transaction_id":"p","status":"ok"}',
      ['alg = "static"', 'sig = "json:/token"'],
    ],
    [
      "a bearer token",
      'POST / HTTP/1.1\nauthorization: Bearer tok_live\n\n{"transaction_id":"p","status":"ok"}',
      ['sig = "header:authorization"', 'format = "prefix:Bearer "'],
    ],
    [
      "a signature inside an object of the body",
      `POST / HTTP/1.1\n\n{"transfer":{"id":"p","status":"2"},"meta":{"sign":"${MAC}"}}`,
      ['sig = "json:/meta/sign"', 'content = "{json:/transfer/id}{json:/transfer/status}"'],
    ],
    [
      "a hash of a form",
      `POST / HTTP/1.1\ncontent-type: application/x-www-form-urlencoded\n\ntxn_id=p&status=1&verify_hash=${"ab".repeat(20)}`,
      ['source = "form"', 'content = "{form:txn_id}{form:status}"', 'sig = "form:verify_hash"'],
    ],
    [
      "a query, as JSON of headers",
      JSON.stringify({
        method: "GET",
        url: `/in/acme/shop?order_id=p&status=1`,
        headers: { "x-token": "tok_live" },
      }),
      ['methods = ["GET"]', 'source = "query"', 'sig = "header:x-token"', 'at = "query:status"'],
    ],
  ])("reads %s", async (_, captured, lines) => {
    const { err, exitCode } = await drafted(captured);
    expect([err, exitCode]).toEqual(["", 0]);
    const toml = read("relay.toml");
    for (const line of lines) expect(toml).toContain(line);
    writeSecret();
    expect((await relay(["check"])).out).toBe("the configuration has no problem");
    const tested = await relay(["provider", "test", "acme"]);
    expect([tested.err, tested.out, tested.exitCode]).toEqual(["", expect.not.stringContaining("not as"), 0]);
  });

  it.each<readonly [what: string, argv: readonly string[], captured: string, says: RegExp]>([
    [
      "a preset's name",
      ["provider", "new", "stripe"],
      CAPTURED,
      /stripe cannot be declared\n.*is a provider already/,
    ],
    ["a name that is no segment", ["provider", "new", "Acme Pay"], CAPTURED, /must be a name of a-z/],
    ["no callback", ["provider", "new", "acme"], "hello", /this is no captured request/],
    [
      "a body of no values",
      ["provider", "new", "acme"],
      "POST / HTTP/1.1\n\n{}",
      /no value that could name a payment/,
    ],
    ["another action", ["provider", "old", "acme"], CAPTURED, /new or test/],
  ])("writes nothing for %s", async (_, argv, captured, says) => {
    const before = read("relay.toml");
    const { exitCode, err } = await relay(argv, given(captured));
    expect(err).toMatch(says);
    expect(exitCode).toBe(2);
    expect(read("relay.toml")).toBe(before);
  });

  it("writes nothing over a provider that is there", async () => {
    await drafted();
    const before = read("relay.toml");
    const again = await drafted();
    expect(again.err).toContain("has a provider acme already: nothing was written");
    expect(read("relay.toml")).toBe(before);
  });
});

describe("a provider in a deployment's configuration alone", () => {
  beforeEach(async () => {
    await drafted();
    writeSecret();
    finish();
  });

  it("is checked: a mistake has its line, and what it stops", async () => {
    const wrong = read("relay.toml").replaceAll("{header:x-acme-timestamp}.{raw}", "{raw}");
    writeFileSync(file("relay.toml"), wrong);
    const { exitCode, out } = await relay(["check"]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(
      /^deployments\/production\/relay\.toml:\d+: problem: RELAY\.providers\.acme\.verify\.time: .*put \{header:x-acme-timestamp\} into content.*\(stops callbacks of acme\)/,
    );
  });

  it("is tested: a case that comes otherwise says how", async () => {
    const sample = JSON.parse(read("acme.sample.json")) as object;
    const other = join(project, "other.json");
    writeFileSync(other, JSON.stringify({ ...sample, expect: { type: "payment.failed" }, cases: [] }));
    const { exitCode, out } = await relay(["provider", "test", "acme", "--sample", other]);
    expect(exitCode).toBe(1);
    expect(out).toBe(
      'not as expected  the sample\n    type: expected "payment.failed", and it is "payment.confirmed"',
    );
  });

  it("is diagnosed: it verifies, or the scheme of its own that would is named", async () => {
    const t = "1790000000";
    const mac = (secret: string) => createHmac("sha256", secret).update(`${t}.${BODY}`).digest("hex");
    const diagnosed = async (signature: string, body = BODY) => {
      const callback = `POST /in/acme/shop HTTP/1.1\ncontent-type: application/json\nx-acme-timestamp: ${t}\nx-acme-signature: ${signature}\n\n${body}`;
      const at = new Date(Number(t) * 1_000).toISOString();
      return (await relay(["diagnose", "--deployment=production", "--at", at, "--json"], given(callback)))
        .json as Record<string, unknown>;
    };
    expect(await diagnosed(mac(SECRET))).toMatchObject({
      outcome: "event",
      source: "acme/shop",
      event: { status: "confirmed", amount: "12.50 EUR", merchant_reference: "order-1" },
    });
    expect(await diagnosed(mac("another"))).toMatchObject({
      failed: { check: "proof", reason: "bad_signature" },
    });
    expect(await diagnosed(mac(SECRET), BODY.replace("12.50", "99.50"))).toMatchObject({
      failed: { check: "proof", reason: "bad_signature" },
      would_verify: [],
    });
    const bare = createHmac("sha256", SECRET).update(BODY).digest("hex");
    writeFileSync(
      file("relay.toml"),
      `${read("relay.toml")}\n[vars.RELAY.providers.acme.schemes.bare]\nalg = "hmac-sha256"\nsig = "header:x-acme-signature"\n`,
    );
    expect(await diagnosed(bare)).toMatchObject({ would_verify: [['scheme = "bare", not "default"']] });
  });

  it("is simulated: accepted, repeated, and refused with a wrong secret", async () => {
    const url = await relayInThisProcess();
    const argv = [
      "simulate",
      "acme",
      "--account=shop",
      "--deployment=production",
      "--url",
      url,
      "--scenario=all",
    ];
    const sample = ["--sample", file("acme.sample.json")];
    const { exitCode, json } = await relay([...argv, ...sample, "--json"]);
    expect(json).toMatchObject({
      callbacks: 4,
      replies: { "200 accepted": 2, "200 duplicate": 1, "401": 1 },
      wrong: [],
    });
    expect(exitCode).toBe(0);
  });
});

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** Decides with the relay's own checks and the deployment's configuration, and remembers which events it has seen. */
async function relayInThisProcess(): Promise<string> {
  const { relay: table, secrets } = configurationOf({ project, env: {} } as Io, { deployment: "production" });
  const seen = new Set<string>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray());
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as const);
    const sent = { method: request.method ?? "", url: request.url ?? "", headers, body };
    const given = { request: sent, env: { ...secrets, RELAY: table }, nowMs: Date.now() };
    const { outcome } = await examine(given, null);
    const id = outcome.kind === "event" ? outcome.event.id : null;
    const what = id === null ? null : seen.has(id) ? "duplicate" : "accepted";
    if (id !== null) seen.add(id);
    response.writeHead(id === null ? 401 : 200, what === null ? {} : { "relay-outcome": what });
    response.end();
  };
  const server = createServer((request, response) => void answer(request, response));
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
