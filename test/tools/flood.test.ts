import { expect, it } from "vitest";
import {
  deliveryTimes,
  mostUseless,
  quantile,
  violations,
  type Outcome,
  type Sent,
} from "../../tools/lib/flood/judge.ts";

const accepted: Sent = { status: 200, outcome: "accepted", answeredMs: 5, deliveredMs: 9 };
const refused: Sent = { status: 401, outcome: null, answeredMs: 5, deliveredMs: null };
const held: Outcome = {
  calm: [accepted],
  control: [accepted],
  flooded: [accepted],
  newcomer: [accepted],
  strangers: [refused, { ...refused, status: 429 }, { ...refused, status: 200, outcome: "deferred" }],
  askedInvented: 3,
  askedGenuine: 2,
  addresses: 20,
  shards: 8,
  seconds: 30,
  againPerMinute: 300,
};
const kinds = (outcome: Partial<Outcome>) =>
  violations({ ...held, ...outcome }).map((line) => line.split(":")[0]);

it("a flood that held has no violation", () => {
  expect(violations(held)).toEqual([]);
});

it("a genuine callback that was not decided at once, refused or not delivered is one", () => {
  expect(kinds({ flooded: [{ ...accepted, outcome: "deferred" }] })).toEqual(["genuine"]);
  expect(kinds({ newcomer: [{ ...accepted, status: 503, outcome: null }] })).toEqual(["genuine"]);
  expect(kinds({ flooded: [{ ...accepted, deliveredMs: null }] })).toEqual(["genuine"]);
});

it("an invented token that was accepted or broke the relay is one, and so are too many questions", () => {
  expect(kinds({ strangers: [accepted] })).toEqual(["invented"]);
  expect(kinds({ strangers: [{ ...refused, status: 503 }] })).toEqual(["invented"]);
  expect(kinds({ strangers: [{ ...refused, status: 0 }] })).toEqual(["invented"]);
  expect(kinds({ askedInvented: mostUseless(held) })).toEqual([]);
  expect(kinds({ askedInvented: mostUseless(held) + 1 })).toEqual(["questions"]);
});

it("times are of what was delivered, and quantiles of nothing are 0", () => {
  expect(deliveryTimes([accepted, refused])).toEqual([9]);
  expect([quantile([3, 1, 2], 0.5), quantile([1, 2], 1), quantile([], 0.5)]).toEqual([2, 2, 0]);
});
