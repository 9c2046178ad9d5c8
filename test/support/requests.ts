/** Requests as the cases write them, made into the platform's. Works in workerd and in Node. */

export interface CaseRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly body_base64?: string;
}

/** The request from this address, as the relay gets it. */
export function requestOf(request: CaseRequest, clientIp?: string): Request {
  const sent = asSendable(request, clientIp);
  return sent.method === request.method ? sent : disguised(sent, request.method);
}

function asSendable(request: CaseRequest, clientIp: string | undefined): Request {
  const headers = new Headers(request.headers);
  if (clientIp !== undefined) headers.set("cf-connecting-ip", clientIp);
  const bytes =
    request.body_base64 === undefined
      ? request.body
      : Uint8Array.from(atob(request.body_base64), (char) => char.charCodeAt(0));
  const body = bytes === undefined || bytes.length === 0 ? null : bytes;
  const isRefused = body !== null && ["GET", "HEAD"].includes(request.method);
  const method = isRefused ? "POST" : request.method;
  return new Request(`https://relay.test${request.path}`, { method, headers, body });
}

/**
 * `new Request` refuses a GET with a body, which arrives over HTTP all the same (the end-to-end suite
 * sends it there): the relay gets a POST whose method reads as the other.
 */
function disguised(asPost: Request, method: string): Request {
  return new Proxy(asPost, {
    get(target, name) {
      if (name === "method") return method;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Can it be sent as it is, or only given to the app? */
export function isSendable({ method, body, body_base64: bytes }: CaseRequest): boolean {
  return !["GET", "HEAD"].includes(method) || (body ?? bytes ?? "") === "";
}
