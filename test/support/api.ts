/** The operator API as tests call it: over HTTP, each status held against its description. */
import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from "cloudflare:test";
import { expect, vi } from "vitest";
import { openApi } from "../../src/api/openapi.ts";
import { ALL_OPERATIONS } from "../../src/api/table.ts";
import { app } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { RECOUNT_INTERVAL_MS } from "../../src/limits.ts";
import { secrets } from "./bindings.ts";
import { bindings, inboxOf, shards, type Outside } from "./worker.ts";

const { paths } = openApi(ALL_OPERATIONS) as {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
};

type Json = Record<string, never>;

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

/** An operator's request to the Worker of this environment. */
export async function call(
  method: "GET" | "POST",
  path: string,
  body?: unknown,
  env: Env = bindings,
): Promise<Answer> {
  const ctx = createExecutionContext();
  const headers = { authorization: `Bearer ${secrets.ADMIN_TOKEN}` };
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await app.fetch(new Request(`https://relay.test${path}`, init), env, ctx);
  await waitOnExecutionContext(ctx);
  expect(statusesOf(method, path), `${method} ${path}`).toContain(String(response.status));
  return { status: response.status, body: await response.json() };
}

/** The statuses that the description has for a request. */
function statusesOf(method: string, path: string): string[] {
  const segments = (path.split("?")[0] ?? "").split("/");
  const fits = (template: string) => {
    const parts = template.split("/");
    return (
      parts.length === segments.length && parts.every((part, i) => part[0] === "{" || part === segments[i])
    );
  };
  const found = Object.entries(paths).filter(([template]) => fits(template));
  return found.flatMap(([, methods]) => Object.keys(methods[method.toLowerCase()]?.responses ?? {}));
}

export const get = async (path: string) => (await call("GET", path)).body;
export const order = (path: string, body?: unknown, env?: Env) => call("POST", path, body, env);

/** Every event that a query finds. */
export async function listed(query = ""): Promise<Record<string, unknown>[]> {
  return (await get(`/api/events?limit=200${query && `&${query}`}`)).events as unknown as Record<
    string,
    unknown
  >[];
}

/** The ids of the events that wait for a person. */
export async function waiting(): Promise<unknown[]> {
  return (await listed("needs_person=true")).map(({ id }) => id);
}

/** Waits until the CRM has had so many requests, and the Inbox knows it. */
export async function delivered(outside: Outside, count: number): Promise<void> {
  await vi.waitFor(() => expect(outside.delivered).toHaveLength(count), { timeout: 5_000 });
  await vi.waitFor(async () => expect(await listed("state=pending")).toEqual([]), { timeout: 5_000 });
}

/** The ledger adds up now, and a recount of all rows agrees with it. */
export async function expectLedgerToAddUp(): Promise<void> {
  expect((await get("/api/ledger")).remainder).toEqual({});
  const nowMs = Date.now();
  await ringAll();
  vi.setSystemTime(nowMs + RECOUNT_INTERVAL_MS);
  await ringAll();
  expect((await get("/api/ledger")).remainder).toEqual({});
  vi.setSystemTime(nowMs);
}

/** Has every shard do what is due, whether its alarm is set or not. */
async function ringAll(): Promise<void> {
  for (const shard of shards) await runInDurableObject(inboxOf(shard), (instance) => instance.alarm());
}
