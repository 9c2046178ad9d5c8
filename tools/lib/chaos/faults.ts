/** What goes wrong in a run of chaos: kills, a CRM that fails, a verifier that is down. */
import { setTimeout as delay } from "node:timers/promises";
import { type Crm, FAILURES } from "../crm-server.ts";
import type { Verifier } from "../verifier-server.ts";
import type { Ending, FirstAttempts } from "./first-attempts.ts";
import type { Host } from "./host.ts";
import { DESTINATION, type Operator } from "./operator.ts";
import type { Psp } from "./psp.ts";
import type { Random } from "./random.ts";

const KILL_WITHIN_MS = 800;
/** The share of kills after which the relay is killed again while it starts. */
const KILL_AT_START_SHARE = 0.2;
const KILL_AT_START_WITHIN_MS = 1_500;
const POLL_MS = 20;

export interface Killing {
  /** No more kills. */
  readonly over: AbortSignal;
  readonly kills: number;
  readonly callbacks: number;
  readonly draws: Random;
  /** Waits for the moment of the next kill, and kills. */
  readonly strike: (host: Host) => Promise<void>;
  readonly say: (line: string) => void;
}

/** Kills spread evenly over the load. */
export async function killNowAndThen(
  host: Host,
  psp: Psp,
  { over, kills, callbacks, draws, strike, say }: Killing,
): Promise<void> {
  while (host.kills.length < kills) {
    const after = (callbacks * (host.kills.length + 0.5)) / kills;
    while (psp.accepted < after && !over.aborted) await delay(POLL_MS);
    if (over.aborted) return;
    await strike(host);
    await host.spawn();
    while (host.kills.length < kills && draws.chance(KILL_AT_START_SHARE)) {
      await delay(draws.between(0, KILL_AT_START_WITHIN_MS));
      await host.kill();
      await host.spawn();
    }
    await host.ready();
    say(`kill ${host.kills.length}: ${psp.accepted} callbacks accepted`);
  }
}

/** At a moment at random. */
export async function strikeAnytime(host: Host, draws: Random): Promise<void> {
  await delay(draws.between(0, KILL_WITHIN_MS));
  await host.kill();
}

/** First attempts that were caught by kills, by how they stood. */
export type Caught = Record<Ending, number>;

const MOST_OPEN = 12;
/** A breaker that is open lets no first attempt through: then any moment is good. */
const CATCH_WITHIN_MS = 10_000;

/** While providers have a 2xx for events whose first attempts are not over. */
export async function strikeFirstAttempts(
  host: Host,
  first: FirstAttempts,
  psp: Psp,
  draws: Random,
  caught: Caught,
): Promise<void> {
  const ending = first.nextEnding();
  const wanted = draws.between(1, MOST_OPEN);
  const open = () => first.caught.filter((id) => psp.hasAnswer(id)).length;
  first.set(ending);
  for (const untilMs = Date.now() + CATCH_WITHIN_MS; open() < wanted && Date.now() < untilMs;) await delay(1);
  caught[ending] += open();
  await host.kill();
  first.set(null);
}

const RESUME_MS = 1_000;

/** Ends what failed first attempts have begun, so that there are more of them. */
export async function resumeNowAndThen(operator: Operator, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await operator.resume(DESTINATION);
    await delay(RESUME_MS);
  }
}

const FAILS_MS = { least: 200, most: 1_200 };
const WORKS_MS = { least: 300, most: 2_000 };

/** The CRM fails in one way after another; after each the relay's operator resumes the destination. */
export async function failInTurn(
  crm: Crm,
  operator: Operator,
  draws: Random,
  over: AbortSignal,
): Promise<void> {
  for (let round = 0; !over.aborted; round += 1) {
    crm.setFailure(FAILURES[round % FAILURES.length] ?? "500");
    await delay(draws.between(FAILS_MS.least, FAILS_MS.most));
    crm.setFailure(null);
    await operator.resume(DESTINATION);
    await delay(draws.between(WORKS_MS.least, WORKS_MS.most));
  }
}

const DOUBTS = ["503", "html", "timeout"] as const;

/** The token verifier is down rarely and briefly: what is deferred then is decided later. */
export async function doubt(verifier: Verifier, draws: Random, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await delay(draws.between(3_000, 8_000));
    verifier.setMode(draws.oneOf(DOUBTS));
    await delay(draws.between(100, 500));
    verifier.setMode("auto");
  }
}
