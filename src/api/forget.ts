/** Forgetting a payment: its homes first, then the events set aside, wherever they are, that it was released from. */
import type { InboxClient } from "../inbox/client.ts";

export type ForgottenPayment =
  | { readonly kind: "forgotten"; readonly events: number; readonly dismissed: number }
  | { readonly kind: "owed"; readonly events: readonly { readonly id: string; readonly state: string }[] }
  | { readonly kind: "unknown" };

export async function forget(
  inbox: InboxClient,
  paymentId: string,
  { force, actor }: { readonly force: boolean; readonly actor: string },
): Promise<ForgottenPayment> {
  const said = await inbox.forgetPayment(paymentId, force, actor);
  if (said.length === 0) return { kind: "unknown" };
  const owed = said.flatMap((one) => (one.kind === "owed" ? one.events : []));
  if (owed.length > 0) return { kind: "owed", events: owed };
  let events = 0;
  let dismissed = 0;
  for (const one of said) {
    if (one.kind !== "forgotten") continue;
    events += one.events;
    dismissed += one.dismissed;
    for (const id of one.releasedFrom) events += await forgetReleased(inbox, id, actor);
  }
  return { kind: "forgotten", events, dismissed };
}

/** How many events of this id were erased: one at most, unless its callback was set aside twice. */
async function forgetReleased(inbox: InboxClient, id: string, actor: string): Promise<number> {
  const counts = await inbox.all(async (shard) => {
    let erased = 0;
    for (const { row } of await shard.find(id)) if (await shard.forgetReleased(row.n, actor)) erased += 1;
    return erased;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}
