/** The operator API as the commands call it: where the relay is, with what token, and what its refusals mean. */
import { readSecrets, secretsFile } from "../secrets.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/** The relay of `npm start` and `npm run dev`. */
export const LOCAL_URL = "http://127.0.0.1:8787";

/** A relay that has not answered by then is not going to. */
const TIMEOUT_MS = 60_000;

export interface Connection {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export class RelayApi {
  readonly url: URL;
  readonly #token: string;

  constructor(url: URL, token: string) {
    this.url = url;
    this.#token = token;
  }

  /** @param answers further statuses whose body is an answer */
  async get<T>(path: string, query: Query = {}, answers: readonly number[] = []): Promise<T> {
    return await this.#call<T>("GET", withQuery(path, query), undefined, answers);
  }

  async post<T>(path: string, body: object = {}): Promise<T> {
    return await this.#call<T>("POST", path, body);
  }

  /** An answer that goes on for as long as the relay has something to say. */
  async stream(path: string, query: Query = {}): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#fetch("GET", withQuery(path, query), { accept: "text/event-stream" });
    if (response.ok && response.body !== null) return response.body;
    throw refusalOf(response.status, jsonOf(await response.text()), this.url);
  }

  async #call<T>(method: string, path: string, body?: object, answers: readonly number[] = []): Promise<T> {
    const response = await this.#fetch(method, path, { "content-type": "application/json" }, body);
    const answer = jsonOf(await response.text());
    if ((response.ok || answers.includes(response.status)) && answer !== undefined) return answer as T;
    throw refusalOf(response.status, answer, this.url);
  }

  /** Waits for the beginning of the answer, and no longer than for that. */
  async #fetch(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: object,
  ): Promise<Response> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error("no answer in time")), TIMEOUT_MS);
    try {
      return await fetch(new URL(path, this.url), {
        method,
        headers: { ...headers, authorization: `Bearer ${this.#token}` },
        // A redirect would carry the token to wherever it leads.
        redirect: "manual",
        signal: late.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw new CliError(EXIT.unreachable, `no answer from ${this.url.origin}: ${causeOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const search = new URLSearchParams(given).toString();
  return search === "" ? path : `${path}?${search}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): string {
  const { message, cause } = error as Error & { readonly cause?: { readonly code?: string } };
  if (cause?.code === "ECONNREFUSED") return "is the relay running (npm start), and is --url right?";
  return cause?.code ?? message;
}

/** What an answer that is no success means for the caller. */
function refusalOf(status: number, answer: unknown, url: URL): CliError {
  const { error, errors } = (answer ?? {}) as {
    readonly error?: string;
    readonly errors?: readonly { readonly in: string; readonly path: string; readonly message: string }[];
  };
  const mistakes = errors?.map(({ in: place, path, message }) => `${place} ${path}: ${message}`) ?? [];
  if (status === 401) {
    return new CliError(EXIT.refused, `${url.origin} does not accept the token (--token, or RELAY_TOKEN)`);
  }
  // Several mistakes are named one by one.
  const what = mistakes.length > 0 ? "the request is not valid" : (error ?? "no explanation");
  if (answer === undefined || status >= 500) {
    return new CliError(EXIT.unreachable, `${url.origin} answered ${status}: ${what}`, mistakes);
  }
  return new CliError(EXIT.refused, `the relay refuses it (${status}): ${what}`, mistakes);
}

/**
 * The relay of the command line: `--url` and `--token`, else RELAY_URL and RELAY_TOKEN, else the local one with
 * the token of `.dev.vars`. The local token is never sent anywhere else, and no token over an open line.
 */
export function connect(io: Io, { url: givenUrl, token: givenToken }: Connection): RelayApi {
  const text = givenUrl ?? io.env["RELAY_URL"] ?? LOCAL_URL;
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new CliError(EXIT.usage, `--url is an address like https://relay.example.com, not "${text}"`);
  }
  const isLocal = isLoopback(url);
  if (url.protocol === "http:" && !isLocal) {
    throw new CliError(EXIT.usage, `${url.origin} is not https: the token could be read on its way`);
  }
  const local = isLocal ? readSecrets(secretsFile(io.project))["ADMIN_TOKEN"] : undefined;
  const token = givenToken ?? io.env["RELAY_TOKEN"] ?? local;
  if (!token)
    throw new CliError(EXIT.usage, "no token: give RELAY_TOKEN (or --token), the relay's ADMIN_TOKEN");
  return new RelayApi(url, token);
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}
