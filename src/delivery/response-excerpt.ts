/** The beginning of a receiver's response, as text for the attempt log. Bounded in bytes and in time. */
import { MAX_RESPONSE_EXCERPT_BYTES, RESPONSE_EXCERPT_TIMEOUT_MS } from "../limits.ts";

/** Control characters, but not tabs and line breaks: nothing for a log, a terminal or a page. */
const CONTROL = /[^\P{Cc}\t\n\r]/gu;

/**
 * The first 16 KiB; null when there is no body. Never throws: the status
 * decides, also if the body then breaks off, never ends, or is not what its encoding says.
 */
export async function readResponseExcerpt(body: ReadableStream<Uint8Array> | null): Promise<string | null> {
  if (body === null) return null;
  const reader = body.getReader();
  // An open response holds one of the six connections. A read under way then ends like the body.
  const cancel = () => void reader.cancel().catch(() => undefined);
  const timeout = setTimeout(cancel, RESPONSE_EXCERPT_TIMEOUT_MS);
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    while (size < MAX_RESPONSE_EXCERPT_BYTES) {
      const { done, value } = await reader.read();
      if (done) {
        text += decoder.decode();
        break;
      }
      const part = value.subarray(0, MAX_RESPONSE_EXCERPT_BYTES - size);
      size += part.byteLength;
      text += decoder.decode(part, { stream: true });
    }
  } catch {
    // What came before it broke is all there is.
  } finally {
    clearTimeout(timeout);
    cancel();
  }
  return text.replace(CONTROL, "\u{FFFD}");
}
