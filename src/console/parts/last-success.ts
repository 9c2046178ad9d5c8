/** What refusals for a wrong proof mean, told by when the source last proved itself. Pure. */
import type { RefusedGroupJson, RefusedJson } from "../../api/operations/refused.ts";
import type { SourceJson } from "../../api/operations/sources.ts";
import { REFUSED_IN_A_ROW } from "../../limits.ts";
import type { RefusedReason } from "../../reasons.ts";
import { absoluteText, agoText } from "./text.ts";

/** Refused because the proof did not fit. */
export const PROOFS: ReadonlySet<RefusedReason> = new Set<RefusedReason>([
  "bad_token",
  "missing_token",
  "bad_signature",
  "missing_signature",
  "malformed_signature",
  "bad_timestamp",
  "stale",
]);
/** What a secret that was changed looks like. */
const OF_A_SECRET: ReadonlySet<RefusedReason> = new Set<RefusedReason>(["bad_token", "bad_signature"]);

/**
 * @param newest of the group, newest first
 * @returns null: the reason says nothing of the proof, or the source is not known
 */
export function lastSuccessText(
  { reason }: RefusedGroupJson,
  newest: readonly RefusedJson[],
  source: SourceJson | undefined,
  nowMs: number,
): string | null {
  if (!source || !PROOFS.has(reason)) return null;
  const { last_seen_at: lastSeenAt, verified_by: key } = source;
  const isOfSecret = OF_A_SECRET.has(reason);
  if (lastSeenAt === null)
    return `Nothing of ${source.name} has verified yet${isOfSecret ? ": the secret here is probably not the one it signs with" : ""}.`;
  const success = `${agoText(Date.parse(lastSeenAt), nowMs)}${key === null ? "" : ` with the key ${key}`}`;
  const since = newest.filter(({ at }) => Date.parse(at) > Date.parse(lastSeenAt));
  const first = since.at(-1);
  if (!first)
    return `Others verify: the last success was ${success}. Somebody tries, or one of several senders has another secret.`;
  const begun = absoluteText(first.at).slice(0, 16);
  const isSurge = since.length >= REFUSED_IN_A_ROW;
  const cause = isOfSecret && isSurge ? ": the secret was probably changed at the provider" : "";
  return `Nothing of ${source.name} has verified since ${begun} UTC${cause}. The last success was ${success}.`;
}
