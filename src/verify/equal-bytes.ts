/**
 * Equality of bytes in a time that does not tell where they differ.
 *
 * Promises: false for unequal lengths, never a throw. Does not hide the lengths: use it on digests
 * and MACs, whose length everybody knows.
 */

/**
 * A loop rather than `crypto.subtle.timingSafeEqual`: that one throws on unequal lengths, where a
 * truncated signature would become a 500, and exists in workerd only, so this pure core could not
 * be tested anywhere else.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
