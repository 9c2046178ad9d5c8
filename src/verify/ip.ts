/**
 * IP allow-lists: addresses and CIDR ranges, v4 and v6.
 *
 * Promises: strict texts, one meaning each; what cannot be read is not allowed. An IPv4-mapped v6
 * address (`::ffff:1.2.3.4`) is the v4 address, on both sides. A v6 range never contains a v4
 * address, so `::/0` does not let in all of v4.
 * Does not choose the header: the caller passes `cf-connecting-ip`, never `x-forwarded-for`.
 */

const V4_BITS = 32;
const V6_BITS = 128;
const V6_GROUPS = 8;
/** ::ffff:0:0/96 (RFC 4291 section 2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const MAPPED_PREFIX_BITS = 96;

export interface IpRange {
  /** As it was configured. */
  readonly text: string;
  /** Four bytes of a v4 network, sixteen of a v6 one. */
  readonly bytes: readonly number[];
  /** Leading bits that an address must share. */
  readonly prefixBits: number;
}

/**
 * The range of an address (`192.0.2.7`, `2001:db8::1`) or of a CIDR block, or null.
 *
 * Refused: leading zeros in an octet (`010` is 8 to some, 10 to others) or in the prefix, zone ids,
 * white space, a prefix beyond the family's bits, one below 96 on a mapped address (neither
 * family), and bits set below the prefix: `10.1.2.3/8` is a typing mistake, and to guess which half
 * is the wrong one would let strangers in.
 */
export function parseIpRange(text: string): IpRange | null {
  const [address = "", prefix, ...rest] = text.split("/");
  if (rest.length > 0) return null;
  const given = parseV4(address) ?? parseV6(address);
  if (given === null) return null;

  const familyBits = given.length * 8;
  if (prefix !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return null;
  const givenBits = prefix === undefined ? familyBits : Number(prefix);
  if (givenBits > familyBits) return null;

  const bytes = unmapped(given);
  const prefixBits = bytes === given ? givenBits : givenBits - MAPPED_PREFIX_BITS;
  if (prefixBits < 0) return null;
  if (!bytes.every((byte, i) => (byte & ~maskOf(i, prefixBits)) === 0)) return null;
  return { text, bytes, prefixBits };
}

/** Whether `ip` lies in one of `ranges`. Null, garbage, or an empty list: false. */
export function ipInRanges(ip: string | null, ranges: readonly IpRange[]): boolean {
  const given = ip === null ? null : (parseV4(ip) ?? parseV6(ip));
  if (given === null) return false;
  const address = unmapped(given);
  return ranges.some(
    ({ bytes, prefixBits }) =>
      bytes.length === address.length &&
      bytes.every((byte, i) => ((byte ^ (address[i] ?? 0)) & maskOf(i, prefixBits)) === 0),
  );
}

/** Bits of a v6 address that its holder was given: the rest is his to choose, so that he has 2^64 of them. */
const V6_NETWORK_BITS = 64;

/**
 * Who an address belongs to, as far as can be told: a v4 address itself, of a v6 address its /64. One
 * spelling each; null for what is no address.
 */
export function networkOf(ip: string): string | null {
  const given = parseV4(ip) ?? parseV6(ip);
  if (given === null) return null;
  const address = unmapped(given);
  if (address.length * 8 === V4_BITS) return address.join(".");
  const hex = address
    .slice(0, V6_NETWORK_BITS / 8)
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return `${hex.match(/.{4}/g)?.join(":") ?? ""}::/${V6_NETWORK_BITS}`;
}

/** Which bits of byte `index` belong to the first `prefixBits` bits. */
function maskOf(index: number, prefixBits: number): number {
  const bits = Math.min(Math.max(prefixBits - index * 8, 0), 8);
  return (0xff << (8 - bits)) & 0xff;
}

function unmapped(bytes: readonly number[]): readonly number[] {
  const mapped = bytes.length * 8 === V6_BITS && MAPPED_PREFIX.every((byte, i) => bytes[i] === byte);
  return mapped ? bytes.slice(MAPPED_PREFIX.length) : bytes;
}

function parseV4(text: string): readonly number[] | null {
  const octets = text.split(".");
  if (octets.length * 8 !== V4_BITS) return null;
  const bytes = octets.map((octet) => (/^(?:0|[1-9]\d{0,2})$/.test(octet) ? Number(octet) : 256));
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

/** RFC 4291 section 2.2: full, with one `::` for at least one group, or with a v4 tail. */
function parseV6(text: string): readonly number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head = "", tail] = halves;
  const before = parseGroups(head, tail === undefined);
  const after = tail === undefined ? [] : parseGroups(tail, true);
  if (before === null || after === null) return null;

  const missing = V6_GROUPS * 2 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return null;
  return [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

/**
 * The bytes of colon-separated groups; none of an empty text. A v4 address may only stand last of
 * all.
 */
function parseGroups(text: string, endsAddress: boolean): readonly number[] | null {
  if (text === "") return [];
  const groups = text.split(":");
  const bytes: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const v4 = endsAddress && i === groups.length - 1 ? parseV4(group) : null;
    if (v4 === null) return null;
    bytes.push(...v4);
  }
  return bytes;
}
