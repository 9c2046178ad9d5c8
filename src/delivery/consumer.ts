/**
 * The queue's consumer: lease → deliver → settle → ack or retry, a batch at a time.
 *
 * It decides no policy: the Inbox says what to do with a reference and when to retry. A refusal by the
 * receiver is settled and scheduled; a failure of the relay records nothing and is retried by the queue.
 * It never throws: one bad message must not make the queue redeliver the whole batch.
 */
import type { AlertMessage } from "../alert.ts";
import { isOfAlerts } from "../config/reserved.ts";
import type { RelayConfig } from "../config/schema.ts";
import { InboxClient, type InboxBindings } from "../inbox/client.ts";
import type {
  Decision,
  Leased,
  LeasedAttempt,
  Reference,
  Result,
  Settled,
  StoredCallback,
} from "../inbox/protocol.ts";
import {
  BATCH_FOLLOWING_MS,
  LEASE_GRACE_MS,
  MAX_OPEN_CONNECTIONS,
  OUR_FAILURE_MAX_RETRY_SECONDS,
  OUR_FAILURE_RETRY_SECONDS,
  QUEUE_MAX_DELAY_SECONDS,
} from "../limits.ts";
import { raiseOnce } from "../inbox/raising.ts";
import { fault, log } from "../log.ts";
import type { EmailBindings } from "./alert-email.ts";
import { attempt } from "./attempt.ts";
import { FollowingAttempts } from "./following.ts";
import { readReference } from "./reference.ts";
import { settleTwice } from "./settle.ts";
import { Coalescer } from "../coalescer.ts";
import { runFairly } from "./fair-pool.ts";

type QueueMessage = Pick<Message, "id" | "body" | "attempts" | "ack" | "retry">;

/** What the consumer needs of the rest of the Worker. */
export interface ConsumerNeeds {
  readonly env: Pick<InboxBindings, "INBOX" | "ACTIVITY"> & EmailBindings;
  readonly config: RelayConfig;
  /** Runs a deferred callback through its adapter again, and through acceptance if it is good. */
  reprocess(source: string, callback: StoredCallback): Promise<Decision>;
}

export async function consume(messages: readonly QueueMessage[], needs: ConsumerNeeds): Promise<void> {
  const beganMs = Date.now();
  const readable: { readonly message: QueueMessage; readonly reference: Reference }[] = [];
  let begun = 0;
  // No message of this batch is to wait for what has none, and those of the next batch not for long.
  const mayFollow = () => begun === readable.length && Date.now() < beganMs + BATCH_FOLLOWING_MS;
  const batch = new Batch(needs, new FollowingAttempts(mayFollow));
  for (const message of messages) {
    const reference = readReference(message.body);
    if (reference) readable.push({ message, reference });
    else await batch.giveUp(message);
  }
  // One pool for all shards: beyond six connections the platform queues a request while its time-out runs.
  await runFairly(
    readable,
    ({ reference }) => reference.destination,
    MAX_OPEN_CONNECTIONS,
    async ({ message, reference }) => {
      begun += 1;
      await batch.process(message, reference);
    },
  );
}

/** Calls to one shard: several references at once. */
interface ShardCalls {
  readonly leases: Coalescer<Reference, Leased>;
  readonly settlements: Coalescer<Result, Settled>;
}

type Next = Settled | { readonly next: "held"; readonly leased?: never };

class Batch {
  readonly #needs: ConsumerNeeds;
  readonly #inbox: InboxClient;
  readonly #following: FollowingAttempts;
  readonly #shardCalls = new Map<string, ShardCalls>();
  /** Destinations already reported to have no live key: one alert a batch is enough. */
  readonly #keyless = new Set<string>();

  constructor(needs: ConsumerNeeds, following: FollowingAttempts) {
    this.#needs = needs;
    this.#following = following;
    this.#inbox = new InboxClient(needs.env, needs.config);
  }

  /** A retry would not make it readable; the sweep hands over again what it referred to. */
  async giveUp(message: QueueMessage): Promise<void> {
    await raiseOnce(this.#inbox, "queue_message", { message: message.id, attempts: message.attempts });
    message.ack();
  }

  /** Never rejects. */
  async process(message: QueueMessage, reference: Reference): Promise<void> {
    const leased = await this.#answer(message, reference);
    await this.#following.make(leased, async (next) => await this.#follow(next));
  }

  /** Acknowledges or retries the message, whatever happens; answers what its settlement leased. */
  async #answer(message: QueueMessage, reference: Reference): Promise<LeasedAttempt | undefined> {
    try {
      const next = await this.#advance(reference);
      if (next.next === "retry") message.retry({ delaySeconds: queueDelay(next.seconds) });
      else message.ack();
      return next.leased;
    } catch (error) {
      // Ours, not the receiver's: nothing is recorded, the attempt does not count.
      const { shard, event, destination } = reference;
      fault("consumer", error, { shard, event, destination, attempts: message.attempts });
      message.retry({ delaySeconds: this.#ourFailureDelay(message, destination) });
      return undefined;
    }
  }

  /** What fails here for a reason of ours has no message to retry: when its lease ends, the sweep takes it. */
  async #follow({ reference, delivery }: LeasedAttempt): Promise<LeasedAttempt | undefined> {
    try {
      return (await this.#deliver(reference, delivery, false)).leased;
    } catch (error) {
      const { shard, event, destination } = reference;
      fault("consumer", error, { shard, event, destination });
      return undefined;
    }
  }

  async #advance(reference: Reference): Promise<Next> {
    // Leased when there is a connection for it, not with the batch: a lease lasts as long as one attempt.
    const lease = await this.#callsOf(reference.shard).leases.ask(reference);
    switch (lease.kind) {
      case "done":
      case "held":
        return { next: "held" };
      case "wait":
        return { next: "retry", seconds: lease.seconds };
      case "deliver":
        return await this.#deliver(reference, lease, true);
      case "verify":
        return await this.#verify(reference, lease);
    }
  }

  async #deliver(reference: Reference, lease: LeasedAttempt["delivery"], hasMessage: boolean): Promise<Next> {
    if (isOfAlerts(reference.destination) && !(await this.#isToBeSaid(reference, lease.body)))
      return await this.#callsOf(reference.shard).settlements.ask(saidAlready(reference, lease.attempt));
    const attempted = await attempt(reference, lease, {
      config: this.#needs.config,
      env: this.#needs.env,
      settle: async (shard, made) => {
        const result = { ...made, hasMessage, nextWithinMs: this.#following.nextWithinMs() };
        return await this.#callsOf(shard).settlements.ask(result);
      },
    });
    return attempted.next === "unsigned" ? await this.#heldWithoutKey(reference) : attempted;
  }

  /** Shards do not know what others have said already; whoever cannot be asked holds nothing back. */
  async #isToBeSaid({ event, shard }: Reference, body: string): Promise<boolean> {
    const { about, merchant_reference: _, ...fields } = JSON.parse(body) as AlertMessage;
    try {
      const gate = this.#needs.env.ACTIVITY?.getByName("activity");
      return gate ? await gate.admitAlert(event, { about, fields, shard }) : true;
    } catch (error) {
      fault("admit_alert", error, { event });
      return true;
    }
  }

  /**
   * Nothing was sent and nothing is recorded. Left to the sweep, whose interval grows: a person has to
   * configure a key, and retries over the queue would add a message for every one they replace.
   */
  async #heldWithoutKey({ destination }: Reference): Promise<Next> {
    const isNew = !this.#keyless.has(destination);
    this.#keyless.add(destination);
    if (isNew) await raiseOnce(this.#inbox, "no_live_key", { destination });
    return { next: "held" };
  }

  async #verify(reference: Reference, lease: Extract<Leased, { kind: "verify" }>): Promise<Settled> {
    const atMs = Date.now();
    const decision = await this.#needs.reprocess(lease.source, lease.callback);
    const error = decision.kind === "undecided" ? decision.reason : null;
    const durationMs = Date.now() - atMs;
    const attempt = { attempt: lease.attempt, atMs, durationMs, status: null, error, answer: null };
    const settled = await this.#inbox.ask(
      reference.shard,
      async (shard): Promise<Settled> => await shard.settleVerification(reference, attempt, decision),
    );
    log("verification", {
      callback: reference.event,
      source: lease.source,
      attempt: lease.attempt,
      decision: decision.kind,
      retryInSeconds: settled.next === "retry" ? settled.seconds : null,
    });
    return settled;
  }

  #callsOf(shard: string): ShardCalls {
    const known = this.#shardCalls.get(shard);
    if (known) return known;
    const calls: ShardCalls = {
      leases: new Coalescer(async (references) => await this.#inbox.lease(shard, references)),
      settlements: new Coalescer(async (results) => await settleTwice(this.#inbox, shard, results)),
    };
    this.#shardCalls.set(shard, calls);
    return calls;
  }

  /** Not before the lease is over, if there was one: it would only be held. */
  #ourFailureDelay({ attempts }: QueueMessage, destination: string): number {
    const backoff = Math.min(OUR_FAILURE_RETRY_SECONDS * 2 ** (attempts - 1), OUR_FAILURE_MAX_RETRY_SECONDS);
    const timeoutMs = this.#needs.config.destinations.get(destination)?.timeoutMs ?? 0;
    return Math.max(backoff, Math.ceil((timeoutMs + LEASE_GRACE_MS) / 1000));
  }
}

/** An alert that needs no message of its own is done. */
function saidAlready(reference: Reference, attempt: number): Result {
  const done = { attempt, atMs: Date.now(), durationMs: 0, status: null, error: null };
  return { reference, attempt: { ...done, answer: "said already" }, outcome: { kind: "delivered" } };
}

/** Whole seconds, never early, and no more than the queue can delay: the next lease tells what is left. */
function queueDelay(seconds: number): number {
  return Math.min(Math.ceil(seconds), QUEUE_MAX_DELAY_SECONDS);
}
