/** The console as a browser uses it, inside workerd: a session's cookie, forms with their origin, elements of pages. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { app } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { secrets } from "./bindings.ts";
import { bindings } from "./worker.ts";

export const ORIGIN = "https://relay.test";

export interface Browsing {
  readonly env?: Env;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that follows nothing. */
export async function ask(path: string, init: RequestInit = {}, env: Env = bindings): Promise<Response> {
  const ctx = createExecutionContext();
  const response = await app.fetch(new Request(ORIGIN + path, { redirect: "manual", ...init }), env, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

/** A form as the console's own pages post it, unless `headers` say otherwise. */
export async function submit(
  path: string,
  fields: Readonly<Record<string, string>>,
  { env, headers = { origin: ORIGIN, "sec-fetch-site": "same-origin" } }: Browsing = {},
): Promise<Response> {
  return await ask(path, { method: "POST", body: new URLSearchParams(fields), headers }, env);
}

/** `name=value` of the session's cookie that a response sets; empty: it sets none. */
export function cookieOf(response: Response): string {
  return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

export class Visitor {
  readonly #cookie: string;
  readonly #env: Env;

  private constructor(cookie: string, env: Env) {
    this.#cookie = cookie;
    this.#env = env;
  }

  static async signIn(token: string = secrets.ADMIN_TOKEN, env: Env = bindings): Promise<Visitor> {
    return new Visitor(cookieOf(await submit("/sign-in", { token }, { env })), env);
  }

  get(path: string): Promise<Response> {
    return ask(path, { headers: { cookie: this.#cookie } }, this.#env);
  }

  /** The page's text, wherever the address leads to. */
  async page(path: string): Promise<string> {
    const response = await this.get(path);
    const location = response.headers.get("location");
    return location === null ? await response.text() : await this.page(location.split("#")[0] ?? "/");
  }

  order(path: string, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
    return submit(path, fields, {
      env: this.#env,
      headers: { origin: ORIGIN, "sec-fetch-site": "same-origin", cookie: this.#cookie },
    });
  }
}

/** Names and attributes of all elements of a page, as a browser would read them. */
export async function elementsOf(
  html: string,
): Promise<{ readonly name: string; readonly attributes: ReadonlyMap<string, string> }[]> {
  const found: { name: string; attributes: ReadonlyMap<string, string> }[] = [];
  const rewriter = new HTMLRewriter().on("*", {
    element({ tagName, attributes }) {
      found.push({ name: tagName, attributes: new Map(attributes as Iterable<[string, string]>) });
    },
  });
  await rewriter.transform(new Response(html)).text();
  return found;
}
