/**
 * From a request's path to a source and its route. Whatever does not match exactly is the same 404,
 * and a secret is compared even where there is none, so that the time does not tell an unknown
 * account from a wrong secret.
 */
import type { RelayConfig } from "../config/schema.ts";
import type { Route } from "../providers/provider.ts";
import type { Source } from "../providers/source.ts";
import { liveSecrets, type Secret } from "../verify/secret.ts";
import { matchToken } from "../verify/token.ts";

export interface Located {
  readonly source: Source;
  readonly route: Route;
  /** Id of the path secret that matched, where the address has one. */
  readonly pathKey: string | null;
}

const PREFIX = "/in/";
const NOBODY: readonly Secret[] = [{ id: "none", value: "no address has this secret" }];

/** `provider/account` of a path, whether there is one or not; null for a path that cannot be decoded. */
export function accountOf(path: string): string | null {
  const [provider = "", account = ""] = segmentsOf(path) ?? [];
  return account === "" ? null : `${provider}/${account}`;
}

/** @param path as in the request line, still escaped */
export async function locate(path: string, config: RelayConfig, nowMs: number): Promise<Located | null> {
  const [provider = "", account = "", ...tail] = segmentsOf(path) ?? [];
  const source = config.sources.get(`${provider}/${account}`);
  const route = source?.routes.find((candidate) => hasShape(candidate, tail));
  const needsSecret = route !== undefined && route.pathSecrets.length > 0;
  if (source && route && !needsSecret) return { source, route, pathKey: null };
  const secrets = needsSecret ? liveSecrets(route.pathSecrets, nowMs) : NOBODY;
  const matched = await matchToken(tail.at(-1) ?? "-", secrets);
  return source && route && matched ? { source, route, pathKey: matched.id } : null;
}

/** The paths of a source's callbacks; `<secret>` stands for what only the provider is told. */
export function addressesOf({ name, routes }: Pick<Source, "name" | "routes">): string[] {
  const paths = routes.map(({ kind, pathSecrets }) =>
    [
      `${PREFIX}${name}`,
      ...(kind === null ? [] : [kind]),
      ...(pathSecrets.length > 0 ? ["<secret>"] : []),
    ].join("/"),
  );
  // Those that differ in their method only are one address.
  return [...new Set(paths)];
}

/** Segments behind `/in/`, decoded once; null for a path that cannot be decoded. No normalisation at all. */
function segmentsOf(path: string): string[] | null {
  if (!path.startsWith(PREFIX)) return null;
  try {
    return path.slice(PREFIX.length).split("/").map(decodeURIComponent);
  } catch {
    return null;
  }
}

/** `[kind] [secret]`: the number of segments is fixed by the route, and the kind comes first. */
function hasShape(route: Route, tail: readonly string[]): boolean {
  const length = (route.kind === null ? 0 : 1) + (route.pathSecrets.length > 0 ? 1 : 0);
  return tail.length === length && (route.kind === null || tail[0] === route.kind);
}
