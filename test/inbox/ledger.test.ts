/**
 * The ledger at every moment: whatever is done in whatever order, it equals a recount of the rows, and
 * the callbacks that got a 2xx.
 */
import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Status } from "../../src/event.ts";
import { Inbox } from "../../src/inbox/inbox.ts";
import { addUp, type Ledger } from "../../src/inbox/ledger.ts";
import { RECOUNT_INTERVAL_MS } from "../../src/limits.ts";
import {
  type Attempt,
  type Decision,
  type Outcome,
  type Reference,
  type SettingAside,
} from "../../src/inbox/protocol.ts";
import { relay, sourcesTo } from "../support/bindings.ts";
import { configFrom } from "../support/config.ts";
import { replaceQueues } from "../support/queue.ts";
import { acceptance } from "../support/events.ts";
import { bindings, freshRelay, inboxOf } from "../support/worker.ts";

const NOW = "2036-01-01T00:00:00.000Z";
const DESTINATIONS = ["crm", "erp"] as const;
const SOURCES = ["ipay/broker-eu", "iqpay/broker-eu"] as const;

const env = {
  ...bindings,
  RELAY: JSON.stringify({
    ...relay,
    sources: sourcesTo(DESTINATIONS),
    destinations: {
      crm: { ...relay.destinations.crm, schedule_seconds: [1, 5] },
      erp: { ...relay.destinations.crm, schedule_seconds: [], types: ["payment.*"], ordered: false },
    },
  }),
};

// An account with a problem would never have its verifier asked, and a part of the histories would not happen.
configFrom(env);

beforeEach(async () => {
  await freshRelay(NOW);
  replaceQueues(() => undefined);
});

// ---- what can happen -----------------------------------------------------------------------------------

const pick = fc.nat({ max: 1_000 });
const destination = fc.constantFrom(...DESTINATIONS);
const arrival = fc.record({
  payment: fc.constantFrom("p", "q", "r"),
  event: fc.constantFrom("1", "2", "3", "4", "5", "6"),
  status: fc.constantFrom<Status>("pending", "confirmed", "failed", "refunded", "partially_refunded"),
  destinations: fc.subarray([...DESTINATIONS]),
  source: fc.constantFrom(...SOURCES),
  attemptNow: fc.boolean(),
});

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("accept" as const), arrival }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("attempt" as const),
      pick,
      result: fc.constantFrom("delivered", "failed", "failed", "gone"),
      reports: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pause" as const), destination }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("resume" as const), destination }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("replay" as const),
      pick,
      destination: fc.option(destination, { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("set aside" as const),
      callback: fc.constantFrom("a", "b", "c"),
      why: fc.constantFrom("deferred", "quarantined"),
      source: fc.constantFrom(...SOURCES),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("decide" as const),
      pick,
      decision: fc.constantFrom("accepted", "refused", "quarantined", "undecided"),
      arrival,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("release" as const),
      pick,
      decision: fc.constantFrom("accepted", "refused", "quarantined", "undecided"),
      arrival,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("time" as const),
      seconds: fc.constantFrom(1, 31, 600, 40_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("dismiss" as const), pick }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "recount" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

// ---- an Inbox to which it happens ------------------------------------------------------------------------

class Subject {
  readonly #state: DurableObjectState;
  readonly #shard: string;
  #inbox: Inbox;
  /** Callbacks that got a 2xx. */
  answered = 0;
  /** First attempts that were leased with an acceptance and not reported. */
  readonly #firstAttempts: Reference[] = [];

  constructor(state: DurableObjectState, shard: string) {
    this.#state = state;
    this.#shard = shard;
    this.#inbox = new Inbox(state, env);
  }

  async happen(what: Happening): Promise<void> {
    const inbox = this.#inbox;
    switch (what.kind) {
      case "accept":
        return await this.#accept(what.arrival);
      case "attempt":
        return await this.#attempt(what.pick, what.result, what.reports);
      case "pause":
        return await inbox.pause(what.destination, "maintenance");
      case "resume":
        return await inbox.resume(what.destination);
      case "replay": {
        const event = this.#oneOf<{ n: number }>("SELECT n FROM events", what.pick);
        if (event) await inbox.replay(event.n, what.destination, "op");
        return;
      }
      case "set aside": {
        const kept = await inbox.setAside(settingAside(what));
        if (kept.outcome !== "full") this.answered += 1;
        return;
      }
      case "decide":
        return await this.#decide(what.pick, what.decision, what.arrival);
      case "release": {
        const event = this.#oneOf<{ n: number }>(
          "SELECT n FROM events WHERE state = 'quarantined'",
          what.pick,
        );
        if (event) await inbox.concludeQuarantined(event.n, await this.#decision(what), "op");
        return;
      }
      case "time":
        vi.setSystemTime(Date.now() + what.seconds * 1000);
        return await inbox.alarm();
      case "dismiss": {
        const event = this.#oneOf<{ n: number }>("SELECT n FROM events", what.pick);
        if (event) await inbox.dismiss(event.n, "op", "not ours");
        return;
      }
      case "recount":
        vi.setSystemTime(Date.now() + RECOUNT_INTERVAL_MS);
        await inbox.alarm();
        return;
      case "restart": {
        // Repeats of the last seconds go with the old instance, from the counts and from the rows alike.
        const before = await this.#authentic();
        this.#inbox = new Inbox(this.#state, env);
        this.answered -= before - (await this.#authentic());
        return;
      }
    }
  }

  async #authentic(): Promise<number> {
    const { sources } = await this.ledger();
    return Object.values(sources).reduce((sum, { authentic }) => sum + authentic, 0);
  }

  async #accept(of: typeof arrival extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
    const accepted = await this.#inbox.accept(
      acceptance({ ...of, event: `${of.payment}${of.event}`, refunded: `${of.event}.00` }),
    );
    if (accepted.outcome === "accepted")
      this.#firstAttempts.push(...accepted.attempts.map(({ reference }) => reference));
    this.answered += 1;
  }

  /** A message about one delivery arrives, perhaps too early or too late; its attempt is reported 0 to 2 times. */
  async #attempt(at: number, result: string, reports: number): Promise<void> {
    const [first] = this.#firstAttempts.splice(at % Math.max(1, this.#firstAttempts.length), 1);
    if (first && at % 2 === 0) return await this.#report(first, 1, result, reports);
    const row = this.#oneOf<Row>("SELECT * FROM deliveries WHERE destination IN ('crm', 'erp')", at);
    if (!row) return;
    if (row.due !== null) vi.setSystemTime(Math.max(Date.now(), Math.ceil(row.due)));
    const reference = this.#reference(row);
    const [leased] = await this.#inbox.lease([reference]);
    if (leased?.kind !== "deliver") return;
    await this.#report(reference, leased.attempt, result, reports);
  }

  async #report(reference: Reference, number: number, result: string, reports: number): Promise<void> {
    const outcome: Outcome =
      result === "failed"
        ? { kind: "failed", retryAfterSeconds: null }
        : { kind: result === "gone" ? "gone" : "delivered" };
    const report = { reference, attempt: attempt(number), outcome };
    for (let i = 0; i < reports; i += 1) await this.#inbox.settle([report]);
  }

  async #decide(at: number, decision: string, arrival: Arrival): Promise<void> {
    const row = this.#oneOf<Row>(
      "SELECT * FROM deliveries WHERE destination = '@verifier' AND state = 'pending'",
      at,
    );
    if (!row) return;
    if (row.due !== null) vi.setSystemTime(Math.max(Date.now(), Math.ceil(row.due)));
    const reference = this.#reference(row);
    const [leased] = await this.#inbox.lease([reference]);
    if (leased?.kind !== "verify") return;
    const decided = await this.#decision({ decision, arrival });
    await this.#inbox.settleVerification(reference, attempt(leased.attempt), decided);
  }

  async #decision({ decision, arrival }: { decision: string; arrival: Arrival }): Promise<Decision> {
    switch (decision) {
      case "accepted":
        await this.#accept(arrival);
        // It was counted when it was set aside.
        this.answered -= 1;
        return { kind: "accepted", eventId: "evt_became", outcome: "accepted" };
      case "refused":
        return { kind: "refused", reason: "token_invalid" };
      case "quarantined":
        return { kind: "quarantined", reason: "bad_amount" };
      default:
        return { kind: "undecided", reason: "verifier_unreadable" };
    }
  }

  #reference(row: Row): Reference {
    const { payment_id: payment, n, destination, event_id: event } = row;
    return { shard: this.#shard, payment, n, destination, event };
  }

  #oneOf<T extends Record<string, SqlStorageValue>>(query: string, at: number): T | undefined {
    const rows = this.#state.storage.sql.exec<T>(`${query} ORDER BY n`).toArray();
    return rows[at % Math.max(1, rows.length)];
  }

  async ledger(): Promise<Ledger> {
    return addUp([await this.#inbox.ledger()]);
  }

  /** The ledger as the rows have it, by statements of its own, and repeats that are in memory still. */
  async recount(): Promise<Pick<Ledger, "sources" | "destinations">> {
    const { sql } = this.#state.storage;
    const inMemory = (await this.#inbox.list({}, null, 10_000)).events;
    const sources: Record<string, Ledger["sources"][string]> = {};
    const rows = sql
      .exec<{ n: number; source: string; state: string }>("SELECT n, source, state FROM events")
      .toArray();
    for (const source of SOURCES) {
      const of = rows.filter((row) => row.source === source);
      const count = (state: string) => of.filter((row) => row.state === state).length;
      const repeats = inMemory
        .filter((event) => event.source === source)
        .reduce((sum, { duplicates }) => sum + duplicates, 0);
      const counts = {
        accepted: count("accepted"),
        duplicate: repeats + count("conflicting"),
        superseded: count("superseded"),
        deferred: count("deferred"),
        quarantined: count("quarantined"),
        refused: count("refused"),
      };
      sources[source] = { authentic: Object.values(counts).reduce((sum, n) => sum + n, 0), ...counts };
    }
    const destinations: Record<string, Ledger["destinations"][string]> = {};
    const paused = this.#inbox.destinations();
    for (const name of DESTINATIONS) {
      const inRows = (state: string) =>
        sql
          .exec<{ n: number }>(
            "SELECT COUNT(*) AS n FROM deliveries WHERE destination = ? AND state = ?",
            name,
            state,
          )
          .one().n;
      const direct = (type: "null" | "object") =>
        sql
          .exec<{ n: number }>(
            "SELECT COUNT(*) AS n FROM events, json_each(events.direct) AS d WHERE d.key = ? AND d.type = ?",
            name,
            type,
          )
          .one().n;
      const pending = inRows("pending") + direct("null");
      const isPaused = paused.some((row) => row.name === name && row.paused !== null);
      const counts = {
        delivered: inRows("delivered") + direct("object"),
        pending: isPaused ? 0 : pending,
        parked: isPaused ? pending : 0,
        dead: inRows("dead"),
        dismissed: inRows("dismissed"),
      };
      destinations[name] = { owed: Object.values(counts).reduce((sum, n) => sum + n, 0), ...counts };
    }
    return { sources, destinations };
  }
}

type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;
type Row = { payment_id: string; n: number; destination: string; event_id: string; due: number | null };

function attempt(number: number): Attempt {
  return { attempt: number, atMs: Date.now(), durationMs: 1, status: 200, error: null, answer: "" };
}

function settingAside({
  callback,
  why,
  source,
}: {
  callback: string;
  why: string;
  source: string;
}): SettingAside {
  const sha256 = `${source}-${callback}`;
  return {
    source,
    eventId: `evt_${sha256}`,
    callback: {
      method: "POST",
      kind: null,
      pathKey: null,
      query: "",
      contentType: null,
      body: "",
      receivedAtMs: Date.now(),
      sha256,
      verification: null,
    },
    why:
      why === "deferred"
        ? { state: "deferred", reason: "verifier_unreadable" }
        : { state: "quarantined", reason: "bad_amount" },
  };
}

/** Names that were never counted have counts of zero. */
function withoutNothing(
  ledger: Pick<Ledger, "sources" | "destinations">,
): Pick<Ledger, "sources" | "destinations"> {
  const some = <T extends object>(of: Readonly<Record<string, T>>) =>
    Object.fromEntries(
      Object.entries(of).filter(([, counts]) => Object.values(counts).some((count) => count !== 0)),
    );
  return { sources: some(ledger.sources), destinations: some(ledger.destinations) };
}

describe("the ledger", () => {
  it("equals the rows and the responses after every step of any history", { timeout: 120_000 }, async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 10, maxLength: 60 }), async (history) => {
        run += 1;
        vi.setSystemTime(NOW);
        // A storage of its own for each history.
        const shard = `8/${1_000 + run}`;
        await runInDurableObject(inboxOf(shard), async (_, state) => {
          const subject = new Subject(state, shard);
          for (const what of history) {
            await subject.happen(what);
            const ledger = await subject.ledger();
            expect(ledger.remainder).toEqual({});
            expect(withoutNothing(ledger)).toEqual(withoutNothing(await subject.recount()));
            const authentic = Object.values(ledger.sources).map((counts) => counts.authentic);
            expect(authentic.reduce((sum, count) => sum + count, 0)).toBe(subject.answered);
          }
        });
      }),
      { numRuns: 200 },
    );
  });
});
