/** The mark of an event whose contents were erased. Pure. */

/** Among the event's own warnings: erased events stay of the format, and need no column. */
export const WARNING_FORGOTTEN = "forgotten";

/** @param body the event, frozen, as JSON */
export function isForgotten(body: string | null): boolean {
  if (body === null || !body.includes(`"${WARNING_FORGOTTEN}"`)) return false;
  const { data } = JSON.parse(body) as { readonly data?: { readonly warnings?: readonly string[] } };
  return data?.warnings?.includes(WARNING_FORGOTTEN) ?? false;
}
