/** Inbox objects with another configuration, as after a deployment. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import type { Env } from "../../src/env.ts";
import { relay, sourcesTo } from "./bindings.ts";
import { bindings, inboxOf } from "./worker.ts";

/** What is configured besides, or instead of, what the test Worker has. */
export type Changes = Record<string, unknown>;

/** The environment of a relay with these changes; `destinations` as differences from the test Worker's CRM. */
export function changedEnv({
  destinations,
  ...changes
}: Changes & { destinations?: Record<string, object> }): Env {
  const { crm } = relay.destinations;
  const configured = Object.fromEntries(
    Object.entries(destinations ?? { crm: {} }).map(([name, more]) => [name, { ...crm, ...more }]),
  );
  const sources = sourcesTo(Object.keys(configured));
  return { ...bindings, RELAY: JSON.stringify({ ...relay, sources, ...changes, destinations: configured }) };
}

/** Ends one object, with all that is in its memory. */
export async function evict(shard: string): Promise<void> {
  // It has to be running to be evicted.
  await inboxOf(shard).destinations();
  await evictDurableObject(inboxOf(shard));
}

/** Restarts one object with this environment; it keeps it until it is evicted. */
export async function deploy(shard: string, env: Env): Promise<void> {
  await evict(shard);
  await runInDurableObject(inboxOf(shard), (instance) => {
    Object.defineProperty(instance, "env", { value: env });
  });
}
