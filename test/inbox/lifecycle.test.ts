/** Folding: the written table over every pair of states, then any order in which a payment's events can come. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { paymentEvent, STATUS_RANK, STATUSES, type PaymentEvent, type Status } from "../../src/event.ts";
import { alertOf, fold, UNKNOWN_PAYMENT, type PaymentState } from "../../src/inbox/lifecycle.ts";
import { faultsOfEvent } from "../support/contract.ts";
import { normalisedEvent, type Stated } from "../support/events.ts";

const known = (status: Status | null, more: Partial<PaymentState> = {}): PaymentState => ({
  status,
  sequence: status === null ? 0 : 7,
  refunded: null,
  confirmed: status !== null && STATUS_RANK[status] >= STATUS_RANK.confirmed,
  ...more,
});

/**
 * Row: the payment's state; column: what is stated.
 * F forwarded, L forwarded as late, V forwarded as reversed, S same state, R regress, A regress with an alert.
 */
const TABLE: Readonly<Record<Status, string>> = {
  //                  cr pe ac co fa ex ca pr re rv di
  created: /*        */ "S  F  F  F  F  F  F  F  F  F  F",
  pending: /*        */ "R  S  F  F  F  F  F  F  F  F  F",
  action_required: /**/ "R  F  S  F  F  F  F  F  F  F  F",
  failed: /*         */ "R  R  R  L  S  F  F  F  F  F  F",
  expired: /*        */ "R  R  R  L  F  S  F  F  F  F  F",
  canceled: /*       */ "R  R  R  L  F  F  S  F  F  F  F",
  confirmed: /*      */ "R  R  R  S  V  V  V  F  F  F  F",
  partially_refunded: "R  R  R  R  V  V  V  S  F  F  F",
  disputed: /*       */ "R  R  R  R  V  V  V  F  F  F  S",
  refunded: /*       */ "R  R  R  A  R  R  R  R  S  F  R",
  reversed: /*       */ "R  R  R  A  R  R  R  R  F  S  R",
};
const COLUMNS = [
  "created",
  "pending",
  "action_required",
  "confirmed",
  "failed",
  "expired",
  "canceled",
  "partially_refunded",
  "refunded",
  "reversed",
  "disputed",
] as const;

const pairs = STATUSES.flatMap((current) =>
  TABLE[current].split(/\s+/).map((cell, column) => {
    const stated = COLUMNS[column];
    if (!stated) throw new Error("the table is wider than its columns");
    return { current, stated, cell };
  }),
);

/** The letter of what became of it. */
function letterOf(current: Status, stated: Status): string {
  const folded = fold(known(current), normalisedEvent({ status: stated }));
  if (folded.outcome === "superseded") {
    if (folded.reason === "same_state") return "S";
    return folded.alert === "confirmed_after_reversed" ? "A" : "R";
  }
  const { data } = folded.event;
  if (data.warnings.includes("late")) return "L";
  return data.status === "reversed" && stated !== "reversed" ? "V" : "F";
}

describe("the table", () => {
  it("names every pair once", () => {
    expect(pairs).toHaveLength(STATUSES.length ** 2);
  });

  it.each(pairs)("$current, then $stated: $cell", ({ current, stated, cell }) => {
    expect(letterOf(current, stated)).toBe(cell);
  });

  it.each(STATUSES)("the first status of a payment is %s: forwarded as it is", (status) => {
    const folded = fold(UNKNOWN_PAYMENT, normalisedEvent({ status }));
    expect(folded).toMatchObject({
      outcome: "forward",
      event: {
        type: `payment.${status}`,
        data: { status, previous_status: null, sequence: 1, warnings: [] },
      },
      state: { status, sequence: 1 },
    });
  });
});

describe("single rules", () => {
  it("a reversal keeps the provider's own status", () => {
    const folded = fold(known("confirmed"), normalisedEvent({ status: "failed" }));
    expect(folded).toMatchObject({
      event: {
        type: "payment.reversed",
        data: { status: "reversed", previous_status: "confirmed", provider: { status: "failed" } },
      },
      state: { status: "reversed", sequence: 8 },
    });
  });

  it("payouts have types of their own, so that a CRM cannot take one for money in", () => {
    const out = normalisedEvent({ status: "confirmed" });
    const folded = fold(UNKNOWN_PAYMENT, { ...out, data: { ...out.data, direction: "out" } });
    expect(folded).toMatchObject({ event: { type: "payout.confirmed" } });
  });

  it.each([
    ["5.00", "5.01", "forward"],
    ["5.00", "5", "superseded"],
    ["5.00", "4.99", "superseded"],
    ["9", "10", "forward"],
    [null, "0.01", "forward"],
  ])("refunded %s so far, now %s: %s", (before, now, outcome) => {
    const folded = fold(
      known("partially_refunded", { refunded: before }),
      normalisedEvent({ status: "partially_refunded", refunded: now }),
    );
    expect(folded.outcome).toBe(outcome);
    if (folded.outcome === "forward") expect(folded.state.refunded).toBe(now);
  });

  it("refunds that are stated each by itself are all forwarded, whatever they give back", () => {
    let payment = known("confirmed");
    for (const refund of ["5.00", "5.00", "1.00"]) {
      const folded = fold(payment, normalisedEvent({ status: "partially_refunded", refund }));
      expect(folded).toMatchObject({
        outcome: "forward",
        event: { type: "payment.partially_refunded", data: { amount_of_refund: { value: refund } } },
      });
      if (folded.outcome === "forward") payment = folded.state;
    }
    expect(payment.refunded).toBeNull();
  });

  it("a refund without any amount is not told apart from the one before", () => {
    const again = fold(known("partially_refunded"), normalisedEvent({ status: "partially_refunded" }));
    expect(again).toMatchObject({ outcome: "superseded", reason: "same_state" });
  });

  it("a dispute in between does not make an old refund new", () => {
    const disputed = known("disputed", { refunded: "5.00" });
    const again = (refunded: string) =>
      fold(disputed, normalisedEvent({ status: "partially_refunded", refunded }));
    expect(again("5.00")).toMatchObject({ outcome: "superseded", reason: "same_state" });
    expect(again("5.01")).toMatchObject({ outcome: "forward" });
  });

  it("updates and the provider's own events are always forwarded and change no state", () => {
    for (const status of [null, ...STATUSES]) {
      const payment = known(status);
      const updated = fold(payment, normalisedEvent({ kind: "updated", status: null }));
      const word = fold(payment, normalisedEvent({ kind: "provider", status: null }));
      expect(updated).toMatchObject({
        event: { type: "payment.updated", data: { status } },
        state: { status },
      });
      expect(word).toMatchObject({
        event: { type: "provider.event", data: { status: null } },
        state: { status },
      });
    }
  });

  it.each(["partially_refunded", "disputed"] as const)(
    "the first confirmation is forwarded although %s overtook it, which stays the state",
    (status) => {
      const payment = known(status, { confirmed: false });
      const folded = fold(payment, normalisedEvent({ status: "confirmed" }));
      expect(folded).toMatchObject({
        outcome: "forward",
        event: {
          type: "payment.confirmed",
          data: { status: "confirmed", previous_status: status, warnings: ["late"] },
        },
        state: { status, confirmed: true },
      });
      if (folded.outcome !== "forward") return;
      expect(fold(folded.state, normalisedEvent({ status: "confirmed" }))).toMatchObject({
        outcome: "superseded",
        reason: "regress",
      });
    },
  );

  it.each(["created", "pending", "action_required"] as const)(
    "a confirmation after %s is not late: nothing had said that it would not come",
    (status) => {
      const folded = fold(known(status), normalisedEvent({ status: "confirmed" }));
      expect(folded).toMatchObject({ event: { data: { status: "confirmed", warnings: [] } } });
    },
  );

  it.each(["refunded", "reversed"] as const)(
    "the first confirmation of a payment already %s is kept for a person",
    (status) => {
      const payment = known(status, { confirmed: false });
      expect(fold(payment, normalisedEvent({ status: "confirmed" }))).toEqual({
        outcome: "superseded",
        reason: "regress",
        alert: "confirmed_after_reversed",
      });
    },
  );

  it("a failure stated anew of money that has arrived is left to a person", () => {
    expect(alertOf("confirmed", "failed")).toBe("failed_after_confirmed");
    expect(alertOf("disputed", "expired")).toBe("failed_after_confirmed");
    expect(alertOf("reversed", "failed")).toBeNull();
    expect(alertOf("pending", "failed")).toBeNull();
  });

  it("a confirmation after a reversal is left to a person, however it comes", () => {
    expect(alertOf("reversed", "confirmed")).toBe("confirmed_after_reversed");
    expect(alertOf("refunded", "confirmed")).toBe("confirmed_after_reversed");
    expect(alertOf("confirmed", "confirmed")).toBeNull();
    expect(alertOf(null, "confirmed")).toBeNull();
  });

  it("folds without changing what it was given", () => {
    const payment = Object.freeze(known("confirmed"));
    const given = normalisedEvent({ status: "failed" });
    const before = JSON.stringify(given);
    fold(payment, given);
    expect(JSON.stringify(given)).toBe(before);
  });
});

/** Folds in this order; what was forwarded and where it ended. */
function run(statements: readonly Stated[]): {
  events: PaymentEvent[];
  /** Before each event. */
  before: PaymentState[];
  state: PaymentState;
} {
  let state = UNKNOWN_PAYMENT;
  const events: PaymentEvent[] = [];
  const before: PaymentState[] = [];
  for (const statement of statements) {
    const folded = fold(state, normalisedEvent(statement));
    if (folded.outcome === "superseded") continue;
    before.push(state);
    events.push(folded.event);
    ({ state } = folded);
  }
  return { events, before, state };
}

const statement = fc
  .record({
    status: fc.constantFrom(...STATUSES),
    refunded: fc.option(fc.integer({ min: 1, max: 99 }).map(String)),
  })
  .map(({ status, refunded }): Stated => ({ status, ...(refunded === null ? {} : { refunded }) }));

/** Histories without the one pair whose order matters: failed, and confirmed. */
const HISTORIES: readonly (readonly Status[])[] = [
  ["created", "pending", "confirmed"],
  ["created", "pending", "failed"],
  ["created", "action_required", "expired"],
  ["created", "pending", "confirmed", "partially_refunded", "refunded"],
  ["created", "pending", "confirmed", "disputed", "reversed"],
  ["pending", "confirmed", "confirmed", "confirmed"],
];

describe("from a payment nobody has heard of", () => {
  // Whether a payment was ever confirmed is remembered from event to event: it must not be so from the beginning.
  it.each<readonly Status[]>([
    ["partially_refunded", "confirmed"],
    ["disputed", "confirmed"],
    ["pending", "partially_refunded", "confirmed"],
    ["failed", "disputed", "confirmed"],
  ])("%s, %s, %s …: the confirmation that comes last is forwarded", (...history) => {
    const { events, state } = run(history.map((status) => ({ status })));
    expect(events.at(-1)).toMatchObject({ type: "payment.confirmed", data: { sequence: history.length } });
    expect(state).toMatchObject({ status: history.at(-2), confirmed: true });
  });

  it.each(["updated", "provider"] as const)("%s alone confirms nothing", (kind) => {
    const { state } = run([{ kind, status: null }]);
    expect(state).toEqual({ ...UNKNOWN_PAYMENT, sequence: 1 });
    expect(state.confirmed).toBe(false);
  });
});

describe("any order", () => {
  it.each(HISTORIES)("%s, %s, %s … ends in the same state however it comes", (...history) => {
    const end = run(history.map((status) => ({ status }))).state.status;
    fc.assert(
      fc.property(fc.shuffledSubarray(history, { minLength: history.length }), (order) => {
        expect(run(order.map((status) => ({ status }))).state.status).toBe(end);
      }),
    );
  });

  it("sequences are 1, 2, 3 … over what is forwarded, each event names the state before it", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 30 }), (statements) => {
        const { events, before, state } = run(statements);
        expect(events.map(({ data }) => data.sequence)).toEqual(events.map((_, index) => index + 1));
        expect(state.sequence).toBe(events.length);
        expect(events.map(({ data }) => data.previous_status)).toEqual(before.map(({ status }) => status));
      }),
    );
  });

  it("the rank of a payment's state never falls", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 30 }), (statements) => {
        const { before, state } = run(statements);
        const ranks = [...before, state].map(({ status }) => STATUS_RANK[status ?? "created"]);
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      }),
    );
  });

  it("a payment that was ever confirmed, and not wholly taken back before, is forwarded as confirmed once", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 30 }), (statements) => {
        const { events } = run(statements);
        const confirmations = events.filter(({ type }) => type === "payment.confirmed");
        const firstConfirmed = statements.findIndex(({ status }) => status === "confirmed");
        const before = statements.slice(0, Math.max(firstConfirmed, 0));
        const takenBack = ["refunded", "reversed"].includes(run(before).state.status ?? "");
        expect(confirmations).toHaveLength(firstConfirmed >= 0 && !takenBack ? 1 : 0);
      }),
    );
  });

  it("what is forwarded is a valid event, and is never the same state twice but for a growing refund", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 30 }), (statements) => {
        for (const event of run(statements).events) {
          paymentEvent.parse(event);
          expect(faultsOfEvent(event)).toEqual([]);
          const { status, previous_status } = event.data;
          if (status === previous_status) expect(status).toBe("partially_refunded");
        }
      }),
    );
  });
});
