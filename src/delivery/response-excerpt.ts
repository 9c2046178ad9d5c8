/** The beginning of a receiver's answer, as text for the attempt log. Bounded in bytes and in time. */
import { MAX_ANSWER_BYTES } from "../limits.ts";

/**
 * The verdict stands with the status; the body is only for people to read. What has not come by then is
 * not waited for: the payment's next event is waiting too.
 */
const ANSWER_PATIENCE_MS = 2_000;

/** Control characters, but not tabs and line breaks: nothing for a log, a terminal or a page. */
const CONTROL = /[^\P{Cc}\t\n\r]/gu;

/**
 * The first 16 KiB; null when there is no body. Never throws: a receiver that has answered has answered,
 * also if its body then breaks off, never ends, or is not what its encoding says.
 */
export async function readResponseExcerpt(body: ReadableStream<Uint8Array> | null): Promise<string | null> {
  if (body === null) return null;
  const reader = body.getReader();
  // Without it the connection stays open, and there are six. A read under way then ends like the body.
  const cancel = () => void reader.cancel().catch(() => undefined);
  const patience = setTimeout(cancel, ANSWER_PATIENCE_MS);
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  try {
    while (size < MAX_ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) {
        text += decoder.decode();
        break;
      }
      const part = value.subarray(0, MAX_ANSWER_BYTES - size);
      size += part.byteLength;
      text += decoder.decode(part, { stream: true });
    }
  } catch {
    // What came before it broke is all there is.
  } finally {
    clearTimeout(patience);
    cancel();
  }
  return text.replace(CONTROL, "\u{FFFD}");
}
