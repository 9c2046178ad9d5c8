/**
 * What an Inbox has written down besides its events by the time it holds so many: the ledger's snapshot and the
 * searches, made by the relay's own code.
 */
import { LedgerBook } from "../../src/inbox/ledger-book.ts";
import { Store } from "../../src/inbox/store/store.ts";
import { EVENT_ID_BLOCK_EVENTS, SEARCH_BLOCK_EVENTS } from "../../src/limits.ts";

/** Of a shard that was filled, and has no first attempt under way. */
export function writeShardState(storage: DurableObjectStorage): void {
  storage.transactionSync(() => {
    const store = new Store(storage.sql);
    while (store.eventIds.addBlock(EVENT_ID_BLOCK_EVENTS));
    while (store.search.addBlock(SEARCH_BLOCK_EVENTS));
    const book = new LedgerBook(store);
    book.load();
    while (book.isBehind) book.catchUp();
    book.write({ last: store.events.last(), open: [] });
  });
}
