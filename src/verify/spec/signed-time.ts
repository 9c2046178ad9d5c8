import type { Place } from "./places.ts";

/** A signed time: from a named part of the signature's header, or from a place. */
export interface SignedTime {
  readonly from: { readonly signaturePart: string } | { readonly place: Place };
  readonly unit: "s" | "ms" | "iso";
  readonly toleranceSeconds: number;
}
