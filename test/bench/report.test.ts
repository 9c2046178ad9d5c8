/** The tables of docs/performance.md. */
import { expect, it } from "vitest";
import type { Machine } from "../../bench/lib/machine.ts";
import { benchReport } from "../../bench/lib/report.ts";
import { expectedSeconds, type Measured } from "../../bench/lib/rounds.ts";

const on: Machine = {
  cpu: "A CPU",
  cores: 2,
  memoryGib: 4,
  kernel: "6.1",
  node: "v24",
  workerd: "1.2026",
  commit: "abc",
  date: "2026-11-24",
  load: 0.1,
};
const accept: Measured = {
  workload: "accept",
  title: "Accept",
  rounds: {
    relay: [{ cpuMicros: 300, perSecond: 10 }, { cpuMicros: 330 }, { cpuMicros: 310 }],
    "accept floor": [{ cpuMicros: 100 }, { cpuMicros: 110 }, { cpuMicros: 100 }],
  },
  shortfalls: [],
};
const forged: Measured = {
  ...accept,
  workload: "forged",
  title: "Forged",
  rounds: { relay: [{ cpuMicros: 30 }] },
};
const report = (
  measured: readonly Measured[],
  { skipped = null, omitted = [] }: { skipped?: string | null; omitted?: string[] } = {},
) => benchReport({ on, quick: false, skipped, omitted, measured });

it("names the machine, and what was left out and why", () => {
  const text = report([accept], { skipped: "no redis-server", omitted: ["drain", "replay"] });
  for (const named of [
    "Not run: drain, replay.",
    "A CPU",
    "2 cores",
    "v24",
    "workerd 1.2026",
    "commit abc",
    "no redis-server",
  ]) {
    expect(text).toContain(named);
  }
});

it("has a row for each subject with its medians, and a column for each figure that somebody has", () => {
  const lines = report([accept]).split("\n");
  expect(lines).toContain("|  | events/s | CPU-µs/event |");
  expect(lines).toContain("| relay | 10 | 310 |");
  expect(lines).toContain("| accept floor |  | 100 |");
});

it("compares the relay with its peers round by round, and a storm with an accept", () => {
  const lines = report([accept, forged]).split("\n");
  expect(lines).toContain("| Accept | against accept floor | 3.00 × |");
  expect(lines).toContain("| Forged | against an accept of the relay | 0.10 × |");
});

it("says of a subject that did not keep up how much it delivered, and leaves the round out of its figures", () => {
  const late = {
    ...accept,
    rounds: { ...accept.rounds, "accept floor": [{ cpuMicros: 100 }, {}, { cpuMicros: 104 }] },
    shortfalls: [{ subject: "accept floor", round: 2, arrived: 9_869, of: 10_000 }],
  } as const;
  const text = report([late]);
  expect(text).toContain("In round 2, accept floor did not keep up: 9,869 of 10,000 events arrived in time.");
  expect(text.split("\n")).toContain("| accept floor |  | 102 |");
  expect(text).toContain("| Accept | against accept floor | 2.99 × |");
});

it("has no ratio to a peer that never kept up", () => {
  const never = { ...accept, rounds: { ...accept.rounds, "accept floor": [{}, {}, {}] } } as const;
  expect(report([never]).split("\n")).toContain("| Accept | against accept floor | no figures |");
});

it("says what a run takes by its rounds, and less with fewer of them or short ones", () => {
  const five = {
    rounds: (quick: boolean) => (quick ? 2 : 5),
    roundSeconds: 10,
    subjects: ["relay"] as const,
  };
  expect(expectedSeconds([five, { ...five, subjects: ["relay", "BullMQ"] }], false, Infinity)).toBe(150);
  expect(expectedSeconds([five], false, 3)).toBe(30);
  expect(expectedSeconds([five], true, Infinity)).toBeLessThan(20);
});
