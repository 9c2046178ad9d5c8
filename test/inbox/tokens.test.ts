/** Who may ask a token verifier, and who waits for whose answer. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Callers } from "../../src/inbox/callers.ts";
import { knownCallerKey, TokenQuestions } from "../../src/inbox/tokens.ts";
import {
  CALLER_MEMORY_ENTRIES,
  OPEN_QUESTIONS_PER_KNOWN_CALLER,
  TOKEN_ASKING_MS,
  USELESS_QUESTIONS_MS,
  USELESS_QUESTIONS_PER_CALLER,
  USELESS_QUESTIONS_PER_KNOWN_CALLER,
} from "../../src/limits.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2036-01-01T00:00:00.000Z") });
});

afterEach(() => {
  vi.useRealTimers();
});

const SHARDS = 1;
const held = new Map<string, { owner: string; fingerprint: string }>();
let questions: TokenQuestions;

beforeEach(() => {
  held.clear();
  questions = new TokenQuestions((key) => held.get(key) ?? null);
});

const consult = (tokenHash: string, caller = "stranger", again = false) =>
  questions.consult({ tokenHash, owner: "order", fingerprint: "bytes", caller, again }, SHARDS);
const answered = (tokenHash: string, kind: "valid" | "refused") => questions.answered(tokenHash, { kind });
const noAnswer = (tokenHash: string) =>
  questions.answered(tokenHash, { kind: "undecided", reason: "verifier_timeout" });
const ask = { kind: "ask", isKnown: false };
const over = { kind: "undecided", reason: "verifier_rate" };

let made = 0;

/** So many questions of this caller that come to nothing. */
async function useless(count: number, caller = "stranger"): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const token = `useless ${(made += 1)}`;
    expect(await consult(token, caller)).toMatchObject({ kind: "ask" });
    answered(token, "refused");
  }
}

describe("a caller nobody knows", () => {
  it("is asked for no more when its questions came to nothing, and for a minute", async () => {
    await useless(USELESS_QUESTIONS_PER_CALLER);
    expect(await consult("next")).toEqual(over);
    vi.setSystemTime(Date.now() + USELESS_QUESTIONS_MS);
    expect(await consult("next")).toEqual(ask);
  });

  it("pays for questions without an answer as well", async () => {
    for (let i = 0; i < USELESS_QUESTIONS_PER_CALLER; i += 1) {
      await consult(`t${i}`);
      noAnswer(`t${i}`);
    }
    expect(await consult("next")).toEqual(over);
  });

  it("does not pay for what was not asked for want of the account's budget", async () => {
    for (let i = 0; i <= USELESS_QUESTIONS_PER_CALLER; i += 1) {
      expect(await consult(`t${i}`)).toEqual(ask);
      questions.answered(`t${i}`, { kind: "undecided", reason: "verifier_rate" });
    }
  });

  it("has its further callbacks wait for its first answers, and all go on once one is valid", async () => {
    for (let i = 0; i < USELESS_QUESTIONS_PER_CALLER; i += 1) expect(await consult(`t${i}`)).toEqual(ask);
    const waiting = [consult("a"), consult("b"), consult("c")];
    answered("t0", "valid");
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ kind: "ask", isKnown: true })));
  });

  it("whose first answers are no has those that waited put off", async () => {
    for (let i = 0; i < USELESS_QUESTIONS_PER_CALLER; i += 1) await consult(`t${i}`);
    const waiting = [consult("a"), consult("b")];
    for (let i = 0; i < USELESS_QUESTIONS_PER_CALLER; i += 1) answered(`t${i}`, "refused");
    expect(await Promise.all(waiting)).toEqual([over, over]);
  });

  it("takes nothing from another one", async () => {
    await useless(USELESS_QUESTIONS_PER_CALLER);
    expect(await consult("next", "another")).toEqual(ask);
  });

  it("does not pay for its deferred callbacks, which have a budget of their own", async () => {
    await useless(USELESS_QUESTIONS_PER_CALLER);
    expect(await consult("deferred", "stranger", true)).toEqual(ask);
    answered("deferred", "refused");
  });
});

describe("a known caller", () => {
  it("is known by the store, when memory has forgotten it", async () => {
    held.set(knownCallerKey("provider"), { owner: "", fingerprint: "" });
    expect(await consult("t", "provider")).toEqual({ kind: "ask", isKnown: true });
  });

  it("pays for what was refused, more generously, until a token is valid again", async () => {
    held.set(knownCallerKey("provider"), { owner: "", fingerprint: "" });
    await useless(USELESS_QUESTIONS_PER_KNOWN_CALLER - 1, "provider");
    await consult("good", "provider");
    answered("good", "valid");
    await useless(USELESS_QUESTIONS_PER_KNOWN_CALLER, "provider");
    expect(await consult("next", "provider")).toEqual(over);
  });

  it("does not pay for a verifier that is down, and has so many questions open at most", async () => {
    held.set(knownCallerKey("provider"), { owner: "", fingerprint: "" });
    for (let i = 0; i < OPEN_QUESTIONS_PER_KNOWN_CALLER; i += 1) await consult(`t${i}`, "provider");
    expect(await consult("next", "provider")).toEqual(over);
    for (let i = 0; i < OPEN_QUESTIONS_PER_KNOWN_CALLER; i += 1) noAnswer(`t${i}`);
    expect(await consult("next", "provider")).toEqual({ kind: "ask", isKnown: true });
  });

  it("is what a deferred callback makes of its caller too", async () => {
    await consult("deferred", "provider", true);
    answered("deferred", "valid");
    expect(await consult("next", "provider")).toEqual({ kind: "ask", isKnown: true });
  });
});

describe("copies of a token", () => {
  it("get what the one that asks got", async () => {
    expect(await consult("t")).toEqual(ask);
    const copies = [consult("t", "another"), consult("t"), consult("t", "another", true)];
    noAnswer("t");
    const expected = { kind: "undecided", reason: "verifier_timeout" };
    expect(await Promise.all(copies)).toEqual([expected, expected, expected]);
    expect(await consult("t")).toEqual(ask);
  });

  it("of one that was refused are refused", async () => {
    await consult("t");
    const copy = consult("t", "another");
    answered("t", "refused");
    expect(await copy).toEqual({ kind: "refused" });
  });

  it("of one that was valid find its reservation", async () => {
    await consult("t");
    const copy = consult("t", "another");
    held.set("t", { owner: "order", fingerprint: "bytes" });
    answered("t", "valid");
    expect(await copy).toEqual({ kind: "reserved", owner: "order", fingerprint: "bytes" });
  });

  it("ask anew when whoever asked is gone, which has paid for it", async () => {
    for (let i = 0; i < USELESS_QUESTIONS_PER_CALLER; i += 1) await consult(`t${i}`);
    vi.setSystemTime(Date.now() + TOKEN_ASKING_MS);
    expect(await consult("t0", "another")).toEqual(ask);
    expect(await consult("next")).toEqual(over);
  });
});

it("callers are forgotten, the oldest first, when there are too many", () => {
  const asked: string[] = [];
  const callers = new Callers((key) => {
    asked.push(key);
    return false;
  });
  callers.of("first");
  callers.of("second");
  callers.of("first");
  for (let i = 0; i < CALLER_MEMORY_ENTRIES - 1; i += 1) callers.of(`c${i}`);
  asked.length = 0;
  callers.of("first");
  callers.of("second");
  expect(asked).toEqual(["second"]);
});
