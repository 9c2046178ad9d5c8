/**
 * Attempts by the Worker that delivered an acceptance, after it has answered the provider: the first ones of its event,
 * and what their settlements lease. What fails here is still owed: when its lease ends, the sweep takes it.
 */
import type { RelayConfig } from "../config/schema.ts";
import type { InboxClient } from "../inbox/client.ts";
import type { LeasedAttempt } from "../inbox/protocol.ts";
import { raiseOnce } from "../inbox/raising.ts";
import { fault } from "../log.ts";
import { attempt } from "./attempt.ts";
import { FollowingAttempts } from "./following.ts";
import { settleTwice } from "./settle.ts";

/** Never rejects: it runs in `waitUntil`, where nobody would hear of it. */
export async function attemptFirst(
  attempts: readonly LeasedAttempt[],
  inbox: InboxClient,
  config: RelayConfig,
): Promise<void> {
  const following = new FollowingAttempts();
  const make = async ({ reference, delivery }: LeasedAttempt): Promise<LeasedAttempt | undefined> => {
    const { shard, event, destination } = reference;
    try {
      const attempted = await attempt(reference, delivery, {
        config,
        settle: async (name, made) => {
          const result = { ...made, hasMessage: false, nextWithinMs: following.nextWithinMs() };
          return (await settleTwice(inbox, name, [result]))[0] ?? { next: "done" };
        },
      });
      if (attempted.next !== "unsigned") return attempted.leased;
      await raiseOnce(inbox, "no_live_key", { destination });
    } catch (error) {
      fault("first_attempt", error, { shard, event, destination });
    }
    return undefined;
  };
  await Promise.all(attempts.map(async (first) => await following.make(await make(first), make)));
}
