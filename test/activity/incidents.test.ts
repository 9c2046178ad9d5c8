/** One incident for each trouble and destination, one message when it begins and one when it is over. */
import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Activity } from "../../src/activity/activity.ts";
import { Incidents } from "../../src/activity/incidents.ts";
import type { AlertName } from "../../src/alert.ts";
import { configOf } from "../../src/config/load.ts";
import type { Raised } from "../../src/inbox/alerts.ts";
import {
  ALERT_QUIET_MS,
  ALERT_REPEAT_MS,
  DATABASE_ALERT_BYTES,
  INCIDENT_KEPT_MS,
  REFUSED_SURGE,
} from "../../src/limits.ts";
import type { LogFields } from "../../src/log.ts";
import { fullDatabases } from "../../src/monitor-incidents.ts";
import { monitor } from "../../src/monitor.ts";
import { activity } from "../support/activity.ts";
import { get } from "../support/api.ts";
import { bindings, freshRelay, type Outside } from "../support/worker.ts";

const NOW = Date.parse("2036-01-01T00:00:00.000Z");
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay(new Date(NOW));
  await onEmpty(() => undefined);
});

/** Incidents in an object that has none. */
async function onEmpty(work: (incidents: Incidents, again: () => Incidents) => void): Promise<void> {
  await runInDurableObject(activity(), (_: Activity, { storage: { sql } }) => {
    sql.exec("DELETE FROM incidents");
    work(new Incidents(sql), () => new Incidents(sql));
  });
}

const by = (shard: string, about: AlertName, fields: LogFields = { destination: "crm" }): Raised => ({
  about,
  fields,
  shard,
});
const SHARDS = Array.from({ length: 8 }, (_, i) => `8/${i}`);

describe("a breaker that opens in every shard", () => {
  it("is one incident and one message, over with one message when the last shard has closed it", async () => {
    await onEmpty((incidents) => {
      for (const shard of SHARDS) incidents.raise(by(shard, "breaker_open"), NOW);
      const told = SHARDS.filter((shard) => incidents.admit(`alr_${shard}`, by(shard, "breaker_open"), NOW));
      expect(told).toEqual(["8/0"]);
      expect(incidents.all()).toMatchObject([
        { about: "breaker_open", subject: "crm", count: 8, closedMs: null },
      ]);
      const closings = SHARDS.map((shard) => {
        incidents.raise(by(shard, "breaker_closed"), NOW + 1);
        return incidents.admit(`alr_closed_${shard}`, by(shard, "breaker_closed"), NOW + 1);
      });
      expect(closings).toEqual([...SHARDS.slice(1).map(() => false), true]);
      expect(incidents.all()).toMatchObject([{ closedMs: NOW + 1, shards: [] }]);
    });
  });

  it("of two destinations is two incidents, and a second outage a new one", async () => {
    await onEmpty((incidents) => {
      const raise = (about: AlertName, destination: string) =>
        incidents.raise(by("8/0", about, { destination }), NOW);
      raise("breaker_open", "crm");
      raise("breaker_open", "erp");
      raise("breaker_closed", "crm");
      raise("breaker_open", "crm");
      expect(incidents.all().map(({ n, subject, closedMs }) => [n, subject, closedMs === null])).toEqual([
        [3, "crm", true],
        [2, "erp", true],
        [1, "crm", false],
      ]);
    });
  });
});

describe("a message", () => {
  it("whose first attempt failed is sent again, though its incident is known", async () => {
    await onEmpty((incidents) => {
      expect(incidents.admit("alr_1", by("8/0", "breaker_open"), NOW)).toBe(true);
      expect(incidents.admit("alr_2", by("8/1", "breaker_open"), NOW)).toBe(false);
      expect(incidents.admit("alr_1", by("8/0", "breaker_open"), NOW + 1)).toBe(true);
    });
  });

  it("of what is news each time comes again after a quarter of an hour", async () => {
    await onEmpty((incidents) => {
      const dead = by("8/0", "dead_letter");
      expect(incidents.admit("alr_1", dead, NOW)).toBe(true);
      expect(incidents.admit("alr_2", dead, NOW + ALERT_REPEAT_MS - 1)).toBe(false);
      expect(incidents.admit("alr_3", dead, NOW + ALERT_REPEAT_MS)).toBe(true);
    });
  });

  it("that something is over is not sent where nobody was told that it began", async () => {
    await onEmpty((incidents) => {
      incidents.raise(by("8/0", "breaker_open"), NOW);
      incidents.raise(by("8/0", "breaker_closed"), NOW);
      expect(incidents.admit("alr_1", by("8/0", "breaker_closed"), NOW)).toBe(false);
    });
  });

  it("that something began is not sent any more once it was over with nobody told, or told that it is over", async () => {
    await onEmpty((incidents) => {
      const open = by("8/0", "breaker_open");
      const closed = by("8/0", "breaker_closed");
      incidents.raise(open, NOW);
      incidents.raise(closed, NOW);
      // Else a pager would ring for it, and nothing would ever end that.
      expect(incidents.admit("alr_late", open, NOW)).toBe(false);

      incidents.raise(open, NOW + 1);
      expect(incidents.admit("alr_1", open, NOW + 1)).toBe(true);
      incidents.raise(closed, NOW + 2);
      expect(incidents.admit("alr_1", open, NOW + 2)).toBe(true);
      expect(incidents.admit("alr_2", closed, NOW + 2)).toBe(true);
      expect(incidents.admit("alr_1", open, NOW + 3)).toBe(false);
      expect(incidents.admit("alr_2", closed, NOW + 3)).toBe(true);
    });
  });

  it("of what was raised after the last incident was over is of a new one", async () => {
    await onEmpty((incidents) => {
      incidents.raise(by("8/0", "breaker_open"), NOW);
      incidents.raise(by("8/0", "breaker_closed"), NOW + 1);
      // Its shard could not tell that it was raised: only the message has arrived.
      const fields = { destination: "crm", at: new Date(NOW + 2).toISOString() };
      expect(incidents.admit("alr_1", by("8/0", "breaker_open", fields), NOW + 3)).toBe(true);
      expect(incidents.all().map(({ closedMs }) => closedMs)).toEqual([null, NOW + 1]);
    });
  });
});

describe("what is over", () => {
  it("is what the monitor finds no more, and what has been quiet for an hour", async () => {
    await onEmpty((incidents, again) => {
      expect(incidents.admit("alr_1", by("8/0", "owed_long"), NOW)).toBe(true);
      expect(incidents.admit("alr_2", by("8/0", "dead_letter"), NOW)).toBe(true);
      expect(incidents.endWhatIsOver(["owed_long|crm"], NOW + 1)).toEqual([]);
      expect(incidents.endWhatIsOver([], NOW + 1)).toMatchObject([{ about: "owed_long" }]);
      expect(incidents.endWhatIsOver([], NOW + ALERT_QUIET_MS)).toMatchObject([{ about: "dead_letter" }]);
      const over = by("8/0", "resolved", { destination: "crm", was: "owed_long" });
      expect(incidents.admit("alr_3", over, NOW + 2)).toBe(true);
      expect(incidents.admit("alr_4", over, NOW + 2)).toBe(false);
      // It is on disk, and not for ever.
      expect(again().all()).toHaveLength(2);
      incidents.endWhatIsOver([], NOW + 2 * INCIDENT_KEPT_MS);
      expect(again().all()).toEqual([]);
    });
  });
});

describe("the monitor", () => {
  const look = () => monitor(bindings, configOf(bindings), Date.now());
  const alerts = () => outside.lines("alert").map(({ about, was }) => [about, was]);

  it("tells of a surge of refusals, and that it is over", async () => {
    await look();
    const batch = { source: "ipay/broker-eu", reason: "bad_token", samples: [] } as const;
    await activity().refused([{ ...batch, count: REFUSED_SURGE }]);
    await look();
    expect(alerts()).toEqual([["refused_surge", undefined]]);
    await vi.waitFor(async () =>
      expect((await get("/api/alerts?state=open")).alerts).toMatchObject([
        { about: "refused_surge", subject: "ipay/broker-eu", severity: "critical", sent: false },
      ]),
    );
    // As if its message had been sent.
    await activity().admitAlert("alr_1", by("8/0", "refused_surge", { source: "ipay/broker-eu" }));
    await look();
    expect(alerts().at(-1)).toEqual(["resolved", "refused_surge"]);
    expect((await get("/api/alerts?state=open")).alerts).toEqual([]);
  });

  it("tells of a database near its limit", () => {
    const shards = [
      { name: "8/0", bytes: DATABASE_ALERT_BYTES },
      { name: "8/1", bytes: DATABASE_ALERT_BYTES - 1 },
    ];
    expect(fullDatabases(shards)).toMatchObject([{ about: "storage", fields: { shard: "8/0" } }]);
  });
});

describe("the list", () => {
  it("has pages, the newest first", async () => {
    for (const destination of ["a", "b", "c"])
      await activity().raised([by("8/0", "breaker_open", { destination })]);
    await activity().raised([by("8/0", "breaker_closed", { destination: "a" })]);
    const first = await get("/api/alerts?limit=2");
    expect(first).toMatchObject({ alerts: [{ subject: "c" }, { subject: "b" }] });
    const second = await get(`/api/alerts?limit=2&cursor=${String(first.cursor)}`);
    expect(second).toMatchObject({ alerts: [{ subject: "a", state: "closed" }], cursor: null });
  });
});
