/**
 * The relay with a counter on everything that Cloudflare bills: calls to objects, statements, alarms, the
 * queue, KV, log lines and Analytics points. The code is the real one; the queue, the CRM and the clock are
 * the test's (test/promises/relay.ts).
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import { type Counts, NOTHING, minus } from "../../bench/lib/bill.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { bindings, inboxOf, shards } from "../support/worker.ts";
import { type Reply, call, envWithInbox, openRelay, type Relay, send } from "../promises/relay.ts";

/** As many as `max_batch_size` in wrangler.toml. */
const QUEUE_BATCH_MESSAGES = 20;

export class Rig {
  readonly #relay: Relay;
  readonly env: Env;
  #counted: { -readonly [name in keyof Counts]: number } = { ...NOTHING };
  readonly #cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  /** By shard: when its alarm is set for. */
  readonly #alarms = new Map<string, number>();
  /** Shards whose alarm is about to run: the test's platform deletes it first, which the real one does not charge. */
  readonly #firing = new Set<string>();
  #messagesSent = 0;

  private constructor(relay: Relay) {
    this.#relay = relay;
    this.env = this.#countingEnv();
    relay.take = (references) => {
      this.#counted.objectSends += 1;
      this.#messagesSent += references.length;
      return references;
    };
  }

  static async open(): Promise<Rig> {
    const rig = new Rig(await openRelay("made"));
    for (const shard of shards) await rig.#instrument(shard);
    return rig;
  }

  /** Everything so far. */
  counts(): Counts {
    const rows = { read: 0, written: 0 };
    for (const cursor of this.#cursors) {
      rows.read += cursor.rowsRead;
      rows.written += cursor.rowsWritten;
    }
    // Every message was written, and deleted unless it still waits; reads are counted as they happen.
    const deleted = this.#messagesSent - this.#relay.waiting.length;
    return {
      ...this.#counted,
      rowsRead: rows.read,
      rowsWritten: rows.written,
      queueOperations: this.#counted.queueOperations + this.#messagesSent + deleted,
      logLines: this.#relay.outside.logged.length,
    };
  }

  /** What this work costs. */
  async during(work: () => Promise<void>): Promise<Counts> {
    const before = this.counts();
    await work();
    return minus(this.counts(), before);
  }

  async send(request: Request): Promise<Reply> {
    this.#counted.callbacks += 1;
    return await send(request, this.env);
  }

  /** The consumer takes what waits. */
  async consume(): Promise<void> {
    await this.#relay.quiet();
    for (;;) {
      const read = await this.#relay.consume(QUEUE_BATCH_MESSAGES, this.env);
      if (read === 0) return;
      this.#counted.consumerBatches += 1;
      this.#counted.queueOperations += read;
    }
  }

  /** Moves the clock, and does on the way what falls due: alarms, and what they hand over. */
  async passUntil(atMs: number): Promise<void> {
    for (;;) {
      const [first] = [...this.#alarms].toSorted(([, a], [, b]) => a - b);
      if (first === undefined || first[1] > atMs) break;
      const [shard, dueMs] = first;
      vi.setSystemTime(Math.max(dueMs, Date.now()));
      await this.#runAlarm(shard);
      await this.consume();
    }
    vi.setSystemTime(atMs);
  }

  /** Moves the clock over a time in which nothing is counted: alarms that fell due meanwhile run once, late. */
  jumpTo(atMs: number): void {
    vi.setSystemTime(atMs);
  }

  async monitor(): Promise<void> {
    await worker.scheduled({ scheduledTime: Date.now(), cron: "", noRetry: () => {} }, this.env);
  }

  get delivered(): number {
    return this.#relay.booked.size;
  }

  /** Events that any shard still holds. */
  async stored(): Promise<number> {
    let sum = 0;
    for (const shard of shards) {
      sum += await runInDurableObject(
        inboxOf(shard),
        (_, { storage }) => storage.sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM events").one().n,
      );
    }
    return sum;
  }

  async #runAlarm(shard: string): Promise<void> {
    this.#alarms.delete(shard);
    this.#counted.alarmRuns += 1;
    this.#firing.add(shard);
    await runDurableObjectAlarm(inboxOf(shard));
  }

  async #instrument(shard: string): Promise<void> {
    await runInDurableObject(inboxOf(shard), (_, { storage }) => {
      const { sql } = storage;
      const exec = sql.exec.bind(sql);
      vi.spyOn(sql, "exec").mockImplementation(((query: string, ...values: SqlStorageValue[]) => {
        const cursor = exec(query, ...values);
        this.#cursors.push(cursor);
        return cursor;
      }) as never);
      const setAlarm = storage.setAlarm.bind(storage);
      vi.spyOn(storage, "setAlarm").mockImplementation(async (at) => {
        this.#counted.alarmsSet += 1;
        this.#alarms.set(shard, Number(at));
        await setAlarm(at);
      });
      const deleteAlarm = storage.deleteAlarm.bind(storage);
      vi.spyOn(storage, "deleteAlarm").mockImplementation(async () => {
        if (!this.#firing.delete(shard)) this.#counted.alarmsSet += 1;
        this.#alarms.delete(shard);
        await deleteAlarm();
      });
    });
  }

  #countingEnv(): Env {
    const withInbox = envWithInbox(async (stub, method, args) => {
      this.#counted.objectCalls += 1;
      return await call(stub, method, args);
    });
    const SEEN = {
      get: async (key: string) => {
        this.#counted.kvReads += 1;
        return await bindings.SEEN.get(key);
      },
      put: async (...args: Parameters<KVNamespace["put"]>) => {
        this.#counted.kvWrites += 1;
        await bindings.SEEN.put(...args);
      },
    };
    const COUNTERS = {
      writeDataPoint: () => {
        this.#counted.analyticsPoints += 1;
      },
    };
    // As production has it: no line for what went as it should.
    const RELAY = JSON.stringify({ ...(JSON.parse(String(bindings.RELAY)) as object), log: "problems" });
    return { ...withInbox, RELAY, SEEN: SEEN as unknown as KVNamespace, COUNTERS };
  }
}
