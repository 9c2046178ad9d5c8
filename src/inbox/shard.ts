/**
 * Which Inbox is the home of what. Everything about one payment meets the same object, so dedupe,
 * folding and order need no coordination. The number of shards is part of every name: with another
 * number every payment would meet an empty object, and with it every dedupe key would be lost. Hence the
 * registry, which knows how many there are, and refuses another number unless it is told of the change.
 */
import { sha256Hex } from "../verify/digest.ts";

const HASH_CHARS = 8; // 32 bit, enough for any number of shards we allow

/** Keys that are hashes already: ids of payments, and SHA-256 of callbacks and tokens. */
const HASHED = /^(?:pay_([0-9a-f]{32})|([0-9a-f]{64}))$/;

/** The object's name for this key, e.g. `8/3`: of 8 shards the one with index 3. */
export async function shardOf(key: string, shards: number): Promise<string> {
  const [, id, digest] = HASHED.exec(key) ?? [];
  const hash = id ?? digest ?? (await sha256Hex(key));
  return shardName(Number.parseInt(hash.slice(0, HASH_CHARS), 16) % shards, shards);
}

export function shardName(index: number, shards: number): string {
  return `${shards}/${index}`;
}

/** Every shard's name, for calls that ask them all. */
export function allShards(shards: number): string[] {
  return Array.from({ length: shards }, (_, index) => shardName(index, shards));
}

/** The object that knows how many shards there are; no shard has this name. */
export const SHARD_REGISTRY = "registry";

/** What the registry remembers. */
export interface ShardCount {
  readonly shards: number;
  /** Numbers it had before, the latest first. */
  readonly before: readonly number[];
}

/**
 * The registry's answer to a shard that is of `shards`, in an installation that says it had `before`: what to
 * remember, or null when it is refused.
 */
export function admitShards(
  known: ShardCount | null,
  { shards, before }: { readonly shards: number; readonly before: number | null },
): ShardCount | null {
  if (known === null) return { shards, before: [] };
  if (known.shards === shards || known.before.includes(shards)) return known;
  if (before !== known.shards) return null;
  return { shards, before: [known.shards, ...known.before] };
}

/** The number of shards that a shard's name says: 8 of `8/3`. */
export function countOf(shardName: string): number {
  return Number(shardName.split("/")[0]);
}
