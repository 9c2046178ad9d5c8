/**
 * Queue messages, validated: a message that cannot be read must not fail its whole batch, again and
 * again. Pure.
 */
import { z } from "zod";
import type { Reference } from "../inbox/protocol.ts";

const SHARD = /^(\d{1,3})\/(\d{1,3})$/;

/** `8/3`, also of a number of shards that is no longer configured: deliveries owed there remain owed. */
function isShardName(name: string): boolean {
  const [, shards, index] = SHARD.exec(name) ?? [];
  return Number(index) < Number(shards);
}

const reference: z.ZodType<Reference> = z.object({
  shard: z.string().refine(isShardName),
  payment: z.string().min(1),
  n: z.int().min(1),
  event: z.string().min(1),
  destination: z.string().min(1),
});

/** Null for anything that is not a reference. */
export function readReference(body: unknown): Reference | null {
  return reference.safeParse(body).data ?? null;
}
