/** Reads a body while counting, so that what is too large is never held in memory. */

export interface ReadOptions {
  /** Ends the reading, by throwing: a body that never ends must not be waited for for ever. */
  readonly signal?: AbortSignal;
  /**
   * Of a body that is too large, how much more is read and thrown away before it is cut off: a sender
   * that is cut off in the middle of its body often never reads our answer.
   */
  readonly discardBytes?: number;
}

export interface BytesRead {
  readonly bytes: Uint8Array;
  /** False: there was more, and these are the first. */
  readonly isWhole: boolean;
}

/** The whole body, or `too_large`; never more than `maxBytes` of it are held. */
export async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  options: ReadOptions = {},
): Promise<Uint8Array | "too_large"> {
  const { bytes, isWhole } = await readUpTo(body, maxBytes, options);
  return isWhole ? bytes : "too_large";
}

/** The first `maxBytes` of the body, and whether that is all of it. */
export async function readUpTo(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  { signal, discardBytes = 0 }: ReadOptions = {},
): Promise<BytesRead> {
  if (body === null) return { bytes: new Uint8Array(), isWhole: true };
  const reader = body.getReader();
  // The read in progress then ends as if the body had: whether it did is asked below.
  signal?.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  let kept = 0;
  for (;;) {
    const { done, value } = await reader.read();
    signal?.throwIfAborted();
    if (done) return { bytes: join(chunks, kept), isWhole: size <= maxBytes };
    const chunk = value.subarray(0, maxBytes - kept);
    if (chunk.byteLength > 0) chunks.push(chunk);
    kept += chunk.byteLength;
    size += value.byteLength;
    if (size > maxBytes + discardBytes) {
      await reader.cancel();
      return { bytes: join(chunks, kept), isWhole: false };
    }
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
