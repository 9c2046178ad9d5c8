/**
 * The receivers of docs/receivers/ as they stand there, run as servers: what a merchant copies verifies what the relay
 * really sends, and nothing else, and books it once. Where a language or its library is not to be had, its tests are
 * skipped with that reason.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../tools/lib/ports.ts";
import { type Group, spawnGroup, waitFor } from "../../tools/lib/processes.ts";
import { ED25519_JWK, event, idOf, NEW, OLD, type Sign, WRONG } from "./events.ts";
import { FOLDER, type Language, LANGUAGES } from "./languages.ts";

// By a path that the compiler does not follow: the Worker's code has the Worker's types.
const { sign } = (await import(join(import.meta.dirname, "sign.ts"))) as { readonly sign: Sign };

/** Compilers and package managers run for the first time, beside everything else that is tested. */
const START_DEADLINE_MS = 700_000;
/** A receiver waits two seconds for its database; a busy machine takes longer to say so. */
const LOCKED_DEADLINE_MS = 60_000;

interface Running {
  readonly server: Group;
  readonly url: string;
  readonly database: DatabaseSync;
}

const scratch = mkdtempSync(join(tmpdir(), "psp-relay-receivers-"));
/** By the language's name: a running server, or why there is none. */
const started = new Map<string, Running | string>();

async function start(language: Language): Promise<Running | string> {
  const missing = language.missing();
  if (missing !== null) return missing;
  let libraries;
  try {
    libraries = await language.fetch();
  } catch (error) {
    return `its libraries cannot be fetched here: ${(error as Error).message}`;
  }
  const port = await freePort();
  const file = join(scratch, `${language.name}.sqlite`);
  const server = await language.server(libraries, port);
  const [program, ...args] = server.command;
  const group = await spawnGroup(language.name, program, args, {
    // While the secret is being changed: the new one, and the old one.
    env: {
      ...process.env,
      ...server.env,
      PORT: String(port),
      DATABASE: file,
      CRM_SIGNING_SECRETS: `${NEW} ${OLD}`,
    },
  });
  const url = `http://127.0.0.1:${port}/webhooks/payments`;
  // The first event makes the tables, where the start has not.
  const hello = event({ payment: "hello", assurance: "signed", value: "1" });
  await waitFor(
    `${language.name} to listen`,
    async () => ((await post(url, hello, await sign(hello, [NEW]))) === 204 ? true : undefined),
    { deadlineMs: START_DEADLINE_MS, group },
  );
  return { server: group, url, database: new DatabaseSync(file, { timeout: LOCKED_DEADLINE_MS }) };
}

async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<number | null> {
  try {
    return (await fetch(url, { method: "POST", body, headers: { ...headers } })).status;
  } catch {
    return null;
  }
}

beforeAll(async () => {
  await Promise.all(LANGUAGES.map(async (language) => started.set(language.name, await start(language))));
}, START_DEADLINE_MS + 10_000);

afterAll(async () => {
  for (const one of started.values()) {
    if (typeof one === "string") continue;
    one.database.close();
    await one.server.kill9();
  }
  rmSync(scratch, { recursive: true, force: true });
});

describe.each(LANGUAGES)("$name ($file)", ({ name }) => {
  let running: Running;

  beforeEach((context) => {
    const one = started.get(name) ?? "not started";
    if (typeof one === "string") context.skip(one);
    else running = one;
  });

  const send = async (body: string, ...secrets: string[]) =>
    await post(running.url, body, await sign(body, secrets.length > 0 ? secrets : [NEW]));
  /** What was credited, or left to a person: reference, amount, currency, decision. */
  const creditsOf = (payment: string) =>
    running.database
      .prepare(
        "SELECT reference, amount, currency, decision FROM credits WHERE reference LIKE ? ORDER BY event_id",
      )
      .all(`order-${payment}%`)
      .map((row) => Object.values(row).join(" "));
  const isKept = (id: string) =>
    running.database.prepare("SELECT 1 FROM events WHERE id = ?").get(id) !== undefined;

  it("credits what the relay signed once, however often it comes at once", async () => {
    const body = event({ payment: "once", assurance: "signed", value: "25.004500000000000001" });
    const statuses = await Promise.all(Array.from({ length: 8 }, async () => await send(body)));
    // Whoever found the database locked for too long comes again, as the relay would.
    expect(statuses.filter((status) => status !== 204 && status !== 500)).toEqual([]);
    expect(await send(body)).toBe(204);
    expect(creditsOf("once")).toEqual(["order-once 25.004500000000000001 USDT automatic"]);
  });

  it("refuses changed bytes, another secret, another id and an old attempt", async () => {
    const body = event({ payment: "forged", assurance: "signed", value: "1.00" });
    const headers = await sign(body, [NEW]);
    const hourAgo = Date.now() - 3_600_000;
    const attempts: Readonly<Record<string, [string, Readonly<Record<string, string>>]>> = {
      tampered: [body.replace("1.00", "9.00"), headers],
      reformatted: [JSON.stringify(JSON.parse(body), null, 1), headers],
      otherSecret: [body, await sign(body, [WRONG])],
      otherId: [body, { ...headers, "webhook-id": "evt_other" }],
      freshened: [
        body,
        { ...(await sign(body, [NEW], hourAgo)), "webhook-timestamp": headers["webhook-timestamp"] ?? "" },
      ],
      old: [body, await sign(body, [NEW], hourAgo)],
      early: [body, await sign(body, [NEW], Date.now() + 3_600_000)],
      unsigned: [body, {}],
      emptySignature: [body, { ...headers, "webhook-signature": "" }],
      noComma: [body, { ...headers, "webhook-signature": "v1" }],
      noBase64: [body, { ...headers, "webhook-signature": "v1,***" }],
      noTime: [body, { ...headers, "webhook-timestamp": "now" }],
    };
    const answers: Record<string, number | null> = {};
    for (const [how, [sent, by]] of Object.entries(attempts))
      answers[how] = await post(running.url, sent, by);
    expect(answers).toEqual(Object.fromEntries(Object.keys(attempts).map((how) => [how, 400])));
    expect([creditsOf("forged"), isKept(idOf("forged"))]).toEqual([[], false]);
  });

  it("accepts either of two signatures, an old secret's, and one beside an Ed25519 one", async () => {
    for (const [tag, secrets] of [
      ["both", [NEW, OLD]],
      ["old", [OLD]],
      ["strange", [WRONG, OLD]],
    ] as const) {
      expect(await send(event({ payment: tag, assurance: "signed", value: "1.00" }), ...secrets)).toBe(204);
    }
    const mixed = event({ payment: "mixed", assurance: "signed", value: "1.00" });
    expect(await post(running.url, mixed, await sign(mixed, [NEW], Date.now(), true))).toBe(204);
    for (const tag of ["both", "old", "strange", "mixed"]) expect(creditsOf(tag)).toHaveLength(1);
  });

  it("books by sequence, by type, by what vouches for the event and by its warnings", async () => {
    const late = { payment: "late", assurance: "signed", value: "5.00" } as const;
    expect(await send(event({ ...late, sequence: 2, type: "payment.refunded" }))).toBe(204);
    expect(await send(event({ ...late, sequence: 1 }))).toBe(204);
    const others = [
      event({ payment: "weak", assurance: "shared_secret", value: "0.10" }),
      event({ payment: "odd", assurance: "signed", value: "0.10", warnings: ["late"] }),
      event({ payment: "out", assurance: "signed", value: "7.00", type: "payout.confirmed" }),
      event({ payment: "utf8", assurance: "confirmed", value: "7.00", reference: "order-utf8-Zoë-№1" }),
    ];
    for (const body of others) expect(await send(body)).toBe(204);
    expect(["late", "weak", "odd", "out", "utf8"].flatMap(creditsOf)).toEqual([
      // The refund of what was never credited; its confirmation comes too late to be credited.
      "order-late 5.00 USDT review",
      "order-weak 0.10 USDT review",
      "order-odd 0.10 USDT review",
      "order-utf8-Zoë-№1 7.00 USDT automatic",
    ]);
    expect([isKept(idOf("late", 1)), isKept(idOf("out"))]).toEqual([true, true]);
  });

  it("has no event without its credit: what could not be credited comes again", async () => {
    const { database } = running;
    const body = event({ payment: "atomic", assurance: "signed", value: "3.00" });
    database.exec(
      "CREATE TRIGGER refuses BEFORE INSERT ON credits WHEN NEW.reference = 'order-atomic' BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    expect(await send(body)).toBe(500);
    expect(isKept(idOf("atomic"))).toBe(false);
    database.exec("DROP TRIGGER refuses");
    expect(await send(body)).toBe(204);
    expect(creditsOf("atomic")).toEqual(["order-atomic 3.00 USDT automatic"]);
  });

  it(
    "responds while its database is locked, and books when it is not",
    { timeout: LOCKED_DEADLINE_MS },
    async () => {
      const body = event({ payment: "locked", assurance: "signed", value: "4.00" });
      running.database.exec("BEGIN IMMEDIATE");
      expect(await send(body)).toBe(500);
      running.database.exec("ROLLBACK");
      expect(await send(body)).toBe(204);
      expect(creditsOf("locked")).toEqual(["order-locked 4.00 USDT automatic"]);
    },
  );
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

describe("docs/receivers.md", () => {
  const guide = readFileSync(`${FOLDER}.md`, "utf8");
  const shown = [...guide.matchAll(/^```\w+ title="receivers\/([\w./]+)"\n([^]*?)^```$/gm)].map(
    ([, file = "", code = ""]) => ({ file, code }),
  );

  it.each(LANGUAGES)("shows the whole receiver in $name", ({ file }) => {
    expect(shown.find((one) => one.file === file)?.code).toBe(readFileSync(join(FOLDER, file), "utf8"));
  });

  it("shows the other files as they are", () => {
    expect(shown.length).toBeGreaterThan(LANGUAGES.length);
    for (const { file, code } of shown) expect(readFileSync(join(FOLDER, file), "utf8")).toContain(code);
  });
});
