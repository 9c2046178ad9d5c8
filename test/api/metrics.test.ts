/** Metrics: text that Prometheus reads, counters that only grow, nobody's but an operator's. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openMetrics } from "../../src/api/operations/open-metrics.ts";
import { NO_DURATIONS, observed } from "../../src/histogram.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { SERIES_FRESH_MS } from "../../src/limits.ts";
import { delivered } from "../support/api.ts";
import { secrets } from "../support/bindings.ts";
import { acceptance } from "../support/events.ts";
import { freshRelay, inboxOf, post, type Outside } from "../support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
});

async function scrape(): Promise<string[]> {
  const headers = { authorization: `Bearer ${secrets.ADMIN_TOKEN}` };
  const response = await post({ method: "GET", path: "/metrics", headers });
  expect(response.headers.get("content-type")).toContain("application/openmetrics-text");
  return (await response.text()).split("\n");
}

const valueOf = (lines: readonly string[], sample: string) =>
  Number(
    lines
      .find((line) => line.startsWith(`${sample} `))
      ?.split(" ")
      .at(-1),
  );

async function accept(name: string): Promise<void> {
  const input = acceptance({ payment: name, event: name });
  await inboxOf(await shardOf(input.event.data.payment_id, 8)).accept(input);
}

describe("the text", () => {
  it("has each family with its type, buckets that add up, and an end", () => {
    const durations = observed(observed(NO_DURATIONS, 7), 40_000);
    const text = openMetrics([
      { name: "relay_a", type: "counter", help: "A.", samples: [[{ name: 'q"\\\n' }, 3]] },
      { name: "relay_b_seconds", type: "histogram", help: "B.", samples: [[{ source: "s" }, durations]] },
    ]).split("\n");
    expect(text).toContain("# TYPE relay_a counter");
    expect(text).toContain(String.raw`relay_a_total{name="q\"\\\n"} 3`);
    expect(text).toContain("# UNIT relay_b_seconds seconds");
    expect(text).toContain('relay_b_seconds_bucket{source="s",le="0.005"} 0');
    expect(text).toContain('relay_b_seconds_bucket{source="s",le="0.01"} 1');
    expect(text).toContain('relay_b_seconds_bucket{source="s",le="+Inf"} 2');
    expect(text).toContain('relay_b_seconds_count{source="s"} 2');
    expect(text).toContain('relay_b_seconds_sum{source="s"} 40.007');
    expect(text.slice(-2)).toEqual(["# EOF", ""]);
  });
});

describe("a scrape", () => {
  it("is for operators only", async () => {
    expect((await post({ method: "GET", path: "/metrics", headers: {} })).status).toBe(401);
  });

  it("counts what came, what was attempted and how long it took, and loses nothing between scrapes", async () => {
    await accept("e1");
    await delivered(outside, 1);
    const first = await scrape();
    expect(valueOf(first, 'relay_callbacks_total{source="ipay/broker-eu"}')).toBe(1);
    expect(valueOf(first, 'relay_attempts_total{destination="crm",result="2xx"}')).toBe(1);
    expect(valueOf(first, 'relay_delivery_seconds_count{destination="crm"}')).toBe(1);
    expect(valueOf(first, 'relay_accept_seconds_count{source="ipay/broker-eu"}')).toBe(1);
    expect(valueOf(first, 'relay_database_bytes{shard="8/0"}')).toBeGreaterThan(0);
    expect(valueOf(first, 'relay_oldest_owed_seconds{destination="crm"}')).toBe(0);
    expect(first.some((line) => /^relay_build_info\{version="\d.*config="[0-9a-f]{64}"/.test(line))).toBe(
      true,
    );
    await accept("e2");
    await delivered(outside, 2);
    vi.setSystemTime(Date.now() + SERIES_FRESH_MS);
    const second = await scrape();
    expect(valueOf(second, 'relay_attempts_total{destination="crm",result="2xx"}')).toBe(2);
    expect(valueOf(second, 'relay_deliveries{destination="crm",state="delivered"}')).toBe(2);
    expect(second.filter((line) => line.startsWith("relay_ledger_remainder"))).toEqual([]);
  });
});
