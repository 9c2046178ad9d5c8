/** Requests as nobody's client library would send them, and answers as they come: status, headers, bytes. */
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

export interface QueueSender {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sent without a length. */
  readonly chunked?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const PIECE_BYTES = 65_536;
const TIMEOUT_MS = 60_000;

/** One request on a connection of its own. Rejects when the connection breaks before the answer is read. */
export function exchange(relayUrl: string, outgoing: QueueSender): Promise<Answer> {
  const { hostname, port } = new URL(relayUrl);
  const body = Buffer.from(outgoing.body ?? "");
  const { method, path } = outgoing;
  // Node itself leaves the length out of a GET, and with it the body.
  const length =
    outgoing.chunked === true ? { "transfer-encoding": "chunked" } : { "content-length": body.byteLength };
  const hasBody = outgoing.body !== undefined;
  return new Promise((resolve, reject) => {
    const headers = { ...outgoing.headers, ...(hasBody ? length : {}) };
    const sent = request(
      { hostname, port, method, path, headers, agent: false, timeout: TIMEOUT_MS },
      (answer) => {
        buffer(answer).then(
          (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes }),
          reject,
        );
      },
    );
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    const write = (from: number): void => {
      if (from >= body.byteLength) {
        sent.end();
        return;
      }
      sent.write(body.subarray(from, from + PIECE_BYTES), () => write(from + PIECE_BYTES));
    };
    write(0);
  });
}

/** Announces more than it sends, then hangs up. Resolves when the connection is closed. */
export function breakOff(relayUrl: string, path: string, body: string): Promise<void> {
  const { hostname, port } = new URL(relayUrl);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      const head = [
        `POST ${path} HTTP/1.1`,
        `host: ${hostname}:${port}`,
        "content-type: application/json",
        `content-length: ${Buffer.byteLength(body) * 2}`,
      ];
      socket.write(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroySoon());
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}
