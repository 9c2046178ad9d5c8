/** The token registry as an adapter sees it: the Inbox's, with the sender's key and the account's budget put in. */
import type { TokenRegistry } from "../providers/provider.ts";
import { takeQuestion } from "./flood.ts";
import type { ProcessingContext } from "./process-callback.ts";

/** @param source `provider/account` */
export function tokenRegistry(
  source: string,
  { inbox, env, caller, again }: Pick<ProcessingContext, "inbox" | "env" | "caller" | "again">,
): TokenRegistry {
  const { tokens } = inbox;
  return {
    consult: async (use) => {
      const answer = await tokens.consult({ ...use, caller: await caller(), again });
      if (answer.kind !== "ask") return answer;
      if (await takeQuestion(env, source, { isKnown: answer.isKnown, again })) return { kind: "ask" };
      await tokens.undecided(use.tokenHash, "verifier_rate");
      return { kind: "undecided", reason: "verifier_rate" };
    },
    refuse: tokens.refuse,
    undecided: tokens.undecided,
  };
}
