/**
 * What may run on this machine only: a development configuration, and a deployment's configuration whose events go to
 * receivers here (`RELAY_LOCAL_URLS`). Under a public name such a relay serves nothing (`app.ts`).
 */
import { ipInRanges, parseIpRange } from "../verify/ip.ts";
import type { Problem } from "./problems.ts";
import { tableOf } from "./table.ts";

/** Loopback, private and link-local (RFC 1122, 1918, 3927, 4193, 4291). */
const PRIVATE = [
  "127.0.0.0/8",
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "0.0.0.0",
  "::1",
  "fc00::/7",
  "fe80::/10",
].flatMap((text) => parseIpRange(text) ?? []);
const LOOPBACK = ["127.0.0.0/8", "::1"].flatMap((text) => parseIpRange(text) ?? []);

const plain = (hostname: string) => hostname.toLowerCase().replace(/^\[|\]$|\.$/g, "");

/** Can nobody on the Internet mean this host? @param hostname of a URL; a v6 address in its brackets */
export function isLocalHost(hostname: string): boolean {
  const host = plain(hostname);
  // Names without a dot, and those that no public name server may answer (RFC 6761, 6762, 8375; `.internal` by ICANN).
  if (!host.includes(":") && !host.includes(".")) return true;
  return ipInRanges(host, PRIVATE) || /\.(localhost|test|local|internal|home\.arpa)$/.test(host);
}

/** The last origin found to be of this machine: nearly every request has the same one. */
let localOrigin: string | null = null;

/** Is this the address of a host that nobody on the Internet can mean? @param url a whole one, as of a request */
export function isLocalUrl(url: string): boolean {
  if (localOrigin !== null && url.startsWith(localOrigin)) return true;
  const { origin, hostname } = new URL(url);
  if (!isLocalHost(hostname)) return false;
  localOrigin = `${origin}/`;
  return true;
}

function isLoopback(hostname: string): boolean {
  const host = plain(hostname);
  return host === "localhost" || ipInRanges(host, LOOPBACK);
}

export interface LocalUrls {
  /** By the destination's name. */
  readonly urls: ReadonlyMap<string, URL>;
  readonly problems: readonly Problem[];
}

/**
 * `RELAY_LOCAL_URLS`, a JSON object: destinations whose events go to a receiver on this machine, so that a deployment's
 * configuration can be tried as it is (docs/operations.md#trying-a-deployment-on-this-machine). Loopback only.
 */
export function readLocalUrls(given: unknown, destinations: readonly string[]): LocalUrls {
  if (given === undefined) return { urls: new Map(), problems: [] };
  const table = tableOf(given);
  const urls = new Map<string, URL>();
  const problems: Problem[] = [];
  const problem = (path: readonly string[], message: string) =>
    problems.push({ path: ["RELAY_LOCAL_URLS", ...path], message, about: { kind: "relay" } });
  if (table === null) problem([], "is not a JSON object");
  for (const [name, text] of Object.entries(table ?? {})) {
    const url = typeof text === "string" ? URL.parse(text) : null;
    if (!destinations.includes(name)) problem([name], "is not a destination");
    else if (!url || !/^https?:$/.test(url.protocol) || !isLoopback(url.hostname))
      problem([name], "must be an http: or https: address of this machine (127.0.0.1, [::1], localhost)");
    else urls.set(name, url);
  }
  return { urls, problems };
}
