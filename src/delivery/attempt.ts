/**
 * One attempt of a leased delivery, from its place in the destination's rate to its settlement. The Worker
 * that accepted the event uses it for the first attempt, the queue's consumer for all others.
 */
import type { RelayConfig } from "../config/schema.ts";
import type { Leased, Reference, Result, Settled } from "../inbox/protocol.ts";
import { OUR_FAILURE_RETRY_SECONDS } from "../limits.ts";
import { log } from "../log.ts";
import type { EmailBindings } from "./alert-email.ts";
import { deliver } from "./deliver.ts";

export interface AttemptNeeds {
  readonly config: RelayConfig;
  /** What alerts are sent by as e-mails; left out where only events are sent. */
  readonly env?: EmailBindings;
  /** Notes the result in the shard; rejects when that failed. */
  settle(shard: string, result: Result): Promise<Settled>;
}

export type Attempted =
  | Settled
  /** Nothing was sent and nothing is recorded: every key of the destination has expired. */
  | { readonly next: "unsigned" };

/** Rejects for our own failures only, and for those nothing is recorded against the receiver. */
export async function attempt(
  reference: Reference,
  delivery: Extract<Leased, { kind: "deliver" }>,
  { config, env, settle }: AttemptNeeds,
): Promise<Attempted> {
  const destination = config.destinations.get(reference.destination);
  // Removed between lease and now: the next lease holds it back.
  if (!destination) return { next: "retry", seconds: OUR_FAILURE_RETRY_SECONDS };
  // Its place in the destination's rate; never far away, or there would have been no lease.
  if (delivery.notBeforeMs > Date.now()) await scheduler.wait(delivery.notBeforeMs - Date.now());

  const delivered = await deliver(reference.event, delivery, destination, env);
  if (delivered.kind === "unsigned") return { next: "unsigned" };
  const { attempt, outcome } = delivered;
  const line = {
    event: reference.event,
    destination: reference.destination,
    attempt: attempt.attempt,
    outcome: outcome.kind,
    status: attempt.status,
    error: attempt.error,
    durationMs: attempt.durationMs,
    replay: delivery.replay,
  };
  try {
    const settled = await settle(reference.shard, { reference, attempt, outcome });
    const retryInSeconds = settled.next === "retry" ? Math.ceil(settled.seconds) : null;
    if (config.log === "all" || outcome.kind !== "delivered") log("delivery", { ...line, retryInSeconds });
    return settled;
  } catch (error) {
    // It was sent all the same, and will be again under the same id.
    log("delivery", { ...line, unsettled: true });
    throw error;
  }
}
