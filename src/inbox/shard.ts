/**
 * Which Inbox is the home of what. Everything about one payment meets the same object, so dedupe,
 * folding and order need no coordination. The number of shards is part of every name: with another
 * number every payment would meet an empty object, and with it every dedupe key would be lost.
 */
import { sha256Hex } from "../verify/digest.ts";

const HASH_CHARS = 8; // 32 bit, enough for any number of shards we allow

/** The object's name for this key, e.g. `8/3`: of 8 shards the one with index 3. */
export async function shardOf(key: string, shards: number): Promise<string> {
  const hash = await sha256Hex(key);
  return shardName(Number.parseInt(hash.slice(0, HASH_CHARS), 16) % shards, shards);
}

export function shardName(index: number, shards: number): string {
  return `${shards}/${index}`;
}

/** Every shard's name, for calls that ask them all. */
export function allShards(shards: number): string[] {
  return Array.from({ length: shards }, (_, index) => shardName(index, shards));
}
