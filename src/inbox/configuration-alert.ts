/**
 * The alert about the configuration's problems: raised once for each set of them, and once more when they are gone.
 * What was said last is written down, since the monitor asks every few minutes and objects do not live for long.
 * Runs inside one transaction.
 */
import type { Transaction } from "./transaction.ts";

const SAID = "configuration";
const NOTHING = "";

/** @param problems each in words; none: the configuration is right */
export function reportConfiguration(tx: Transaction, problems: readonly string[]): void {
  const { singleRows } = tx.store;
  const text = problems.join("; ");
  const said = singleRows.marker(SAID) ?? NOTHING;
  if (text === said) return;
  singleRows.setMarker(SAID, text);
  if (text === NOTHING) tx.alert("configuration_mended", {});
  else tx.alert("configuration", { count: problems.length, problems: text });
}
