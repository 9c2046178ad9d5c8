/** Which events a destination wants. Pure. */

/** Does a destination want this type? `payment.*` is every `payment.…`. */
export function wantsType(types: readonly string[] | null, type: string): boolean {
  if (types === null) return true;
  return types.some((wanted) =>
    wanted.endsWith(".*") ? type.startsWith(wanted.slice(0, -1)) : wanted === type,
  );
}
