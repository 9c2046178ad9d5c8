/**
 * Questions about one-time tokens, in memory only, since a flood of forgeries must cost no storage: which
 * were refused within the last minute, and which are open, so that copies of one callback ask once.
 */
import { withDeadline } from "../deadline.ts";
import {
  MAX_WAITING_FOR_PLACE,
  QUESTION_PLACE_WAIT_MS,
  TOKEN_ASKING_MS,
  TOKEN_MEMORY_ENTRIES,
  TOKEN_REFUSED_MEMORY_MS,
} from "../limits.ts";
import type { TokenRecord } from "../providers/provider.ts";
import type { DeferredReason } from "../reasons.ts";
import { Callers, type Caller } from "./callers.ts";
import type { Consultation, TokenQuestion } from "./protocol.ts";

type Answer =
  | { readonly kind: "valid" | "refused" }
  | { readonly kind: "undecided"; readonly reason: DeferredReason };

interface OpenQuestion {
  readonly callerKey: string;
  /** null: a deferred callback, whose questions have a budget of their own. */
  readonly charged: Caller | null;
  /** Whoever asks has given up or is gone (epoch ms). */
  readonly untilMs: number;
  readonly answer: Promise<Answer>;
  readonly tell: (answer: Answer) => void;
}

const OVER_BUDGET: TokenRecord = { kind: "undecided", reason: "verifier_rate" };
/** Whoever asked has not said what came of it: asked again by the schedule of deferred callbacks. */
const NO_ANSWER: Answer = { kind: "undecided", reason: "verifier_timeout" };

/** What the object's store knows of a name. */
type Reservations = (key: string) => { readonly owner: string; readonly fingerprint: string } | null;

export class TokenQuestions {
  readonly callers: Callers;
  readonly #refused = new Expiring();
  readonly #open = new Map<string, OpenQuestion>();
  readonly #reservationOf: Reservations;

  constructor(reservationOf: Reservations) {
    this.#reservationOf = reservationOf;
    this.callers = new Callers((key) => reservationOf(knownCallerKey(key)) !== null);
  }

  /** What is known of a token, now or once the question about it that is open has its answer. */
  async consult(question: TokenQuestion, shards: number): Promise<Consultation> {
    const { tokenHash, owner, fingerprint } = question;
    const placeWait = patience();
    for (;;) {
      const nowMs = Date.now();
      this.#giveUpAbandoned(nowMs);
      if (this.#refused.has(tokenHash, nowMs)) return { kind: "refused" };
      const held = this.#reservationOf(tokenHash);
      if (held && (held.owner !== owner || held.fingerprint === fingerprint)) {
        return { kind: "reserved", ...held };
      }
      const open = this.#open.get(tokenHash);
      if (open) {
        const answer = await orElse(withDeadline(open.answer, TOKEN_ASKING_MS), NO_ANSWER);
        if (answer.kind === "undecided") return answer;
        continue;
      }
      const caller = this.callers.of(question.caller);
      if (question.again) return this.#ask(question, caller, null);
      const admission = caller.admissionAt(nowMs, shards);
      if (admission === "ask") return this.#ask(question, caller, caller);
      if (admission === "over" || caller.waiting >= MAX_WAITING_FOR_PLACE) return OVER_BUDGET;
      if (!(await this.#placeOf(caller, placeWait))) return OVER_BUDGET;
    }
  }

  /** Whose question about this token is open, if it is not known yet that its tokens can be valid. */
  unknownCallerOf(tokenHash: string): string | null {
    const open = this.#open.get(tokenHash);
    return open && !this.callers.of(open.callerKey).isKnown ? open.callerKey : null;
  }

  /** Whoever asked says what came of it. */
  answered(tokenHash: string, answer: Answer): void {
    const nowMs = Date.now();
    if (answer.kind === "refused") this.#refused.add(tokenHash, nowMs + TOKEN_REFUSED_MEMORY_MS);
    const open = this.#open.get(tokenHash);
    if (!open) return;
    this.#open.delete(tokenHash);
    const isUnasked = answer.kind === "undecided" && answer.reason === "verifier_rate";
    open.charged?.end(isUnasked ? "unasked" : answer.kind, nowMs);
    if (answer.kind === "valid") this.callers.of(open.callerKey).isKnown = true;
    open.tell(answer);
  }

  #ask(
    { tokenHash, caller: callerKey }: TokenQuestion,
    caller: Caller,
    charged: Caller | null,
  ): Consultation {
    const { promise: answer, resolve: tell } = Promise.withResolvers<Answer>();
    charged?.begin();
    this.#open.set(tokenHash, { callerKey, charged, untilMs: Date.now() + TOKEN_ASKING_MS, answer, tell });
    return { kind: "ask", isKnown: caller.isKnown };
  }

  async #placeOf(caller: Caller, placeWait: () => Promise<boolean>): Promise<boolean> {
    caller.waiting += 1;
    try {
      return await Promise.race([caller.change.then(() => true), placeWait()]);
    } finally {
      caller.waiting -= 1;
    }
  }

  /** In the order in which they began, so the first that is not over ends the search. */
  #giveUpAbandoned(nowMs: number): void {
    for (const [tokenHash, { untilMs }] of this.#open) {
      if (untilMs > nowMs) return;
      this.answered(tokenHash, NO_ANSWER);
    }
  }
}

/** The name under which a caller whose token was valid is remembered among the reservations. */
export function knownCallerKey(caller: string): string {
  return `caller|${caller}`;
}

/** One wait for however many turns of a loop; false when it is over. */
function patience(): () => Promise<boolean> {
  let over: Promise<boolean> | undefined;
  return () => (over ??= scheduler.wait(QUESTION_PLACE_WAIT_MS).then(() => false));
}

async function orElse<T>(promise: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await promise;
  } catch {
    return otherwise;
  }
}

/** Keys until an instant (epoch ms), the oldest forgotten first when there are too many. */
class Expiring {
  readonly #until = new Map<string, number>();

  has(key: string, nowMs: number): boolean {
    return (this.#until.get(key) ?? 0) > nowMs;
  }

  add(key: string, untilMs: number): void {
    this.#until.delete(key);
    this.#until.set(key, untilMs);
    if (this.#until.size <= TOKEN_MEMORY_ENTRIES) return;
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest);
      return;
    }
  }
}
