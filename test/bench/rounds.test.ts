/** A subject that does not keep up ends its round, not the run. */
import { describe, expect, it } from "vitest";
import { arrived, type Bench, Undelivered } from "../../bench/lib/load.ts";
import { measure, shortfallsOfTheRelay } from "../../bench/lib/rounds.ts";
import type { Subject, SubjectName } from "../../bench/lib/subjects.ts";

const NAMES = ["relay", "pipeline floor"] as const;
const bench = { quick: false } as Bench;
const workload = { name: "e2e", title: "End to end", subjects: NAMES, rounds: () => 2, roundSeconds: 1 };

/** Runs two rounds; `fails` says of a round (from 0) whether it fails, and with what. */
async function run(fails: (name: SubjectName, round: number) => Error | null) {
  const started: SubjectName[] = [];
  const stopped: SubjectName[] = [];
  const said: string[] = [];
  const start = (name: SubjectName) => {
    started.push(name);
    const stop = () => Promise.resolve(void stopped.push(name));
    return Promise.resolve({ name, stop } as Subject);
  };
  const round = ({ name }: Subject, _: Bench, index: number) => {
    const error = fails(name, index);
    return error ? Promise.reject(error) : Promise.resolve({ cpuMicros: 10 + index });
  };
  const measured = measure({ ...workload, round }, NAMES, start, bench, (line) => void said.push(line));
  return { measured, started, stopped, said };
}

describe("a peer that does not deliver everything", () => {
  const late = async () =>
    await run((name, round) => (name !== "relay" && round === 0 ? new Undelivered(9_869, 10_000) : null));

  it("has no figures for that round, and a new subject for the next", async () => {
    const { measured, started, stopped, said } = await late();
    const { rounds, shortfalls } = await measured;
    expect(rounds).toEqual({
      relay: [{ cpuMicros: 10 }, { cpuMicros: 11 }],
      "pipeline floor": [{}, { cpuMicros: 11 }],
    });
    expect(shortfalls).toEqual([{ subject: "pipeline floor", round: 1, arrived: 9_869, of: 10_000 }]);
    expect(started).toEqual(["relay", "pipeline floor", "pipeline floor"]);
    expect(stopped.toSorted()).toEqual(["pipeline floor", "pipeline floor", "relay"]);
    expect(said).toHaveLength(4);
  });

  it("does not fail the command, as the relay does", async () => {
    expect(shortfallsOfTheRelay([await (await late()).measured])).toEqual([]);
    const { measured } = await run((name) => (name === "relay" ? new Undelivered(1, 2) : null));
    expect(shortfallsOfTheRelay([await measured])).toHaveLength(2);
  });
});

it("any other failure ends the run, with every subject stopped", async () => {
  const { measured, started, stopped } = await run((name) => (name === "relay" ? null : new Error("broken")));
  await expect(measured).rejects.toThrow("broken");
  expect(stopped.toSorted()).toEqual(started.toSorted());
});

it("tells how many events arrived", async () => {
  const arrivedAtMs = new Map([["evt_1", 1]]);
  const crm = (isDone: boolean) => ({ arrivedAtMs, until: () => Promise.resolve(isDone) });
  await expect(arrived(crm(true), 1)).resolves.toBeUndefined();
  await expect(arrived(crm(false), 2)).rejects.toMatchObject({ name: "Undelivered", arrived: 1, of: 2 });
});
