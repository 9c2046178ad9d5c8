/**
 * Parts of keys in one canonical form (docs/events.md#identity): two spellings of one thing must not make
 * two payments of it. Pure; for keys only, since an event shows everything as its provider wrote it.
 *
 * There is no part for a network: a transaction id belongs to one already, and a provider that begins
 * to name the chain of a token must not turn its old payments into new ones.
 */
import { splitTicker } from "../parse/currency.ts";
import { canonicalDecimal, decimal } from "../parse/decimal.ts";

export type KeyPart = string | null;

/**
 * The currency of a provider's ticker, its chain left out: `usdt`, `USDT.TRC20` and `USDTTRC20` are
 * `USDT`. A text that is no ticker stays as it was sent.
 */
export function tickerPart(ticker: KeyPart): KeyPart {
  return ticker === null ? null : (splitTicker(ticker)?.currency ?? ticker);
}

/** An amount by value: `0.50` is `0.5`, `1e3` is `1000`. A text that is no amount stays as it was sent. */
export function amountPart(amount: KeyPart): KeyPart {
  const plain = amount === null ? null : decimal(amount);
  return plain === null ? amount : canonicalDecimal(plain);
}

/** A transaction id that begins with `0x` is hex, and hex has no case; any other is taken as it was sent. */
export function txidPart(txid: KeyPart): KeyPart {
  return txid !== null && /^0x/i.test(txid) ? txid.toLowerCase() : txid;
}

/**
 * The state of a payment, or the provider's own word for it where we have none. Marked, because a word
 * we do not map can be spelled like one of our states, and would make the real state a repeat of itself.
 */
export function statePart(status: string | null, word: string | null): string {
  return status === null ? `word:${word ?? ""}` : `status:${status}`;
}
