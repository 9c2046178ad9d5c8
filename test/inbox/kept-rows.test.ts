/** What the rows of an acceptance and of a callback set aside hold (docs/storage.md), and when they are looked at again. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { DAY_MS, DEFAULT_RETENTION_DAYS } from "../../src/limits.ts";
import { alarmAt, inbox, referenceTo } from "../support/attempts.ts";
import { acceptance, eventId, paymentId, settingAside, type Stated } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay } from "../support/worker.ts";

const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const QUARANTINED = { state: "quarantined", reason: "missing_amount" } as const;
const DEFERRED = { state: "deferred", reason: "verifier_timeout" } as const;

beforeEach(async () => {
  // Ahead of the real clock, so that no alarm fires by itself.
  await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

const accept = (stated: Stated = {}) => inbox().accept(acceptance(stated));

async function column(name: string, table: "events" | "payments" = "events"): Promise<unknown[]> {
  return await runInDurableObject(inbox(), (_, { storage: { sql } }) =>
    sql
      .exec<{ value: string | null }>(`SELECT ${name} AS value FROM ${table}`)
      .toArray()
      .map(({ value }) => value),
  );
}

/** The statements that write something while this is done. */
async function writes(work: () => Promise<unknown>): Promise<string[]> {
  return await runInDurableObject(inbox(), async (_, { storage: { sql } }) => {
    const exec = vi.spyOn(sql, "exec");
    await work();
    const statements = exec.mock.calls.map(([statement]) => statement);
    exec.mockRestore();
    return statements.filter((statement) => !/^\s*SELECT/.test(statement));
  });
}

describe("a payment's row", () => {
  it("names its events, each with its number, and nothing else", async () => {
    await accept({ event: "e1", status: "pending" });
    await accept({ event: "e2" });
    await accept({ event: "e3" });
    expect(await column("payment_id", "payments")).toEqual([paymentId("p")]);
    const [events] = await column("events", "payments");
    expect(JSON.parse(String(events))).toEqual([
      [1, eventId("e1")],
      [2, eventId("e2")],
      [3, eventId("e3")],
    ]);
  });

  it("stands for the bytes of what was set aside", async () => {
    await inbox().setAside(settingAside("bytes", QUARANTINED));
    expect(await column("payment_id", "payments")).toEqual(["callback:bytes"]);
    expect(await column("events", "payments")).toEqual([JSON.stringify([[1, eventId("bytes")]])]);
  });
});

describe("an event's row", () => {
  it("keeps the trace of its callback, which every attempt is given", async () => {
    const traced = { ...acceptance({ attemptNow: true }), traceparent: TRACE };
    expect(await inbox().accept(traced)).toMatchObject({ attempts: [{ delivery: { traceparent: TRACE } }] });
    await inbox().accept({ ...acceptance({ event: "e2", payment: "q" }), traceparent: TRACE });
    expect(await inbox().lease([referenceTo(2, "e2", "q")])).toMatchObject([{ traceparent: TRACE }]);
    const { traceparent: _, ...old } = traced;
    await inbox().accept({ ...old, event: acceptance({ event: "e3", payment: "r" }).event });
    expect(await column("traceparent")).toEqual([TRACE, TRACE, null]);
  });

  it("names first attempts only where one is made", async () => {
    await accept({ event: "e1", attemptNow: true });
    await accept({ event: "e2", payment: "q" });
    expect(await column("direct")).toEqual(['{"crm":null}', null]);
  });

  it("of a deferred callback says who sent it, and of a quarantined one nothing besides the callback", async () => {
    await inbox().setAside(settingAside("first", DEFERRED));
    await inbox().setAside(settingAside("second", QUARANTINED));
    expect(await column("contents")).toEqual(['{"caller":"caller"}', "{}"]);
    expect(await column("warnings")).toEqual(["[]", "[]"]);
  });

  it("is not written again by a repeat, nor by one that says again what was said of it before", async () => {
    await accept({ contents: { "conflict:amount": "10" }, fingerprint: "a".repeat(64) });
    const other = { contents: { "conflict:amount": "11" }, fingerprint: "b".repeat(64) };
    await accept(other);
    expect(await writes(() => accept({ contents: {}, fingerprint: "a".repeat(64) }))).toEqual([]);
    expect(await writes(() => accept(other))).toEqual([]);
  });
});

describe("the alarm", () => {
  const end = () => Date.now() + DEFAULT_RETENTION_DAYS * DAY_MS;

  it("comes when the retention of an event ends that is owed to nobody", async () => {
    await accept({ destinations: [] });
    expect(await alarmAt()).toBe(end());
  });

  it("comes when the retention of a quarantined callback ends", async () => {
    await inbox().setAside(settingAside("bytes", QUARANTINED));
    expect(await alarmAt()).toBe(end());
  });
});
