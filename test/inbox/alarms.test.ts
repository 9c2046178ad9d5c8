/** An alarm that was lost: whoever comes next arms it. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Reference } from "../../src/inbox/protocol.ts";
import { ALARM_OVERDUE_MS, HANDOVER_TIMEOUT_MS, SWEEP_RETRY_MS } from "../../src/limits.ts";
import { alarmAt, inbox, later, referenceTo } from "../support/attempts.ts";
import { acceptance } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay } from "../support/worker.ts";

let sent: Reference[];

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

/** Loses the alarm behind the object's back. */
async function loseAlarm(): Promise<void> {
  await runInDurableObject(inbox(), (_, state) => state.storage.deleteAlarm());
  expect(await alarmAt()).toBeNull();
}

/** An event whose reference the queue has lost. */
async function acceptAndLose(): Promise<void> {
  await inbox().accept(acceptance());
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  sent.length = 0;
}

async function expectSweep(): Promise<void> {
  expect(await alarmAt()).not.toBeNull();
  await runDurableObjectAlarm(inbox());
  await vi.waitFor(() => expect(sent).toEqual([referenceTo(1, "e", "p")]));
}

const calls: [string, () => Promise<unknown>][] = [
  ["a repeat", () => inbox().accept(acceptance())],
  ["an operator's question", () => inbox().ledger()],
  ["a reference that comes back", () => inbox().lease([referenceTo(9, "x", "x")])],
];

describe("a lost alarm", () => {
  it.each(calls)("is armed after an eviction by %s", async (_, call) => {
    await acceptAndLose();
    await loseAlarm();
    await evictDurableObject(inbox());
    later(HANDOVER_TIMEOUT_MS + 1);
    await call();
    await expectSweep();
  });

  it.each(calls)("is armed in the same life, once it is overdue, by %s", async (_, call) => {
    await acceptAndLose();
    await loseAlarm();
    later(HANDOVER_TIMEOUT_MS + ALARM_OVERDUE_MS);
    await call();
    await expectSweep();
  });

  it.each(calls)("that could not be set is armed by %s", async (_, call) => {
    await runInDurableObject(inbox(), async (instance, state) => {
      vi.spyOn(state.storage, "setAlarm").mockRejectedValueOnce(new Error("storage is down"));
      await expect(instance.accept(acceptance())).rejects.toThrow("down");
    });
    expect(await alarmAt()).toBeNull();
    sent.length = 0;
    later(HANDOVER_TIMEOUT_MS + 1);
    await call();
    await expectSweep();
  });
});

describe("an alarm", () => {
  it("whose work fails is set again, and what was due is then handed over", async () => {
    await acceptAndLose();
    later(HANDOVER_TIMEOUT_MS + 1);
    await runInDurableObject(inbox(), async (instance, state) => {
      vi.spyOn(state.storage, "transactionSync").mockImplementationOnce(() => {
        throw new Error("storage is down");
      });
      await instance.alarm();
    });
    expect(sent).toEqual([]);
    expect(await alarmAt()).toBe(Date.now() + SWEEP_RETRY_MS);
    later(SWEEP_RETRY_MS);
    await expectSweep();
  });

  it("is set once a run, after its work: each time is a row", async () => {
    await acceptAndLose();
    later(HANDOVER_TIMEOUT_MS + 1);
    await runInDurableObject(inbox(), async (instance, state) => {
      const set = vi.spyOn(state.storage, "setAlarm");
      await instance.alarm();
      expect(set).toHaveBeenCalledOnce();
    });
    await vi.waitFor(() => expect(sent).toHaveLength(1));
  });
});
