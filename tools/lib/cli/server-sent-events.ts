/** Server-sent events out of a stream of bytes (HTML Standard, 9.2), as far as the relay sends them. */

export interface ServerSentEvent {
  readonly event: string;
  /** Null where the event has none. */
  readonly id: string | null;
  readonly data: string;
}

/** Each event as soon as it is whole; comments are passed over. Ends with the stream. */
export async function* serverSentEvents(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true }).replaceAll("\r\n", "\n");
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== null) yield event;
    }
  }
}

function eventOf(block: string): ServerSentEvent | null {
  const values = (field: string) =>
    block.split("\n").flatMap((line) => {
      const [, name, value] = /^([a-z]+):? ?(.*)$/.exec(line) ?? [];
      return name === field && value !== undefined ? [value] : [];
    });
  const data = values("data");
  if (data.length === 0) return null;
  return {
    event: values("event").at(-1) ?? "message",
    id: values("id").at(-1) ?? null,
    data: data.join("\n"),
  };
}
