/**
 * Releasing something set aside as a payment of its own, by an operator who knows that it is one. Its ids are
 * made of what it was, so that the same order given twice makes one payment. It is delivered over the queue: an
 * operator's request does not wait for a CRM.
 */
import type { RelayConfig } from "../../config/schema.ts";
import type { NormalisedEvent } from "../../event.ts";
import type { InboxStub } from "../../inbox/client.ts";
import type { Releasable } from "../../inbox/deciding.ts";
import { normaliseStored } from "../../ingress/reprocess.ts";
import { eventIdOf, paymentIdOf } from "../../providers/ids.ts";
import type { Context } from "./operation.ts";

export type Release =
  | { readonly ok: true; readonly became: string }
  | { readonly ok: false; readonly error: string };

export async function releaseAsNewPayment(
  shard: InboxStub,
  n: number,
  { config, inbox, operator }: Context,
): Promise<Release> {
  const kept = await shard.releasable(n);
  if (!kept) return { ok: false, error: "it is not set aside, or was released already" };
  const source = config.sources.get(kept.source);
  if (!source) return { ok: false, error: `its source ${kept.source} is not configured` };
  const stated = kept.stated ?? (await statedBy(kept, config));
  if (typeof stated === "string") return { ok: false, error: `the callback still makes no event: ${stated}` };

  const accepted = await inbox.accept({
    source: kept.source,
    event: await asNewPayment(stated, kept),
    fingerprint: kept.fingerprint,
    contents: {},
    instance: null,
    destinations: source.settings.destinations ?? config.eventDestinations,
    attemptNow: false,
    released: { by: operator.name, at: Date.now(), from: kept.eventId },
  });
  await shard.noteReleased(n, accepted.eventId, operator.name);
  return { ok: true, became: accepted.eventId };
}

/** What a callback that has no event says when it is read as new ones are, or why it says nothing. */
async function statedBy(kept: Releasable, config: RelayConfig): Promise<NormalisedEvent | string> {
  if (kept.callback === null) return "the callback is no longer kept";
  return await normaliseStored(kept.source, kept.callback, config);
}

async function asNewPayment(stated: NormalisedEvent, kept: Releasable): Promise<NormalisedEvent> {
  const of = ["released", kept.paymentId, kept.eventId] as const;
  const [id, payment_id] = await Promise.all([eventIdOf(...of), paymentIdOf(...of)]);
  return { ...stated, id, data: { ...stated.data, payment_id } };
}
