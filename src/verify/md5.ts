/**
 * MD5 (RFC 1321), for providers whose callbacks are signed with it: Web Crypto has it in workerd only, and
 * the tools that check a configuration run in Node. MD5 is broken as a hash; as `md5(content + secret)` a
 * forgery still needs the secret, since a collision has to be found before the secret is known to be behind it.
 * Never used for anything of the relay's own. Pure.
 */

/** Per round of sixteen steps, the four rotations it repeats. */
const ROTATIONS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

/** floor(2^32 × |sin(i + 1)|), as RFC 1321 section 3.4 defines them. */
const SINES = Uint32Array.from({ length: 64 }, (_, i) => Math.floor(2 ** 32 * Math.abs(Math.sin(i + 1))));

const BLOCK = 64;
const LENGTH = 8;

/** The digest (16 bytes) of `data`. */
export function md5(data: Uint8Array): Uint8Array {
  const padded = paddedOf(data);
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  for (let at = 0; at < padded.byteLength; at += BLOCK) {
    addBlock(state, new DataView(padded.buffer, at, BLOCK));
  }
  const digest = new DataView(new ArrayBuffer(state.byteLength));
  for (const [i, word] of state.entries()) digest.setUint32(i * 4, word, true);
  return new Uint8Array(digest.buffer);
}

/** A one bit, zeros, and the length in bits: a whole number of blocks. */
function paddedOf(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((data.length + 1 + LENGTH) / BLOCK) * BLOCK);
  padded.set(data);
  padded[data.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - LENGTH, BigInt(data.length) * 8n, true);
  return padded;
}

function addBlock(state: Uint32Array, block: DataView): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let i = 0; i < BLOCK; i += 1) {
    const round = i >> 4;
    const [mixed, word] = step(round, i, b, c, d);
    const sum = (a + mixed + (SINES[i] ?? 0) + block.getUint32(word * 4, true)) | 0;
    const rotation = ROTATIONS[round]?.[i & 3] ?? 0;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << rotation) | (sum >>> (32 - rotation)))) | 0;
  }
  for (const [i, word] of [a, b, c, d].entries()) state[i] = ((state[i] ?? 0) + word) >>> 0;
}

/** The round's mixing function, and which of the block's sixteen words the step takes. */
function step(round: number, i: number, b: number, c: number, d: number): readonly [number, number] {
  switch (round) {
    case 0:
      return [(b & c) | (~b & d), i & 15];
    case 1:
      return [(d & b) | (~d & c), (5 * i + 1) & 15];
    case 2:
      return [b ^ c ^ d, (3 * i + 5) & 15];
    default:
      return [c ^ (b | ~d), (7 * i) & 15];
  }
}
