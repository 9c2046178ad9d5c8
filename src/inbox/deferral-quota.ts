/**
 * How many deferred callbacks a caller may have waiting. Nobody may fill the store for everybody: a caller
 * that is not known may hold a part of what is still free, so that many of them leave room for one more, and
 * a known one has room that no stranger can take.
 */
import {
  DEFERRED_FULL_MEMORY_MS,
  DEFERRED_PARTS_OF_FREE,
  MAX_DEFERRED_OF_REFUSED_CALLER,
  MAX_DEFERRED_PER_ACCOUNT,
} from "../limits.ts";
import { share, type Callers } from "./callers.ts";
import type { Transaction } from "./transaction.ts";

/** What a deferred row says of its caller, so that counting need not read the callbacks themselves. */
export function contentsOfCaller(caller: string | undefined): string {
  return JSON.stringify({ caller: caller ?? "" });
}

/** Empty for a row from before callers were noted. */
function callerOf(contents: string): string {
  return (JSON.parse(contents) as { caller?: string }).caller ?? "";
}

/** Has this caller room for one more deferred callback? If not, a person hears of it and it is remembered. */
export function takeDeferral(
  tx: Transaction,
  source: string,
  callerKey: string | undefined,
  callers: Callers,
): boolean {
  const caller = callers.of(callerKey ?? "");
  if (tx.nowMs < caller.fullUntilMs) return false;
  // What was given up on is not among them: nobody asks about it any more.
  const waiting = tx.store
    .waitingForVerifier(source)
    .map(({ contents, count }) => ({ key: callerOf(contents), count }));
  const own = waiting.find(({ key }) => key === (callerKey ?? ""))?.count ?? 0;
  const ofUnknown = waiting
    .filter(({ key }) => !callers.of(key).isKnown)
    .reduce((sum, { count }) => sum + count, 0);
  const { inboxShards } = tx.config;
  const most = share(MAX_DEFERRED_PER_ACCOUNT, inboxShards);
  const ofRefused = share(MAX_DEFERRED_OF_REFUSED_CALLER, inboxShards);
  const ofFree = (most - ofUnknown) / DEFERRED_PARTS_OF_FREE;
  const ofUnknownOne = caller.isRefusedAt(tx.nowMs) ? Math.min(ofRefused, ofFree) : ofFree;
  if (own < (caller.isKnown ? most : ofUnknownOne)) return true;
  caller.fullUntilMs = tx.nowMs + DEFERRED_FULL_MEMORY_MS;
  tx.alert("deferred_full", { source, known: caller.isKnown });
  return false;
}
