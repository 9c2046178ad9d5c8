/**
 * The receivers of docs/receivers/ as they stand there, run as servers: what a merchant copies verifies
 * what the relay really sends, and nothing else. Where a language is not installed, its tests are skipped with that reason.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../tools/lib/ports.ts";
import { type Group, spawnGroup, waitFor } from "../../tools/lib/processes.ts";
import { ED25519_JWK, event, NEW, OLD, type Sign, WRONG } from "./events.ts";

// By a path that the compiler does not follow: the Worker's code has the Worker's types.
const { sign } = (await import(join(import.meta.dirname, "sign.ts"))) as { readonly sign: Sign };

const DOCS = join(import.meta.dirname, "../../docs");
const FOLDER = join(DOCS, "receivers");
/** `go run` compiles the standard library's HTTP server first. */
const START_DEADLINE_MS = 180_000;

interface Language {
  readonly name: string;
  readonly file: string;
  /** Asked whether it is there. */
  readonly probe: readonly [string, ...string[]];
  command(file: string, port: number): [string, ...string[]];
}

const LANGUAGES: readonly Language[] = [
  {
    name: "Node",
    file: "node.mjs",
    probe: [process.execPath, "--version"],
    command: (file) => [process.execPath, file],
  },
  {
    name: "Python",
    file: "receiver.py",
    probe: ["python3", "-c", "import sqlite3, sys; assert sys.version_info >= (3, 10)"],
    command: (file) => ["python3", file],
  },
  { name: "Go", file: "receiver.go", probe: ["go", "version"], command: (file) => ["go", "run", file] },
  {
    name: "PHP",
    file: "receiver.php",
    probe: ["php", "-r", "exit(extension_loaded('pdo_sqlite') ? 0 : 1);"],
    command: (file, port) => ["php", "-S", `127.0.0.1:${port}`, file],
  },
];

function isThere([command, ...args]: readonly [string, ...string[]]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

describe.each(LANGUAGES)("$name ($file)", ({ name, file, probe, command }) => {
  const folder = mkdtempSync(join(tmpdir(), "psp-relay-receiver-"));
  let server: Group | null = null;
  let url: string;

  beforeAll(async () => {
    if (!isThere(probe)) return;
    const port = await freePort();
    url = `http://127.0.0.1:${port}/webhooks/payments`;
    const [program, ...args] = command(join(FOLDER, file), port);
    server = await spawnGroup(name, program, args, {
      env: {
        ...process.env,
        PORT: String(port),
        // While it is being changed: the new one, and the old one.
        CRM_SIGNING_SECRETS: `${NEW} ${OLD}`,
        // PHP opens its database anew with every request.
        DATABASE: name === "PHP" ? `sqlite:${join(folder, "events.sqlite")}` : ":memory:",
        GOTOOLCHAIN: "local",
        GOFLAGS: "-mod=mod",
      },
    });
    await waitFor(`${name} to listen`, async () => ((await post("{}", {})) === null ? undefined : true), {
      deadlineMs: START_DEADLINE_MS,
      group: server,
    });
  }, START_DEADLINE_MS + 10_000);
  afterAll(async () => {
    await server?.kill9();
    rmSync(folder, { recursive: true, force: true });
  });

  async function post(body: string, headers: Readonly<Record<string, string>>): Promise<number | null> {
    try {
      const response = await fetch(url, { method: "POST", body, headers: { ...headers } });
      return response.status;
    } catch {
      return null;
    }
  }

  const send = async (body: string, ...secrets: string[]) =>
    await post(body, await sign(body, secrets.length > 0 ? secrets : [NEW]));
  /** What was credited or set aside for review, in order. */
  const booked = () => (server?.lines() ?? []).filter((line) => /^(credit|review) /.test(line));
  const bookedTo = async (reference: string) => {
    await waitFor(`a booking for ${reference}`, () => booked().find((line) => line.includes(reference)), {
      deadlineMs: 30_000,
    });
    return booked().filter((line) => line.includes(reference));
  };

  it("accepts what the relay signed, and books it once however often it comes", async (context) => {
    if (!server) context.skip(`${name} is not installed here`);
    const body = event({ payment: "once", assurance: "signed", value: "25.004500000000000001" });
    expect([await send(body), await send(body), await send(body)]).toEqual([204, 204, 204]);
    expect(await bookedTo("order-once")).toEqual(["credit order-once 25.004500000000000001 USDT"]);
  });

  it("refuses changed bytes, another secret, another id and an old attempt", async (context) => {
    if (!server) context.skip(`${name} is not installed here`);
    const body = event({ payment: "forged", assurance: "signed", value: "1.00" });
    const headers = await sign(body, [NEW]);
    const hourAgo = Date.now() - 3_600_000;
    expect({
      tampered: await post(body.replace("1.00", "9.00"), headers),
      reformatted: await post(JSON.stringify(JSON.parse(body), null, 1), headers),
      otherSecret: await send(body, WRONG),
      otherId: await post(body, { ...headers, "webhook-id": "evt_other" }),
      freshened: await post(body, {
        ...(await sign(body, [NEW], hourAgo)),
        "webhook-timestamp": headers["webhook-timestamp"] ?? "",
      }),
      old: await post(body, await sign(body, [NEW], hourAgo)),
      early: await post(body, await sign(body, [NEW], Date.now() + 3_600_000)),
      unsigned: await post(body, {}),
      emptySignature: await post(body, { ...headers, "webhook-signature": "" }),
      noTime: await post(body, { ...headers, "webhook-timestamp": "now" }),
    }).toEqual({
      tampered: 400,
      reformatted: 400,
      otherSecret: 400,
      otherId: 400,
      freshened: 400,
      old: 400,
      early: 400,
      unsigned: 400,
      emptySignature: 400,
      noTime: 400,
    });
    expect(booked().filter((line) => line.includes("order-forged"))).toEqual([]);
  });

  it("accepts either of two signatures, an old secret's, and one beside an Ed25519 one", async (context) => {
    if (!server) context.skip(`${name} is not installed here`);
    for (const [tag, secrets] of [
      ["both", [NEW, OLD]],
      ["old", [OLD]],
      ["unknown-first", [WRONG, OLD]],
    ] as const) {
      expect(await send(event({ payment: tag, assurance: "signed", value: "1.00" }), ...secrets)).toBe(204);
    }
    const mixed = event({ payment: "mixed", assurance: "signed", value: "1.00" });
    expect(await post(mixed, await sign(mixed, [NEW], Date.now(), true))).toBe(204);
    for (const tag of ["both", "old", "unknown-first", "mixed"]) {
      expect(await bookedTo(`order-${tag}`)).toHaveLength(1);
    }
  });

  it("books by sequence and by what vouches for the event", async (context) => {
    if (!server) context.skip(`${name} is not installed here`);
    const late = { payment: "late", assurance: "signed", value: "5.00" } as const;
    await send(event({ ...late, sequence: 2, type: "payment.refunded" }));
    expect(await send(event({ ...late, sequence: 1 }))).toBe(204);
    await send(event({ payment: "weak", assurance: "shared_secret", value: "0.10" }));
    await send(event({ payment: "out", assurance: "signed", value: "7.00", type: "payout.confirmed" }));
    await send(event({ payment: "utf8", assurance: "confirmed", value: "7.00", reference: "order-Zoë-№1" }));
    expect(await bookedTo("Zoë")).toEqual(["credit order-Zoë-№1 7.00 USDT"]);
    expect(await bookedTo("order-weak")).toEqual(["review order-weak 0.10 USDT"]);
    expect(booked().filter((line) => /order-(late|out)/.test(line))).toEqual([]);
  });
});

describe("Ed25519 (ed25519.mjs)", () => {
  interface Snippet {
    trustedKeys(url: string, ids: readonly string[]): Promise<object[]>;
    verifiedEvent(
      body: string,
      headers: Readonly<Record<string, string>>,
      keys: readonly object[],
    ): object | null;
  }
  const body = event({ payment: "ed", assurance: "signed", value: "1.00" });
  const server = createServer((_, response) => {
    response.end(
      JSON.stringify({ keys: [{ ...ED25519_JWK, kid: "other", x: "A".repeat(43) }, ED25519_JWK] }),
    );
  });
  let snippet: Snippet;
  let keys: object[];

  beforeAll(async () => {
    snippet = (await import(join(FOLDER, "ed25519.mjs"))) as Snippet;
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const { port } = server.address() as AddressInfo;
    keys = await snippet.trustedKeys(`http://127.0.0.1:${port}/.well-known/jwks.json`, [ED25519_JWK.kid]);
  });
  afterAll(() => void server.close());

  it("trusts the configured keys, and no other of the set", () => {
    expect(keys).toHaveLength(1);
  });

  it("accepts what was signed with one of them, and nothing else", async () => {
    const headers = await sign(body, [NEW], Date.now(), true);
    expect(snippet.verifiedEvent(body, headers, keys)).toEqual(JSON.parse(body));
    expect(snippet.verifiedEvent(body.replace("1.00", "2.00"), headers, keys)).toBeNull();
    expect(snippet.verifiedEvent(body, { ...headers, "webhook-id": "evt_other" }, keys)).toBeNull();
    expect(snippet.verifiedEvent(body, await sign(body, [NEW]), keys)).toBeNull();
    expect(snippet.verifiedEvent(body, await sign(body, [NEW], 0, true), keys)).toBeNull();
    expect(snippet.verifiedEvent(body, {}, keys)).toBeNull();
  });
});

it("docs/receivers.md shows the files as they are", () => {
  const guide = readFileSync(join(DOCS, "receivers.md"), "utf8");
  const shown = [...guide.matchAll(/^```\w+ title="receivers\/([\w.]+)"\n([^]*?)^```$/gm)];
  expect(shown.length).toBeGreaterThan(3);
  for (const [, file, code] of shown) {
    expect(readFileSync(join(FOLDER, file ?? ""), "utf8")).toContain(code);
  }
});
