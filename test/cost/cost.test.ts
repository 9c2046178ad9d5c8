/**
 * Billable operations of an event, counted, and held against docs/performance.md: a change that makes an
 * event dearer shows here. `npm run cost` runs this file and prints what it counted.
 */
import { expect, it } from "vitest";
import performance from "../../docs/performance.md?raw";
import deploy from "../../docs/deploy.md?raw";
import scale from "../../docs/scale.md?raw";
import { disagreements } from "../../bench/lib/agree.ts";
import { type Counts, each, plus } from "../../bench/lib/bill.ts";
import {
  billReport,
  costReport,
  type CostCounts,
  KNOWN_MISSES,
  missedTargets,
  monthlyReport,
} from "../../bench/lib/cost-report.ts";
import { sectionOf } from "../../bench/lib/sections.ts";
import { DEFAULT_RETENTION_DAYS } from "../../src/limits.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { paymentIdOf } from "../../src/providers/ids.ts";
import { bent, cryptopay } from "../promises/relay.ts";
import { shards } from "../support/worker.ts";
import { Rig } from "./rig.ts";

declare module "vitest" {
  interface TaskMeta {
    cost?: CostCounts;
  }
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Over the eight shards: each gets one a second. */
const EVENTS_PER_SECOND = 8;
const BUSY_SECONDS = 60;
/** Two rounds of the purge, which looks every six hours. */
const QUIET_HOURS = 12;
const REPEATED_EVENTS = 20;
const REPEATS = 10;
const FORGERIES = 100;

/** One payment after another, delivered at once. */
async function busy(rig: Rig, name: string, seconds: number): Promise<number> {
  for (let second = 0; second < seconds; second += 1) {
    for (let index = 0; index < EVENTS_PER_SECOND; index += 1) {
      const payment = `${name}${second}x${index}`;
      const { outcome } = await rig.send(await cryptopay(payment, payment, "succeeded"));
      expect(outcome).toBe("accepted");
    }
    await rig.consume();
    await rig.passUntil(Date.now() + SECOND_MS);
  }
  return seconds * EVENTS_PER_SECOND;
}

/** Everything is forgotten: the alarms that do it, and nothing of the quiet time before. */
async function purge(rig: Rig): Promise<Counts> {
  rig.jumpTo(Date.now() + (DEFAULT_RETENTION_DAYS + 1) * DAY_MS);
  return await rig.during(async () => {
    for (let hour = 0; hour < 48 && (await rig.stored()) > 0; hour += 1) {
      await rig.passUntil(Date.now() + HOUR_MS);
    }
    expect(await rig.stored()).toBe(0);
  });
}

async function countBusy(): Promise<Pick<CostCounts, "delivered" | "purged" | "monitor">> {
  const rig = await Rig.open();
  // The first events of a shard make what every later one finds.
  const before = await busy(rig, "a", 10);
  let events = 0;
  const delivered = await rig.during(async () => {
    events = await busy(rig, "b", BUSY_SECONDS);
  });
  expect(rig.delivered).toBe(before + events);
  const monitor = await rig.during(async () => await rig.monitor());
  const purged = await purge(rig);
  return { delivered: each(delivered, events), purged: each(purged, before + events), monitor };
}

/** One event an hour in every shard, one shard after the other. */
async function countQuiet(): Promise<Pick<CostCounts, "quiet">> {
  const rig = await Rig.open();
  const waiting = await paymentsByShard(QUIET_HOURS);
  const events = QUIET_HOURS * shards.length;
  const lived = await rig.during(async () => {
    for (let index = 0; index < events; index += 1) {
      const payment = waiting[index % shards.length]?.pop() ?? "";
      const { outcome } = await rig.send(await cryptopay(payment, payment, "succeeded"));
      expect(outcome).toBe("accepted");
      await rig.consume();
      await rig.passUntil(Date.now() + HOUR_MS / shards.length);
    }
  });
  const purged = await purge(rig);
  return { quiet: each(plus(lived, purged), events) };
}

/** So many names of payments for each shard. */
async function paymentsByShard(count: number): Promise<string[][]> {
  const byShard = shards.map((): string[] => []);
  for (let index = 0; byShard.some((names) => names.length < count); index += 1) {
    const id = await paymentIdOf("cryptopay", "broker-eu", `pi_q${index}`);
    const names = byShard[shards.indexOf(await shardOf(id, shards.length))];
    if (names && names.length < count) names.push(`q${index}`);
  }
  return byShard;
}

async function countRefusedAndRepeated(): Promise<Pick<CostCounts, "duplicate" | "forged">> {
  const rig = await Rig.open();
  const names = Array.from({ length: REPEATED_EVENTS }, (_, index) => `d${index}`);
  for (const name of names) await rig.send(await cryptopay(name, name, "succeeded"));
  await rig.consume();
  const duplicate = await rig.during(async () => {
    for (let round = 0; round < REPEATS; round += 1) {
      for (const name of names) {
        const { outcome } = await rig.send(await cryptopay(name, name, "succeeded"));
        expect(outcome).toBe("duplicate");
      }
      await rig.passUntil(Date.now() + SECOND_MS);
    }
  });
  const forged = await rig.during(async () => {
    for (let index = 0; index < FORGERIES; index += 1) {
      const genuine = await cryptopay(`f${index}`, `f${index}`, "succeeded");
      const { status } = await rig.send(await bent(genuine, (body) => body.replace("2000", "9000")));
      expect(status).toBe(401);
    }
  });
  return { duplicate: each(duplicate, REPEATS * REPEATED_EVENTS), forged: each(forged, FORGERIES) };
}

it(
  "costs what docs/performance.md and docs/scale.md say (npm run cost -- --write)",
  { timeout: 900_000 },
  async ({ task }) => {
    const counted: CostCounts = {
      ...(await countBusy()),
      ...(await countQuiet()),
      ...(await countRefusedAndRepeated()),
    };
    task.meta.cost = counted;
    // A forgery leaves nothing behind, whatever the documents say.
    expect(counted.forged).toMatchObject({ rowsWritten: 0, objectCalls: 0, kvWrites: 0, queueOperations: 0 });
    expect(missedTargets(counted).map(({ target }) => target)).toEqual(KNOWN_MISSES);
    expect(disagreements(sectionOf(performance, "cost") ?? "", costReport(counted))).toEqual([]);
    expect(disagreements(sectionOf(scale, "scale-cost") ?? "", monthlyReport(counted))).toEqual([]);
    expect(disagreements(sectionOf(deploy, "deploy-cost") ?? "", billReport(counted))).toEqual([]);
  },
);
