/** The Worker: wiring only. `fetch` receives callbacks, `queue` makes deliveries, `Inbox` stores both. */
import { app } from "./app.ts";
import { configOf } from "./config/load.ts";
import { consume } from "./delivery/consumer.ts";
import { consumeDead } from "./delivery/dead-letters.ts";
import type { Env } from "./env.ts";
import { reprocess } from "./ingress/reprocess.ts";
import type { Reference } from "./inbox/protocol.ts";
import { MISCONFIGURED_RETRY_SECONDS } from "./limits.ts";
import { fault } from "./log.ts";
import { monitor } from "./monitor.ts";

export { Inbox } from "./inbox/inbox.ts";

const DEAD_LETTER_QUEUE = "deliveries-dead";

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    if (batch.queue === DEAD_LETTER_QUEUE) return consumeDead(batch.messages);
    const loaded = configOf(env);
    if (!loaded.ok) {
      fault("queue", new Error("the configuration has problems (see /healthz)"));
      return batch.retryAll({ delaySeconds: MISCONFIGURED_RETRY_SECONDS });
    }
    const { config } = loaded;
    await consume(batch.messages, {
      env,
      config,
      reprocess: (source, callback) => reprocess(source, callback, config, env),
    });
  },

  async scheduled(controller, env) {
    const loaded = configOf(env);
    if (loaded.ok) await monitor(env, loaded.config, controller.scheduledTime);
  },
} satisfies ExportedHandler<Env, Reference>;
