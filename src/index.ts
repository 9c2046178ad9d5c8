/** The Worker: wiring only. `fetch` receives callbacks, `queue` makes deliveries, `Inbox` stores both. */
import { app } from "./app.ts";
import { configOf } from "./config/load.ts";
import { consume } from "./delivery/consumer.ts";
import { InboxClient } from "./inbox/client.ts";
import { consumeDead } from "./delivery/dead-letters.ts";
import type { Env } from "./env.ts";
import { reprocess } from "./ingress/reprocess.ts";
import type { Reference } from "./inbox/protocol.ts";
import { monitor } from "./monitor.ts";

export { Activity } from "./activity/activity.ts";
export { Inbox } from "./inbox/inbox.ts";

/** The end of its name: in a deployment the Worker's name is in front (tools/lib/deployment/merge.ts). */
const DEAD_LETTER_QUEUE = "deliveries-dead";

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    const { config } = configOf(env);
    if (batch.queue.endsWith(DEAD_LETTER_QUEUE))
      return await consumeDead(batch.messages, new InboxClient(env, config));
    await consume(batch.messages, {
      env,
      config,
      reprocess: (source, callback) => reprocess(source, callback, config, env),
    });
  },

  async scheduled(controller, env) {
    await monitor(env, configOf(env), controller.scheduledTime);
  },
} satisfies ExportedHandler<Env, Reference>;
