/** Requests that client libraries would not send, and responses as they come: status, headers, bytes. */
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sent without a length. */
  readonly chunked?: boolean;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const PIECE_BYTES = 65_536;
const TIMEOUT_MS = 60_000;

/** One request on a connection of its own. Rejects when the connection breaks before the response is read. */
export function exchange(relayUrl: string, raw: RawRequest): Promise<RawResponse> {
  const { hostname, port } = new URL(relayUrl);
  const body = Buffer.from(raw.body ?? "");
  const { method, path } = raw;
  // Node itself leaves the length out of a GET, and with it the body.
  const length =
    raw.chunked === true ? { "transfer-encoding": "chunked" } : { "content-length": body.byteLength };
  const hasBody = raw.body !== undefined;
  return new Promise((resolve, reject) => {
    const headers = { ...raw.headers, ...(hasBody ? length : {}) };
    const sent = request(
      { hostname, port, method, path, headers, agent: false, timeout: TIMEOUT_MS },
      (response) => {
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
          reject,
        );
      },
    );
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error(`no response within ${TIMEOUT_MS} ms`)));
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
