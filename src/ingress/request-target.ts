/**
 * Path and query as they came. `URL` would resolve `..` and `%2e%2e` and escape anew, so that one address
 * had many spellings and the query's bytes were no longer the provider's.
 */
export function requestTarget(url: string): { readonly path: string; readonly query: string } {
  const [, target = ""] = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url) ?? [];
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: "" }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}
