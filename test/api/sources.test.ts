/** Sources and destinations as an operator asks how they are: last heard of, by which key, what is owed and since when. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { DestinationJson } from "../../src/api/operations/schemas.ts";
import type { SourceJson } from "../../src/api/operations/sources.ts";
import { configOf } from "../../src/config/load.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { DAY_MS, SILENCE_MIN_EVENTS, SILENCE_MIN_MS } from "../../src/limits.ts";
import { monitor } from "../../src/monitor.ts";
import { activity, rowsWrittenDuring } from "../support/activity.ts";
import { call, delivered, get } from "../support/api.ts";
import { later, referenceTo, resultOf } from "../support/attempts.ts";
import { changedEnv } from "../support/deploy.ts";
import { acceptance, paymentId } from "../support/events.ts";
import { secrets } from "../support/bindings.ts";
import { payByIpay } from "../support/payments.ts";
import { replaceQueues } from "../support/queue.ts";
import { bindings, freshRelay, inboxOf, shards, type Outside } from "../support/worker.ts";

const START = "2036-01-01T00:00:00.000Z";
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay(START);
});

async function source(name: string): Promise<SourceJson | undefined> {
  const { sources } = (await get("/api/sources")) as unknown as { sources: SourceJson[] };
  return sources.find((one) => one.name === name);
}

async function crm(): Promise<DestinationJson | undefined> {
  const { destinations } = (await get("/api/destinations")) as unknown as { destinations: DestinationJson[] };
  return destinations.find(({ name }) => name === "crm");
}

describe("a source", () => {
  it("of which nothing has come is not known to have been heard of", async () => {
    expect(await source("ipay/broker-eu")).toEqual({
      name: "ipay/broker-eu",
      misconfigured: null,
      addresses: ["/in/ipay/broker-eu"],
      last_seen_at: null,
      verified_by: null,
      usual_gap_seconds: null,
      silent: false,
    });
  });

  it("is told with each of its addresses, and no secret of them", async () => {
    expect((await source("iqpay/broker-eu"))?.addresses).toEqual([
      "/in/iqpay/broker-eu/deposit/<secret>",
      "/in/iqpay/broker-eu/withdrawal/<secret>",
      "/in/iqpay/broker-eu/confirmations/<secret>",
    ]);
  });

  it("was last proved by the key of its newest event, whichever shard has it", async () => {
    await payByIpay("0x1", secrets.IPAY_TOKEN_OLD);
    vi.setSystemTime(Date.now() + 60_000);
    await payByIpay("0x2", secrets.IPAY_TOKEN);
    expect(await source("ipay/broker-eu")).toMatchObject({
      last_seen_at: "2036-01-01T00:01:00.000Z",
      verified_by: "2026-10",
    });
    vi.setSystemTime(Date.now() + 60_000);
    await payByIpay("0x3", secrets.IPAY_TOKEN_OLD);
    expect(await source("ipay/broker-eu")).toMatchObject({ verified_by: "IPAY_TOKEN_OLD" });
  });

  it("is silent after many times its usual gap", async () => {
    for (let i = 0; i < SILENCE_MIN_EVENTS; i += 1) await payByIpay(`0x${i}`, secrets.IPAY_TOKEN);
    expect(await source("ipay/broker-eu")).toMatchObject({ silent: false, usual_gap_seconds: 0 });
    vi.setSystemTime(Date.now() + SILENCE_MIN_MS);
    expect(await source("ipay/broker-eu")).toMatchObject({ silent: true });
  });

  it("that is rare is remembered by what the monitor has seen, for a row only when it is news", async () => {
    await payByIpay("0x1", secrets.IPAY_TOKEN);
    await delivered(outside, 1);
    await monitor(bindings, configOf(bindings), Date.now());
    for (const shard of shards)
      await runInDurableObject(inboxOf(shard), (_, { storage }) => storage.sql.exec("DELETE FROM events"));
    vi.setSystemTime(Date.now() + DAY_MS);
    expect(await source("ipay/broker-eu")).toMatchObject({ last_seen_at: START, verified_by: "2026-10" });
    const known = [{ source: "ipay/broker-eu", lastMs: Date.parse(START), key: "2026-10" }];
    expect(await rowsWrittenDuring(async () => await activity().noteSeen(known))).toBe(0);
  });

  it("with a problem is told with it", async () => {
    const env = changedEnv({ sources: { ipay: { shop: { secrets: ["NOT_SET"] } } } });
    const { body } = await call("GET", "/api/sources", undefined, env);
    expect(body).toMatchObject({
      sources: [{ name: "ipay/shop", misconfigured: expect.stringContaining("NOT_SET") as string }],
    });
  });
});

describe("a destination", () => {
  it("is told with the names of its keys, its limits and what it wants", async () => {
    const env = changedEnv({
      destinations: {
        crm: {
          secrets: [
            { name: "CRM_SIGNING_SECRET", id: "2036-01" },
            { name: "CRM_SIGNING_SECRET", id: "2035-01", not_after: "2035-12-31T00:00:00Z" },
          ],
          max_per_second: 20,
          max_in_flight: 4,
          types: ["payment.*"],
        },
      },
    });
    const { body } = await call("GET", "/api/destinations", undefined, env);
    const [told] = (body as unknown as { destinations: DestinationJson[] }).destinations;
    expect(told).toMatchObject({
      per_second: 20,
      max_in_flight: 4,
      types: ["payment.*"],
      owed_since: null,
      in_flight: 0,
      keys: [
        { id: "2036-01", kind: "hmac", not_after: null, in_force: true },
        { id: "2035-01", kind: "hmac", not_after: "2035-12-31T00:00:00.000Z", in_force: false },
      ],
    });
    expect(JSON.stringify(body)).not.toContain(secrets.CRM_SIGNING_SECRET);
  });

  it("is owed since the arrival of the oldest event it has not taken, and has in flight what is attempted", async () => {
    replaceQueues(() => undefined);
    const home = await shardOf(paymentId("p"), shards.length);
    await inboxOf(home).accept(acceptance({ payment: "p", event: "e1", status: "pending" }));
    later(60_000);
    await inboxOf(home).accept(acceptance({ payment: "p", event: "e2" }));
    expect(await crm()).toMatchObject({ owed_since: START, pending: 2, in_flight: 0 });
    const reference = { ...referenceTo(1, "e1", "p"), shard: home };
    await inboxOf(home).lease([reference]);
    expect(await crm()).toMatchObject({ in_flight: 1 });
    await inboxOf(home).settle([resultOf(reference, 1, true)]);
    expect(await crm()).toMatchObject({
      owed_since: "2036-01-01T00:01:00.000Z",
      pending: 1,
      in_flight: 0,
    });
  });
});
