/**
 * The relay as the console sees it: the operations of the operator API, called in-process as the operator who has
 * signed in. There is nothing else here: what the API does not tell, the console does not know.
 */
import type { Context as HonoContext } from "hono";
import type { z } from "zod";
import type { ApiBindings } from "../api/bindings.ts";
import { api } from "../api/routes.ts";
import type * as views from "../api/schemas.ts";

type View<Name extends keyof typeof views> = z.output<(typeof views)[Name] & z.ZodType>;

/** What came of an operation: what it shows, or why it was not carried out. */
export type Outcome<T> =
  | { readonly ok: true; readonly view: T }
  | { readonly ok: false; readonly status: number; readonly detail: string };

export type Query = Readonly<Record<string, string | undefined>>;

export class Relay {
  readonly #env: ApiBindings;
  readonly #ctx: HonoContext["executionCtx"];
  readonly #token: string;

  constructor(env: ApiBindings, ctx: HonoContext["executionCtx"], token: string) {
    this.#env = env;
    this.#ctx = ctx;
    this.#token = token;
  }

  events(query: Query): Promise<Outcome<View<"eventPage">>> {
    const given = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined);
    return this.#call("GET", `/events?${String(new URLSearchParams(given))}`);
  }

  event(id: string): Promise<Outcome<View<"eventDetail">>> {
    return this.#call("GET", `/events/${encodeURIComponent(id)}`);
  }

  payment(id: string): Promise<Outcome<View<"paymentTimeline">>> {
    return this.#call("GET", `/payments/${encodeURIComponent(id)}`);
  }

  destinations(): Promise<Outcome<View<"destinationsView">>> {
    return this.#call("GET", "/destinations");
  }

  ledger(): Promise<Outcome<View<"ledgerView">>> {
    return this.#call("GET", "/ledger");
  }

  audit(): Promise<Outcome<View<"auditView">>> {
    return this.#call("GET", "/audit");
  }

  replays(): Promise<Outcome<View<"replayJobs">>> {
    return this.#call("GET", "/replays");
  }

  replay(id: string, body: object): Promise<Outcome<View<"replayResponse">>> {
    return this.#call("POST", `/events/${encodeURIComponent(id)}/replay`, body);
  }

  dismiss(id: string, body: object): Promise<Outcome<View<"dismissResponse">>> {
    return this.#call("POST", `/events/${encodeURIComponent(id)}/dismiss`, body);
  }

  /** The order in bulk, or with `dry_run` how many it is about. */
  bulk(
    order: "dismissals" | "releases",
    body: object,
  ): Promise<Outcome<View<"bulkResponse"> | View<"dryRun">>> {
    return this.#call("POST", `/${order}`, body);
  }

  startReplay(body: object): Promise<Outcome<View<"replayJob"> | View<"dryRun">>> {
    return this.#call("POST", "/replays", body);
  }

  cancelReplay(id: string): Promise<Outcome<View<"replayJob">>> {
    return this.#call("POST", `/replays/${encodeURIComponent(id)}/cancel`);
  }

  pause(name: string, body: object): Promise<Outcome<View<"pauseResponse">>> {
    return this.#call("POST", `/destinations/${encodeURIComponent(name)}/pause`, body);
  }

  resume(name: string): Promise<Outcome<View<"pauseResponse">>> {
    return this.#call("POST", `/destinations/${encodeURIComponent(name)}/resume`);
  }

  async #call<T>(method: "GET" | "POST", path: string, body?: object): Promise<Outcome<T>> {
    const request = new Request(`https://relay.internal${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await api.fetch(request, this.#env, this.#ctx);
    if (response.ok) return { ok: true, view: await response.json<T>() };
    const { error, problems = [] } = await response.json<{ error: string; problems?: string[] }>();
    const detail = problems.length > 0 ? problems.join("; ") : error;
    return { ok: false, status: response.status, detail };
  }
}
