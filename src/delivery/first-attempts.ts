/**
 * First attempts by the Worker that delivered an acceptance, after it has answered the provider. What fails
 * here is still owed: when its lease ends, the sweep takes it.
 */
import type { RelayConfig } from "../config/schema.ts";
import type { InboxClient } from "../inbox/client.ts";
import type { FirstAttempt } from "../inbox/protocol.ts";
import { raiseOnce } from "../inbox/raising.ts";
import { fault } from "../log.ts";
import { attempt } from "./attempt.ts";
import { settleTwice } from "./settle.ts";

/** Never rejects: it runs in `waitUntil`, where nobody would hear of it. */
export async function attemptFirst(
  attempts: readonly FirstAttempt[],
  inbox: InboxClient,
  config: RelayConfig,
): Promise<void> {
  await Promise.all(
    attempts.map(async ({ reference, delivery }) => {
      const { shard, event, destination } = reference;
      try {
        const attempted = await attempt(reference, delivery, {
          config,
          settle: async (name, result) => (await settleTwice(inbox, name, [result]))[0] ?? { next: "done" },
        });
        if (attempted.next === "unsigned") await raiseOnce(inbox, "no_live_key", { destination });
      } catch (error) {
        fault("first_attempt", error, { shard, event, destination });
      }
    }),
  );
}
