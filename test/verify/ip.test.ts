import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ipInRanges, type IpRange, networkOf, parseIpRange } from "../../src/verify/ip.ts";

function range(text: string): IpRange {
  const parsed = parseIpRange(text);
  if (parsed === null) throw new Error(`no range: ${text}`);
  return parsed;
}

/** The URL standard's own parser of IPv6 addresses, as a second opinion. */
function urlAcceptsV6(text: string): boolean {
  try {
    return new URL(`http://[${text}]/`).hostname.startsWith("[");
  } catch {
    return false;
  }
}

const isIp = (text: string) => ipInRanges(text, [range("0.0.0.0/0"), range("::/0")]);

describe("parseIpRange", () => {
  it.each([
    ["198.51.100.7", 32],
    ["198.51.100.0/24", 24],
    ["2001:db8::1", 128],
    ["2001:db8::/32", 32],
    // A mapped address is the v4 address.
    ["::ffff:1.2.3.4", 32],
    ["::ffff:1.2.3.0/120", 24],
  ])("of %s has %i bits that an address must share", (text, prefixBits) => {
    expect(range(text).prefixBits).toBe(prefixBits);
  });

  it.each([
    "198.51.100.7",
    "0.0.0.0",
    "255.255.255.255",
    "198.51.100.0/24",
    "198.51.100.7/32",
    "0.0.0.0/0",
    "198.51.100.4/30",
    "::",
    "::1",
    "1::",
    "2001:db8::1",
    "2001:DB8:0:0:0:0:0:1",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "::2:3:4:5:6:7:8",
    "1:2:3:4:5:6:1.2.3.4",
    "::1.2.3.4",
    "64:ff9b::1.2.3.4",
    "::ffff:1.2.3.4",
    "::ffff:0102:0304",
    "::ffff:1.2.3.0/120",
    "2001:db8::/32",
    "2001:db8::8/125",
    "::/0",
  ])("reads %s and contains its own address", (text) => {
    expect(range(text).text).toBe(text);
    expect(ipInRanges(text.split("/")[0] ?? "", [range(text)])).toBe(true);
  });

  it.each([
    ["an empty text", ""],
    ["three octets", "1.2.3"],
    ["five octets", "1.2.3.4.5"],
    ["an octet above 255", "1.2.3.256"],
    ["an octet with a leading zero", "1.2.3.04"],
    ["an octet in octal", "010.2.3.4"],
    ["an octet in hex", "0x1.2.3.4"],
    ["an empty octet", "1..3.4"],
    ["a whole number", "3405803783"],
    ["iPay's printed address", "39.96.64.295"],
    ["white space before it", " 1.2.3.4"],
    ["white space after it", "1.2.3.4\n"],
    ["a port", "1.2.3.4:80"],
    ["two addresses", "1.2.3.4, 5.6.7.8"],
    ["other digits", "\u0661.2.3.4"],
    ["brackets", "[::1]"],
    ["a zone id", "fe80::1%eth0"],
    ["seven groups", "1:2:3:4:5:6:7"],
    ["nine groups", "1:2:3:4:5:6:7:8:9"],
    ["a group of five digits", "2001:0db80::1"],
    ["a group that is no hex", "2001:dbg::1"],
    ["two gaps", "1::2::3"],
    ["a gap that stands for nothing", "1:2:3:4::5:6:7:8"],
    ["three colons", ":::"],
    ["one colon", ":"],
    ["a leading colon", ":1:2:3:4:5:6:7"],
    ["a trailing colon", "1:2:3:4:5:6:7:"],
    ["a v4 tail that is not the tail", "1.2.3.4::1"],
    ["a v4 tail among the groups", "1:2:3:4:5:1.2.3.4:6"],
    ["a v4 tail before the gap", "1:1.2.3.4::"],
    ["a v4 tail with a leading zero", "::ffff:1.2.3.04"],
    ["a v4 tail too far", "1:2:3:4:5:6:7:1.2.3.4"],
    ["an empty prefix", "1.2.3.4/"],
    ["a prefix beyond v4", "1.2.3.4/33"],
    ["a prefix beyond v6", "::1/129"],
    ["a negative prefix", "1.2.3.4/-1"],
    ["a prefix with a leading zero", "1.2.3.0/024"],
    ["a mask for a prefix", "1.2.3.0/255.255.255.0"],
    ["two prefixes", "1.2.3.0/24/24"],
    ["bits below a v4 prefix", "10.1.2.3/8"],
    ["bits below a v6 prefix", "2001:db8::1/32"],
    ["a mapped address of neither family", "::ffff:0.0.0.0/95"],
    ["a name", "localhost"],
    ["a star", "*"],
  ])("refuses %s", (_, text) => {
    expect(parseIpRange(text)).toBeNull();
    if (!text.includes("/")) expect(isIp(text)).toBe(false);
  });

  it("reads every v6 address as the URL standard does", () => {
    const noise = fc.string({ unit: fc.constantFrom(..."019afF::::.."), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(noise, fc.ipV6()), (text) => {
        // An address without a colon is v4, which is no v6 literal.
        if (text.includes(":")) expect(parseIpRange(text) !== null).toBe(urlAcceptsV6(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("ipInRanges", () => {
  const ranges = () => ["198.51.100.7", "203.0.113.0/25", "2001:db8:1::/48"].map(range);

  it.each([
    ["198.51.100.7", true],
    ["198.51.100.8", false],
    ["203.0.113.0", true],
    ["203.0.113.127", true],
    ["203.0.113.128", false],
    ["2001:db8:1::", true],
    ["2001:DB8:1:ffff:ffff:ffff:ffff:ffff", true],
    ["2001:db8:2::", false],
    ["::ffff:198.51.100.7", true],
    ["::FFFF:c633:6407", true],
    ["::198.51.100.7", false],
    ["::ffff:198.51.100.8", false],
  ])("says of %s: %s", (ip, expected) => {
    expect(ipInRanges(ip, ranges())).toBe(expected);
  });

  it.each([
    ["nothing", null],
    ["an empty text", ""],
    ["a list", "198.51.100.7, 198.51.100.7"],
    ["white space", " 198.51.100.7"],
    ["a range", "198.51.100.7/32"],
    ["a leading zero", "198.051.100.7"],
    ["garbage", "unknown"],
  ])("fails closed on %s", (_, ip) => {
    expect(ipInRanges(ip, [...ranges(), range("0.0.0.0/0"), range("::/0")])).toBe(false);
  });

  it("allows no address by an empty list", () => {
    expect(ipInRanges("198.51.100.7", [])).toBe(false);
  });

  it("does not open v4 by a v6 range, nor v6 by a v4 range", () => {
    expect(ipInRanges("198.51.100.7", [range("::/0")])).toBe(false);
    expect(ipInRanges("::ffff:198.51.100.7", [range("::/0")])).toBe(false);
    expect(ipInRanges("2001:db8::1", [range("0.0.0.0/0")])).toBe(false);
  });

  it("takes a mapped range for the v4 range", () => {
    expect(ipInRanges("1.2.3.99", [range("::ffff:1.2.3.0/120")])).toBe(true);
    expect(ipInRanges("1.2.4.0", [range("::ffff:1.2.3.0/120")])).toBe(false);
  });

  it("agrees with arithmetic on every v4 prefix", () => {
    const word = fc.nat({ max: 0xffffffff });
    const dotted = (n: bigint) => [24n, 16n, 8n, 0n].map((shift) => (n >> shift) & 255n).join(".");
    fc.assert(
      fc.property(word, word, fc.nat({ max: 32 }), fc.nat({ max: 32 }), (net, other, near, bits) => {
        const hostBits = BigInt(32 - bits);
        const base = (BigInt(net) >> hostBits) << hostBits;
        const ip = BigInt(net) ^ (BigInt(other) >> BigInt(near));
        const inside = ip >> hostBits === base >> hostBits;
        expect(ipInRanges(dotted(ip), [range(`${dotted(base)}/${bits}`)])).toBe(inside);
      }),
    );
  });

  it("agrees with arithmetic on every v6 prefix", () => {
    const wide = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
    const groups = (n: bigint) =>
      Array.from({ length: 8 }, (_, i) => ((n >> BigInt(112 - i * 16)) & 0xffffn).toString(16)).join(":");
    fc.assert(
      fc.property(wide, wide, fc.nat({ max: 128 }), fc.nat({ max: 128 }), (net, other, near, bits) => {
        const hostBits = BigInt(128 - bits);
        const base = (net >> hostBits) << hostBits;
        const ip = net ^ (other >> BigInt(near));
        if (base >> 32n === 0xffffn || ip >> 32n === 0xffffn) return;
        const inside = ip >> hostBits === base >> hostBits;
        expect(ipInRanges(groups(ip), [range(`${groups(base)}/${bits}`)])).toBe(inside);
      }),
    );
  });

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof ipInRanges(text, ranges())).toBe("boolean");
        parseIpRange(text);
      }),
    );
  });
});

describe("networkOf", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:0:1::5", "2001:0db8:0000:0001::/64"],
    ["2001:DB8:0:1:ffff:ffff:ffff:ffff", "2001:0db8:0000:0001::/64"],
    ["2001:db8:0:2::5", "2001:0db8:0000:0002::/64"],
    ["::1", "0000:0000:0000:0000::/64"],
  ])("of %s is %s", (ip, network) => expect(networkOf(ip)).toBe(network));

  it.each(["", "unknown", "192.0.2.07", "192.0.2.7, 192.0.2.8", "fe80::1%eth0"])("of %j is none", (text) =>
    expect(networkOf(text)).toBeNull(),
  );
});
