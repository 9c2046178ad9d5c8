/**
 * The queue's consumer: claim → deliver → settle → ack or retry, a batch at a time.
 *
 * It decides no policy: the Inbox says what to do with a reference and when to come again. A receiver
 * that refuses and a relay that breaks are different things: the first is settled and scheduled, the
 * second changes nothing and is retried by the queue.
 */
import type { RelayConfig } from "../config/schema.ts";
import type { Env } from "../env.ts";
import type { Claimed, Decision, Reference, Result, Settled, StoredCallback } from "../inbox/protocol.ts";
import { MAX_OPEN_CONNECTIONS, QUEUE_MAX_DELAY_SECONDS } from "../limits.ts";
import { fault, log } from "../log.ts";
import { deliver, type Delivery } from "./deliver.ts";

type Message = Pick<globalThis.Message<Reference>, "body" | "ack" | "retry">;

/** What the consumer needs of the rest of the Worker. */
export interface ConsumerNeeds {
  readonly env: Env;
  readonly config: RelayConfig;
  /** Runs a deferred callback through its adapter again, and through acceptance if it is good. */
  decide(source: string, callback: StoredCallback): Promise<Decision>;
}

/** How long the queue waits after we ourselves failed. */
const OUR_FAILURE_RETRY_SECONDS = 10;

export async function consume(messages: readonly Message[], needs: ConsumerNeeds): Promise<void> {
  const byShard = Map.groupBy(messages, (message) => message.body.shard);
  await Promise.all([...byShard].map(([shard, group]) => consumeShard(shard, group, needs)));
}

async function consumeShard(
  shard: string,
  messages: readonly Message[],
  needs: ConsumerNeeds,
): Promise<void> {
  const inbox = needs.env.INBOX.getByName(shard);
  let claims: Claimed[];
  try {
    claims = await inbox.claim(messages.map((message) => message.body));
  } catch (error) {
    fault("consumer.claim", error, { shard, messages: messages.length });
    for (const message of messages) message.retry({ delaySeconds: OUR_FAILURE_RETRY_SECONDS });
    return;
  }
  const settling = new SettleTogether(async (results) => await inbox.settle(results));
  await eachWithLimit(messages, MAX_OPEN_CONNECTIONS, async (message, index) => {
    try {
      await answer(message, claims[index] ?? { kind: "held" }, needs, settling);
    } catch (error) {
      // Ours, not the receiver's: nothing is recorded, the attempt does not count.
      fault("consumer.attempt", error, {
        shard,
        event: message.body.event,
        destination: message.body.destination,
      });
      message.retry({ delaySeconds: OUR_FAILURE_RETRY_SECONDS });
    }
  });
}

async function answer(
  message: Message,
  claim: Claimed,
  needs: ConsumerNeeds,
  settling: SettleTogether,
): Promise<void> {
  switch (claim.kind) {
    case "done":
    case "held":
      return message.ack();
    case "wait":
      return message.retry({ delaySeconds: queueDelay(claim.seconds) });
    case "deliver":
      return finish(message, await attemptDelivery(message.body, claim, needs, settling));
    case "verify":
      return finish(message, await attemptVerification(message.body, claim, needs));
  }
}

function finish(message: Message, settled: Settled): void {
  if (settled.next === "done") message.ack();
  else message.retry({ delaySeconds: queueDelay(settled.seconds) });
}

/** Whole seconds, never early, and no more than the queue can hold back: the claim says how much is left. */
function queueDelay(seconds: number): number {
  return Math.min(Math.ceil(seconds), QUEUE_MAX_DELAY_SECONDS);
}

async function attemptDelivery(
  reference: Reference,
  claim: Delivery,
  needs: ConsumerNeeds,
  settling: SettleTogether,
): Promise<Settled> {
  const destination = needs.config.destinations.get(reference.destination);
  // Removed between claim and now: the next claim parks it.
  if (!destination) return { next: "retry", seconds: OUR_FAILURE_RETRY_SECONDS };
  // Its place in the destination's rate; never far away, or the claim would have been held.
  if (claim.notBeforeMs > Date.now()) await scheduler.wait(claim.notBeforeMs - Date.now());
  const { attempt, outcome } = await deliver(reference.event, claim, destination);
  const settled = await settling.settle({ reference, attempt, outcome });
  log("delivery", {
    event: reference.event,
    destination: reference.destination,
    attempt: attempt.attempt,
    outcome: outcome.kind,
    status: attempt.status,
    error: attempt.error,
    durationMs: attempt.durationMs,
    replay: claim.replay,
    retryInSeconds: settled.next === "retry" ? Math.ceil(settled.seconds) : null,
  });
  return settled;
}

async function attemptVerification(
  reference: Reference,
  claim: Extract<Claimed, { kind: "verify" }>,
  needs: ConsumerNeeds,
): Promise<Settled> {
  const atMs = Date.now();
  const decision = await needs.decide(claim.source, claim.callback);
  const error = decision.kind === "undecided" ? decision.reason : null;
  const attempt = {
    attempt: claim.attempt,
    atMs,
    durationMs: Date.now() - atMs,
    status: null,
    error,
    answer: null,
  };
  const inbox = needs.env.INBOX.getByName(reference.shard);
  const settled = await inbox.settleVerification(reference, attempt, decision);
  log("verification", {
    callback: reference.event,
    source: claim.source,
    attempt: claim.attempt,
    decision: decision.kind,
    retryInSeconds: settled.next === "retry" ? settled.seconds : null,
  });
  return settled;
}

/**
 * Settles results together while one call is under way: a batch costs a handful of calls, and a
 * receiver that hangs does not hold up what the others have already answered.
 */
class SettleTogether {
  readonly #send: (results: readonly Result[]) => Promise<Settled[]>;
  #waiting: { result: Result; resolve: (settled: Settled) => void; reject: (error: unknown) => void }[] = [];
  #running = false;

  constructor(send: (results: readonly Result[]) => Promise<Settled[]>) {
    this.#send = send;
  }

  settle(result: Result): Promise<Settled> {
    const settled = Promise.withResolvers<Settled>();
    this.#waiting.push({ result, resolve: settled.resolve, reject: settled.reject });
    if (!this.#running) void this.#run();
    return settled.promise;
  }

  /** Never rejects: a failure goes to those who wait for it. */
  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0);
      try {
        const answers = await this.#send(group.map(({ result }) => result));
        for (const [index, { resolve }] of group.entries()) resolve(answers[index] ?? { next: "done" });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = false;
  }
}

/** Runs `work` over all items, at most `limit` at a time. */
async function eachWithLimit<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries();
  const worker = async () => {
    for (const [index, item] of entries) await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
