/** Which proof a captured callback seems to carry: a guess from how it looks, for a person to compare with a document. Pure. */
import type { WrittenVerifySpec } from "../../../src/verify/spec/spec.ts";
import type { Leaf } from "./leaves.ts";

export interface DraftProof {
  readonly verify: WrittenVerifySpec;
  /** Where secrets of this callback stand: its signature, its time. */
  readonly places: ReadonlySet<string>;
  readonly notes: readonly string[];
}

const SIGNATURE = /(^|[/_:-])(sign|signature|sig|hmac|hash|mac|checksum|verify_?hash|token|authorization)$/i;
const TIME = /(^|[/_:-])(timestamp|time|ts)$/i;
const KEYED: Readonly<Record<number, WrittenVerifySpec["alg"]>> = {
  16: "md5",
  20: "hmac-sha1",
  32: "hmac-sha256",
  48: "hmac-sha384",
  64: "hmac-sha512",
};

/** @param headers of the request, as leaves of the kind header */
export function draftProof(headers: readonly Leaf[], body: readonly Leaf[], source: string): DraftProof {
  const signature =
    headers.find(({ place, text }) => SIGNATURE.test(place) && looksSigned(text)) ??
    body.find(({ place, text }) => SIGNATURE.test(place) && looksSigned(text)) ??
    [...headers, ...body].find(({ place, text }) => SIGNATURE.test(place) && text !== "");
  if (signature === undefined) {
    return {
      verify: { alg: "hmac-sha256", sig: "header:x-signature" },
      places: new Set(),
      notes: ["verify: nothing in this callback looks like a signature or a token: write where yours stands"],
    };
  }
  const spelled = spellingOf(signature.text);
  const alg = spelled === null ? "static" : (KEYED[spelled.bytes] ?? "static");
  if (spelled === null || alg === "static") {
    const isBearer = signature.text.startsWith("Bearer ");
    return {
      verify: { alg: "static", sig: signature.place, ...(isBearer ? { format: "prefix:Bearer " } : {}) },
      places: new Set([signature.place]),
      notes: [
        `verify: ${signature.place} is taken for a token, which proves nothing of the contents: is it a signature?`,
      ],
    };
  }
  const time = headers.find(
    ({ place, text }) => TIME.test(place) && /^\d{10}(\d{3})?$|^\d{4}-\d\d-/.test(text),
  );
  const stated = spelled.timePart ?? (time ? time.place : null);
  const whole = wholeOf(signature, body, source);
  const content = `${stated === null ? "" : `{${stated}}.`}${whole}${alg === "md5" ? "{secret}" : ""}`;
  return {
    verify: {
      alg,
      sig: signature.place,
      ...(spelled.format === "plain" ? {} : { format: spelled.format }),
      ...(spelled.encoding === "hex" ? {} : { encoding: spelled.encoding }),
      ...(content === "{raw}" ? {} : { content }),
      ...(stated === null ? {} : { time: { from: stated, unit: unitOf(time?.text ?? "") } }),
    },
    places: new Set([signature.place, ...(spelled.timePart === null && time ? [time.place] : [])]),
    notes: [
      `verify: ${alg} of ${content} is a guess by the length of ${signature.place}: compare content, key and encoding with the provider's document`,
    ],
  };
}

/** Everything but the signature itself. */
function wholeOf({ place }: Leaf, body: readonly Leaf[], source: string): string {
  const [, member] = /^json:\/([^/]+)$/.exec(place) ?? [];
  if (member !== undefined) return `{canon:json-without:${member}}`;
  if (place.startsWith("header:") && source !== "query") return "{raw}";
  return body
    .filter((leaf) => leaf.place !== place)
    .map((leaf) => `{${leaf.place}}`)
    .join("");
}

function unitOf(text: string): "s" | "ms" | "iso" {
  if (/^\d{13}$/.test(text)) return "ms";
  return /^\d{4}-/.test(text) ? "iso" : "s";
}

interface Spelling {
  readonly format: string;
  readonly encoding: "hex" | "base64";
  readonly bytes: number;
  /** `sig:t` of `t=…,v1=…`. */
  readonly timePart: string | null;
}

const looksSigned = (text: string) => {
  const spelled = spellingOf(text);
  return spelled !== null && spelled.bytes in KEYED;
};

function spellingOf(text: string): Spelling | null {
  for (const [word, separator] of [
    ["comma", ","],
    ["semi", ";"],
  ] as const) {
    const parts = text.split(separator).map((part) => /^\s*([A-Za-z0-9_-]+)=(\S+)\s*$/.exec(part));
    if (parts.length < 2 || parts.includes(null)) continue;
    const signed = parts.find((part) => decodedOf(part?.[2] ?? "") !== null);
    const time = parts.find((part) => /^\d{10,13}$/.test(part?.[2] ?? ""));
    const decoded = decodedOf(signed?.[2] ?? "");
    if (decoded === null) continue;
    const timePart = time?.[1] === undefined ? null : `sig:${time[1]}`;
    return { ...decoded, format: `kv:${word}:${signed?.[1] ?? ""}`, timePart };
  }
  const [, version, listed] = /^(v\d+),(\S+)/.exec(text) ?? [];
  const [, prefix, behind] = /^([A-Za-z0-9-]{1,30}=)([^=].*)$/.exec(text) ?? [];
  for (const [format, rest] of [
    ["plain", text],
    [`list:${version ?? ""}`, listed],
    [`prefix:${prefix ?? ""}`, behind],
  ] as const) {
    const decoded = decodedOf(rest ?? "");
    if (decoded !== null) return { ...decoded, format, timePart: null };
  }
  return null;
}

function decodedOf(text: string): { readonly encoding: "hex" | "base64"; readonly bytes: number } | null {
  const known = (bytes: number) => bytes in KEYED;
  if (/^(?:[0-9a-f]{2})+$/i.test(text) && known(text.length / 2))
    return { encoding: "hex", bytes: text.length / 2 };
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return null;
  const bytes = Buffer.from(text, "base64").length;
  return known(bytes) ? { encoding: "base64", bytes } : null;
}
