/** A provider that is shipped ready, as data. */
import type { WrittenProvider } from "../declared/written.ts";

export interface Preset {
  /** The segment after `/in/` and the key under `RELAY.sources`. */
  readonly name: string;
  readonly written: WrittenProvider & { readonly title: string };
  /**
   * What its signatures are tested against: a signature the provider published, the provider's own library, or
   * nothing but the documented formula.
   */
  readonly tested: "published vector" | "vendor's library" | "formula only";
  /** What whoever uses it must know and a table cannot show. */
  readonly note?: string;
}

/** The same meaning for a word of each type: `{deposit: {confirmed: …}}` as `deposit:confirmed`. */
export function perType(
  types: readonly string[],
  words: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    types.flatMap((type) => Object.entries(words).map(([word, meaning]) => [`${type}:${word}`, meaning])),
  );
}
