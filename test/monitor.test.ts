/** The monitor over all shards: one that fails must not silence it. */
import { beforeEach, describe, expect, it } from "vitest";
import { configOf } from "../src/config/load.ts";
import type { Env } from "../src/env.ts";
import { shardOf } from "../src/inbox/shard.ts";
import { HANDOVER_TIMEOUT_MS, OWED_LONG_MARGIN_MS } from "../src/limits.ts";
import { monitor } from "../src/monitor.ts";
import { later, referenceTo, resultOf } from "./support/attempts.ts";
import { acceptance, paymentId } from "./support/events.ts";
import { replaceQueues } from "./support/queue.ts";
import { bindings, freshRelay, inboxOf, shards, type Outside } from "./support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  // A queue that loses everything: what is accepted stays owed.
  replaceQueues(() => undefined);
});

/** The bindings with shards that fail whatever they are asked. */
function envWithout(lost: readonly string[]): Env {
  const getByName = (name: string) => {
    if (!lost.includes(name)) return inboxOf(name);
    const fail = () => Promise.reject(new Error("the object is lost"));
    return new Proxy({}, { get: (_, method) => (method === "then" ? undefined : fail) });
  };
  return { ...bindings, INBOX: { getByName } as unknown as Env["INBOX"] };
}

async function watch(env: Env): Promise<void> {
  await monitor(env, configOf(env), Date.now());
}

const alerts = () =>
  outside.lines("alert").map(({ about, shard, destination }) => ({ about, of: destination ?? shard }));

async function oweForLong(): Promise<string> {
  const home = await shardOf(paymentId("p"), shards.length);
  await inboxOf(home).accept(acceptance({ payment: "p" }));
  later(OWED_LONG_MARGIN_MS + HANDOVER_TIMEOUT_MS);
  return home;
}

describe("something that is long overdue", () => {
  it("is alerted, once it is", async () => {
    await watch(bindings);
    expect(alerts()).toEqual([]);
    await oweForLong();
    await watch(bindings);
    expect(alerts()).toEqual([{ about: "owed_long", of: "crm" }]);
    expect(outside.lines("alert")[0]).toMatchObject({
      waitingSeconds: (OWED_LONG_MARGIN_MS + HANDOVER_TIMEOUT_MS) / 1000,
    });
  });

  it("is not what was sent again just now, or waits for as long as the receiver asked", async () => {
    const home = await oweForLong();
    const [{ row } = { row: { n: 0 } }] = await inboxOf(home).timeline(paymentId("p"));
    const reference = { ...referenceTo(row.n, "e", "p"), shard: home };
    await inboxOf(home).replay(row.n, undefined, "op");
    await watch(bindings);
    expect(alerts()).toEqual([]);
    const asked = resultOf(reference, 1, false);
    await inboxOf(home).settle([{ ...asked, outcome: { kind: "failed", retryAfterSeconds: 3_600 } }]);
    later(OWED_LONG_MARGIN_MS + HANDOVER_TIMEOUT_MS);
    await watch(bindings);
    expect(alerts()).toEqual([]);
  });

  it("is nothing of a destination that is paused", async () => {
    const home = await oweForLong();
    await inboxOf(home).pause("crm", "maintenance");
    await watch(bindings);
    expect(alerts()).toEqual([]);
  });
});

describe("a shard that fails", () => {
  it("is alerted, and the others are watched all the same", async () => {
    const home = await oweForLong();
    const lost = shards.filter((shard) => shard !== home).slice(0, 1);
    await watch(envWithout(lost));
    expect(alerts()).toEqual([
      { about: "shard_unreachable", of: lost[0] },
      { about: "owed_long", of: "crm" },
    ]);
  });

  it("is alerted by the log alone when no shard can take the alert", async () => {
    await watch(envWithout(shards));
    expect(alerts()).toEqual(shards.map((shard) => ({ about: "shard_unreachable", of: shard })));
  });
});
