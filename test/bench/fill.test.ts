/** A database filled with copies of events that were there. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copiedId, fill, type Id } from "../../bench/lib/fill.ts";
import { countingToml } from "../../bench/lib/scale-subject.ts";

const EVENT: Id = { text: `evt_${"a".repeat(32)}`, prefix: "evt_" };
const PAYMENT: Id = { text: `pay_${"b".repeat(32)}`, prefix: "pay_" };
const RECEIVED_AT = 1_000_000;

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "psp-relay-fill-"));
  file = join(folder, "inbox.sqlite");
  const db = new DatabaseSync(file);
  db.exec(`
    CREATE TABLE events (n INTEGER PRIMARY KEY, event_id TEXT, received_at INTEGER, body TEXT);
    CREATE TABLE deliveries (payment_id TEXT, n INTEGER, attempts INTEGER, PRIMARY KEY (payment_id, n)) WITHOUT ROWID;
    CREATE TABLE ledger (name TEXT PRIMARY KEY, counts TEXT);
    INSERT INTO events VALUES (1, '${EVENT.text}', ${RECEIVED_AT}, '{"id":"${EVENT.text}","of":"${PAYMENT.text}"}');
    INSERT INTO events VALUES (2, 'evt_another', ${RECEIVED_AT}, '{}');
    INSERT INTO deliveries VALUES ('${PAYMENT.text}', 1, 3);
    INSERT INTO ledger VALUES ('ledger', '{}');
  `);
  db.close();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function all(query: string): Record<string, unknown>[] {
  const db = new DatabaseSync(file);
  try {
    return db
      .prepare(query)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}

describe("fill", () => {
  const of = [EVENT, PAYMENT];

  it("copies what belongs to the template in every table, with ids of its own wherever they stand", () => {
    expect(fill(file, [{ of, from: 100, count: 3, spreadMs: 0 }])).toBe(5);
    const [event, payment] = [copiedId(EVENT, 101), copiedId(PAYMENT, 101)];
    expect(all("SELECT * FROM events WHERE n = 101")).toEqual([
      { n: 101, event_id: event, received_at: RECEIVED_AT, body: `{"id":"${event}","of":"${payment}"}` },
    ]);
    expect(all("SELECT * FROM deliveries WHERE n = 101")).toEqual([
      { payment_id: payment, n: 101, attempts: 3 },
    ]);
    expect(all("SELECT COUNT(*) AS n FROM ledger")).toEqual([{ n: 1 }]);
  });

  it("spreads the arrivals from the oldest to the newest, and leaves the template alone", () => {
    fill(file, [{ of, from: 100, count: 4, spreadMs: 400, leastMs: 50 }]);
    const ages = all("SELECT received_at FROM events WHERE n >= 100 ORDER BY n").map(
      ({ received_at }) => RECEIVED_AT - Number(received_at),
    );
    expect(ages).toEqual([450, 350, 250, 150]);
    expect(all("SELECT event_id, received_at FROM events WHERE n = 1")).toEqual([
      { event_id: EVENT.text, received_at: RECEIVED_AT },
    ]);
  });

  it("does not copy copies when it fills from several templates", () => {
    const parts = [100, 200, 300].map((from) => ({ of, from, count: 2, spreadMs: 0 }));
    expect(fill(file, parts)).toBe(2 + 6);
  });
});

it("an id of a copy has the length of the template's, and first digits that few others have", () => {
  expect(copiedId(EVENT, 255)).toMatch(/^evt_[0-9a-f]{8}0{22}ff$/);
  const first = new Set(Array.from({ length: 2_000 }, (_, n) => copiedId(EVENT, n).slice(0, 12)));
  expect(first.size).toBe(2_000);
});

it("the counting Worker is the relay's own configuration with another entry and no consumers", () => {
  const toml = countingToml(join(import.meta.dirname, "../.."));
  expect(toml).toMatch(/^main = ".*\/bench\/scale\/index\.ts"$/m);
  expect(toml).not.toContain("queues.consumers");
  expect(toml).toContain("[[queues.producers]]");
  expect(toml).toContain("[vars.RELAY]");
});
