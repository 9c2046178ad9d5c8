/** Reads a body while counting, so that what is too large is never held in memory (threat 8). */

/**
 * The whole body, or `too_large` as soon as it passes `maxBytes`; the rest is not read. Throws when the
 * signal aborts first: a body that never ends must not be waited for longer than its headers.
 */
export async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array | "too_large"> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  // The read in progress then ends as if the body had: whether it did is asked below.
  signal?.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    signal?.throwIfAborted();
    if (done) return join(chunks, size);
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      return "too_large";
    }
    chunks.push(value);
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
