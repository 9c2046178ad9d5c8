/** The Worker: wiring only. `fetch` takes callbacks in, `queue` carries deliveries out, `Inbox` keeps everything. */
import { app } from "./app.ts";
import { configOf } from "./config/load.ts";
import { consume } from "./delivery/consumer.ts";
import type { Env } from "./env.ts";
import { decideAgain } from "./ingress/decide-again.ts";
import type { Reference } from "./inbox/protocol.ts";
import { alert, fault } from "./log.ts";
import { watch } from "./watch.ts";

export { Inbox } from "./inbox/inbox.ts";

const DEAD_LETTER_QUEUE = "deliveries-dead";

/**
 * Messages we failed to process a hundred times: our bug or our outage, never the receiver's refusal.
 * The row in the Inbox is still owed and its sweep goes on handing it over, so nothing is lost here.
 */
function acknowledgeDead(batch: MessageBatch<Reference>): void {
  for (const { body } of batch.messages) {
    alert("dead_letter_queue", { event: body.event, destination: body.destination, shard: body.shard });
  }
  batch.ackAll();
}

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    const loaded = configOf(env);
    if (!loaded.ok) {
      fault("queue", new Error("the configuration has problems (see /healthz)"));
      return batch.retryAll();
    }
    if (batch.queue === DEAD_LETTER_QUEUE) return acknowledgeDead(batch);
    const { config } = loaded;
    await consume(batch.messages, {
      env,
      config,
      decide: (source, callback) => decideAgain(source, callback, config, env),
    });
  },

  async scheduled(controller, env) {
    const loaded = configOf(env);
    if (loaded.ok) await watch(env, loaded.config, controller.scheduledTime);
  },
} satisfies ExportedHandler<Env, Reference>;
