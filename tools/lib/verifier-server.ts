/**
 * A stand-in for TokenPayments' token verifier: `GET /api/token-verifier/<token>`.
 *
 * By default tokens that begin with `tkn` are valid; a mode makes it respond otherwise or fail,
 * also at run time: `POST /_mode?mode=503`. Loopback only.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { VALID_TOKEN_PREFIX } from "./callbacks.ts";

export const VERIFIER_MODES = ["auto", "true", "false", "503", "timeout", "html"] as const;
export type VerifierMode = (typeof VERIFIER_MODES)[number];

export function isVerifierMode(text: string): text is VerifierMode {
  return (VERIFIER_MODES as readonly string[]).includes(text);
}

export interface VerifierOptions {
  /** 0 or absent: a free one. */
  readonly port?: number;
  readonly mode?: VerifierMode;
  /** Never answers about tokens that begin so, whatever the mode. */
  readonly hangsOver?: string;
  readonly onAsked?: (token: string, mode: VerifierMode) => void;
}

export interface Verifier {
  readonly port: number;
  /** What `verifier_url` must be. */
  readonly url: string;
  /** Every token asked about, in order. */
  asked(): string[];
  setMode(mode: VerifierMode): void;
  close(): Promise<void>;
}

const PATH = "/api/token-verifier/";

export function startVerifier(options: VerifierOptions = {}): Promise<Verifier> {
  let mode = options.mode ?? "auto";
  const asked: string[] = [];

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://verifier");
    const route = `${request.method} ${url.pathname}`;
    if (route === "GET /healthz") return respond(response, 200, { ok: true });
    if (route === "GET /asked") return respond(response, 200, asked);
    if (route === "POST /_mode") {
      const wanted = url.searchParams.get("mode") ?? "";
      if (!isVerifierMode(wanted)) {
        return respond(response, 400, { error: `mode is one of ${VERIFIER_MODES.join(", ")}` });
      }
      mode = wanted;
      return respond(response, 200, { mode });
    }
    if (request.method !== "GET" || !url.pathname.startsWith(PATH)) {
      return respond(response, 404, { error: "not found" });
    }
    const token = url.pathname.slice(PATH.length);
    asked.push(token);
    options.onAsked?.(token, mode);
    if (options.hangsOver !== undefined && token.startsWith(options.hangsOver)) return;
    switch (mode) {
      case "auto":
        return respond(response, 200, { valid: token.startsWith(VALID_TOKEN_PREFIX) });
      case "true":
      case "false":
        return respond(response, 200, { valid: mode === "true" });
      case "503":
        return respond(response, 503, { error: "busy" });
      case "html":
        response.setHeader("content-type", "text/html");
        return void response.end("<!doctype html><p>Down for maintenance</p>");
      case "timeout":
        return; // no response, until the caller gives up
    }
  });

  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        port,
        url: `http://127.0.0.1:${port}${PATH}`,
        asked: () => [...asked],
        setMode: (wanted) => {
          mode = wanted;
        },
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}
