/** What is kept, read and written at a time has a bound. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  DAY_MS,
  DEFAULT_RETENTION_DAYS,
  MAX_SUCCESS_ANSWER_CHARS,
  PURGE_STEP_EVENTS,
  PURGE_STEP_INTERVAL_MS,
  ROUND_OF_OLD_NAMES_MS,
} from "../../src/limits.ts";
import { inbox, later, referenceTo, resultOf, rowsWritten } from "../support/attempts.ts";
import { acceptance, eventId } from "../support/events.ts";
import { replaceQueues } from "../support/queue.ts";
import { freshRelay } from "../support/worker.ts";

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  replaceQueues(() => undefined);
});

const LONG_ANSWER = "x".repeat(16_384);
const answersOf = async (event: string) =>
  (await inbox().find(eventId(event))).flatMap(({ attempts }) =>
    attempts.map(({ answer }) => answer?.length),
  );

describe("of a receiver's response", () => {
  it.each([true, false])(
    "a success keeps a line, a failure all of it (first attempt at once: %s)",
    async (attemptNow) => {
      await inbox().accept(acceptance({ attemptNow }));
      const reference = referenceTo(1, "e", "p");
      if (!attemptNow) await inbox().lease([reference]);
      await inbox().settle([resultOf(reference, 1, false, LONG_ANSWER)]);
      await inbox().settle([resultOf(reference, 2, true, LONG_ANSWER)]);
      expect(await answersOf("e")).toEqual([LONG_ANSWER.length, MAX_SUCCESS_ANSWER_CHARS]);
      await inbox().accept(acceptance({ event: "ok", payment: "ok", attemptNow }));
      const other = referenceTo(2, "ok", "ok");
      if (!attemptNow) await inbox().lease([other]);
      await inbox().settle([resultOf(other, 1, true, LONG_ANSWER)]);
      expect(await answersOf("ok")).toEqual([MAX_SUCCESS_ANSWER_CHARS]);
    },
  );
});

const ring = () => runInDurableObject(inbox(), (instance) => instance.alarm());
const countOf = (table: string) =>
  runInDurableObject(
    inbox(),
    (_, state) =>
      state.storage.sql.exec<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`).one().count,
  );

describe("orders and the audit log", () => {
  it("are kept as long as events are, and a replay that still runs longer", async () => {
    await inbox().accept(acceptance());
    await inbox().startReplay("finished", {}, 50, 0);
    await ring();
    await inbox().audit("operator", "replays", "{}");
    await inbox().startReplay("running", { state: "dead" }, 50, 0);
    await inbox().audit("operator", "pause", "{}");
    later(DEFAULT_RETENTION_DAYS * DAY_MS - 1);
    // A life that has not run the round of this week yet.
    await evictDurableObject(inbox());
    await ring();
    expect([await countOf("replays"), await countOf("audit")]).toEqual([2, 2]);
    await inbox().startReplay("late", { state: "dead" }, 50, 0);
    await inbox().audit("operator", "resume", "{}");
    await tamperBackToRunning("running");
    later(ROUND_OF_OLD_NAMES_MS + 1);
    await ring();
    expect((await inbox().replays()).map(({ id }) => id).toSorted()).toEqual(["late", "running"]);
    expect((await inbox().auditLog(null, 10)).items.map(({ action }) => action)).toEqual(["resume"]);
  });

  /** As one that a rate of one event in ten seconds keeps busy for months. */
  async function tamperBackToRunning(id: string): Promise<void> {
    await runInDurableObject(inbox(), (_, state) => {
      const farOff = Date.now() + 365 * DAY_MS;
      state.storage.sql.exec("UPDATE replays SET state = 'running', next_at = ? WHERE id = ?", farOff, id);
    });
  }
});

describe("the purge of reservations", () => {
  /** Names read and deleted by one run of the alarm. */
  async function step(): Promise<{ looked: number; written: number }> {
    return await runInDurableObject(inbox(), async (instance, state) => {
      const exec = state.storage.sql.exec.bind(state.storage.sql);
      const cursors: { query: string; cursor: SqlStorageCursor<never> }[] = [];
      const spy = vi.spyOn(state.storage.sql, "exec").mockImplementation(((
        query: string,
        ...bindings: never[]
      ) => {
        const cursor = exec<never>(query, ...bindings);
        cursors.push({ query, cursor });
        return cursor;
      }) as never);
      await instance.alarm();
      spy.mockRestore();
      const of = cursors.filter(({ query }) => /(?:FROM|INTO) reservations/.test(query));
      return {
        looked: of.reduce((sum, { cursor }) => sum + cursor.rowsRead, 0),
        written: of.reduce((sum, { cursor }) => sum + cursor.rowsWritten, 0),
      };
    });
  }

  it("looks at a bounded number of names a step, and comes to all of them", { timeout: 60_000 }, async () => {
    const old = 2 * PURGE_STEP_EVENTS;
    await rowsWritten((instance) =>
      Array.from({ length: old }, (_, i) => () => instance.reserve(`old-${i}`, "owner", "bytes")),
    );
    later(DEFAULT_RETENTION_DAYS * DAY_MS);
    await rowsWritten((instance) =>
      Array.from(
        { length: PURGE_STEP_EVENTS },
        (_, i) => () => instance.reserve(`young-${i}`, "owner", "bytes"),
      ),
    );
    later(1);
    let steps = 0;
    while ((await countOf("reservations")) > PURGE_STEP_EVENTS) {
      const { looked, written } = await step();
      // Each name is read once by the step, and once more where it is deleted.
      expect(looked).toBeLessThanOrEqual(2 * PURGE_STEP_EVENTS + 1);
      expect(written).toBeLessThanOrEqual(PURGE_STEP_EVENTS);
      later(PURGE_STEP_INTERVAL_MS);
      steps += 1;
      expect(steps).toBeLessThan(10);
    }
    expect(steps).toBeGreaterThan(1);
    expect(await inbox().reserve("young-0", "another", "bytes")).toBe("owner");
    expect(await inbox().reserve("old-0", "another", "bytes")).toBe("another");
  });

  it("is made once a week, however often the object begins a new life", async () => {
    await inbox().accept(acceptance());
    await inbox().reserve("name", "owner", "bytes");
    later(ROUND_OF_OLD_NAMES_MS);
    expect((await step()).looked).toBe(1);
    for (let day = 1; day <= 6; day += 1) {
      later(DAY_MS);
      await evictDurableObject(inbox());
      expect((await step()).looked).toBe(0);
    }
    later(DAY_MS);
    await evictDurableObject(inbox());
    expect((await step()).looked).toBe(1);
  });
});
