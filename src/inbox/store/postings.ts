/**
 * What a row of the search holds (docs/storage.md#the-search): sorted postings of five bytes, 24 bits of a term's hash
 * and then how far an event is from the first of its block. As a number, a posting is these 40 bits. Pure.
 */
import { SEARCH_BLOCK_PARTS } from "../../limits.ts";

const POSTING_BYTES = 5;
const OFFSETS = 2 ** 16;

/** FNV-1a over UTF-16 units, its bits mixed once more: 32 bits. Whoever makes terms collide has them looked at in vain. */
export function hashOf(term: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < term.length; index += 1) {
    hash = Math.imul(hash ^ term.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Which row of a block has the postings of a term: by the last bits of its hash. */
export const partOf = (hash: number): number => hash % SEARCH_BLOCK_PARTS;

/** Above any number of an event; eight parts of so many are numbers that JavaScript holds exactly. */
const PART_KEYS = 2 ** 40;

/** The row of a block: those of part 0 have the number of the block's first event as their key. */
export const keyOf = (part: number, firstN: number): number => part * PART_KEYS + firstN;

/** By the first 24 bits of the hash. */
export const postingOf = (hash: number, offset: number): number => (hash >>> 8) * OFFSETS + offset;
export const offsetOf = (posting: number): number => posting % OFFSETS;

export function packed(postings: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(postings.length * POSTING_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, posting] of Float64Array.from(postings).sort().entries()) {
    view.setUint8(index * POSTING_BYTES, Math.floor(posting / 2 ** 32));
    view.setUint32(index * POSTING_BYTES + 1, posting % 2 ** 32);
  }
  return bytes;
}

export function allOf(bytes: Uint8Array): number[] {
  return Array.from({ length: bytes.length / POSTING_BYTES }, (_, index) => postingAt(bytes, index));
}

/** Of the events that may have a term with this hash. */
export function offsetsOf(bytes: Uint8Array, hash: number): number[] {
  const least = postingOf(hash, 0);
  let [low, high] = [0, bytes.length / POSTING_BYTES];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (postingAt(bytes, middle) < least) low = middle + 1;
    else high = middle;
  }
  const offsets: number[] = [];
  for (let index = low; index < bytes.length / POSTING_BYTES; index += 1) {
    const posting = postingAt(bytes, index);
    if (posting >= least + OFFSETS) break;
    offsets.push(offsetOf(posting));
  }
  return offsets;
}

function postingAt(bytes: Uint8Array, index: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + index * POSTING_BYTES, POSTING_BYTES);
  return view.getUint8(0) * 2 ** 32 + view.getUint32(1);
}
