/** What a receiver wants, and when its refusals are worth a person's time. */
import { describe, expect, it } from "vitest";
import { countRefusal, isRefusal } from "../../../src/inbox/policy/refusals.ts";
import { wantsType } from "../../../src/inbox/policy/subscription.ts";
import { REFUSALS_BEFORE_ALERT } from "../../../src/limits.ts";

describe("a destination", () => {
  it.each([
    [null, "payment.confirmed", true],
    [[], "payment.confirmed", false],
    [["payment.confirmed"], "payment.confirmed", true],
    [["payment.confirmed"], "payment.confirmed.late", false],
    [["payment.confirmed"], "payment.failed", false],
    [["payment.failed", "payment.*"], "payment.confirmed", true],
    [["payment.*", "payment.failed"], "payout.confirmed", false],
    // The point counts, and the star stands at the end only.
    [["payment.*"], "payments.confirmed", false],
    [["payment.*"], "payment", false],
    [["*"], "payment.confirmed", false],
    [[".*payment"], "payment.confirmed", false],
  ])("that names %j wants %s: %s", (types, type, wanted) => {
    expect(wantsType(types, type)).toBe(wanted);
  });
});

describe("a response", () => {
  it.each([400, 401, 403, 404, 422, 499])("of %i is a refusal", (status) => {
    expect(isRefusal(status)).toBe(true);
  });

  it.each([null, 200, 302, 399, 408, 410, 425, 429, 500, 503])("of %s is none", (status) => {
    expect(isRefusal(status)).toBe(false);
  });
});

describe("refusals in a row", () => {
  it("are alerted once, when there are as many as it takes", () => {
    let inARow = 0;
    const alerts = Array.from({ length: REFUSALS_BEFORE_ALERT + 2 }, () => {
      const counted = countRefusal(inARow, 401);
      ({ inARow } = counted);
      return counted.alert;
    });
    expect(inARow).toBe(REFUSALS_BEFORE_ALERT + 2);
    expect(alerts.flatMap((alert, index) => (alert ? [index + 1] : []))).toEqual([REFUSALS_BEFORE_ALERT]);
  });

  it.each([200, 500, null])("are over with a %s", (status) => {
    expect(countRefusal(REFUSALS_BEFORE_ALERT - 1, status)).toEqual({ inARow: 0, alert: false });
  });
});
