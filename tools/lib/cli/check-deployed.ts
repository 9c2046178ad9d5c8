/** A relay that runs, as it says of itself to an operator: its problems, its bindings, and its clock beside ours. */
import { CliError, EXIT } from "./exit-codes.ts";
import { isLoopback, type RelayApi } from "./relay-api.ts";

export interface Health {
  readonly status: string;
  readonly environment?: string;
  readonly time?: string;
  readonly problems?: readonly { readonly path: string; readonly message: string }[];
  readonly bindings?: readonly {
    readonly name: string;
    readonly state: string;
    readonly error: string | null;
  }[];
}

export interface DeployedFindings {
  readonly url: string;
  readonly status: string;
  /** Seconds by which the relay's clock is ahead of ours; null: it did not say. */
  readonly clock_ahead_seconds: number | null;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/** A clock that is further off refuses genuine signatures, or soon will: 300 s are allowed in all. */
const CLOCK_PROBLEM_SECONDS = 60;
/** Less than that is the network, or nothing. */
const CLOCK_NOTE_SECONDS = 2;

/** @param nowMs the clock that the relay's is compared with */
export async function checkDeployed(api: RelayApi, nowMs: () => number): Promise<DeployedFindings> {
  const askedMs = nowMs();
  const health = await healthOf(api);
  const answeredMs = nowMs();
  const relayMs = Date.parse(health.time ?? "");
  // The answer was written some time between: half of the way back is the best guess.
  const aheadSeconds = Number.isNaN(relayMs)
    ? null
    : Math.round((relayMs - (askedMs + answeredMs) / 2) / 100) / 10;
  return {
    url: api.url.origin,
    status: health.status,
    clock_ahead_seconds: aheadSeconds,
    ...judge(health, aheadSeconds, isLoopback(api.url)),
  };
}

/** A relay that accepts nothing says so with 503, and with the reasons. */
async function healthOf(api: RelayApi): Promise<Health> {
  const health = await api.get<Health>("/healthz", {}, [503]);
  if (typeof health.status !== "string") {
    throw new CliError(EXIT.unreachable, `${api.url.origin}/healthz is no answer of a relay`);
  }
  return health;
}

/** Pure. */
export function judge(
  health: Health,
  aheadSeconds: number | null,
  isLocal: boolean,
): Pick<DeployedFindings, "problems" | "notes"> {
  const problems = (health.problems ?? []).map(({ path, message }) => `${path}: ${message}`);
  const notes: string[] = [];
  for (const { name, state, error } of health.bindings ?? []) {
    if (state === "failed") problems.push(`binding ${name} does not answer: ${error ?? "no reason given"}`);
    if (state === "missing") problems.push(`binding ${name} is missing`);
  }
  if (!health.bindings) notes.push("it is an older release: it does not say whether its bindings answer");
  if (health.environment === "development")
    (isLocal ? notes : problems).push("it runs a development configuration");
  if (aheadSeconds !== null && Math.abs(aheadSeconds) >= CLOCK_NOTE_SECONDS) {
    const off = `its clock is ${Math.abs(aheadSeconds)} s ${aheadSeconds > 0 ? "ahead of" : "behind"} this machine's`;
    if (Math.abs(aheadSeconds) >= CLOCK_PROBLEM_SECONDS) problems.push(`${off}: one of the two is wrong`);
    else notes.push(off);
  }
  return { problems, notes };
}
