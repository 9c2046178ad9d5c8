/** Forgetting what is personal about a payment: its homes first, then the events set aside, wherever they are, that it was released from. */
import { z } from "zod";
import type { InboxClient } from "../../inbox/client.ts";
import { paymentId } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { notFound, refused } from "./problem.ts";

export const forgetPayment = operation({
  id: "forgetPayment",
  method: "post",
  path: "/api/payments/{id}/forget",
  summary:
    "Erase what is personal about a payment: bodies, callbacks, references; amounts, ids and the order stay",
  tag: "events",
  role: "operate",
  params: z.strictObject({ id: paymentId }),
  body: z
    .strictObject({
      force: z
        .boolean()
        .default(false)
        .describe("also what is dead, parked or waits for a person: it is dismissed with it"),
    })
    .default({ force: false }),
  responses: {
    200: z.object({
      payment_id: paymentId,
      events: z.int().describe("events erased now; 0: all of them were before"),
      dismissed: z.int().describe("of these, given up with it"),
    }),
  },
  refusals: {
    404: "There is no payment with this id",
    409: "Something of it is still owed or waits for a person: `owed` names the events and their states",
  },
  async run({ inbox, operator }, { params: { id }, body: { force } }) {
    const forgotten = await forget(inbox, id, { force, actor: operator.name });
    switch (forgotten.kind) {
      case "unknown":
        return notFound("payment");
      case "owed": {
        const { events: owed } = forgotten;
        const named = owed.map((event) => `${event.id} is ${event.state}`).join("; ");
        return refused(409, `something of it is still owed or waits for a person: ${named}`, { owed });
      }
      case "forgotten":
        return done(200, { payment_id: id, events: forgotten.events, dismissed: forgotten.dismissed });
    }
  },
});

type ForgottenPayment =
  | { readonly kind: "forgotten"; readonly events: number; readonly dismissed: number }
  | { readonly kind: "owed"; readonly events: readonly { readonly id: string; readonly state: string }[] }
  | { readonly kind: "unknown" };

async function forget(
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
