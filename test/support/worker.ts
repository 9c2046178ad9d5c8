/** The relay as a provider sees it, inside workerd: posts to the ingress, a programmable CRM and verifier, the rows of the Inbox. */
import {
  createExecutionContext,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, vi } from "vitest";
import { activityOf } from "../../src/activity/client.ts";
import { app } from "../../src/app.ts";
// As for the platform: the objects' classes are there before the first test.
import "../../src/index.ts";
import type { Env } from "../../src/env.ts";
import type { PaymentEvent } from "../../src/event.ts";
import { allShards } from "../../src/inbox/shard.ts";
import { refusedAddresses } from "../../src/ingress/flood.ts";
import { refusedReports } from "../../src/ingress/refused-reports.ts";
import { recentCallbacks } from "../../src/ingress/shield.ts";
import { DEFAULT_INBOX_SHARDS } from "../../src/limits.ts";
import { relay } from "./bindings.ts";
import type { VerifierScript } from "./case-files.ts";
import { isSendable, requestOf, type CaseRequest } from "./requests.ts";

export type { CaseRequest } from "./requests.ts";
export type { VerifierScript } from "./case-files.ts";

export const bindings = env as unknown as Env;

export interface Delivered {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Everything sent to the CRM during one test. */
const sent: Delivered[] = [];

/** Whatever a test is about: nothing is sent that the published contract does not allow. */
afterEach(async () => {
  const all = sent.splice(0);
  if (all.length === 0) return;
  // The validators take a while to load, and most tests send nothing.
  const { faultsOfDelivery } = await import("./contract.ts");
  const faults = all.flatMap(faultsOfDelivery);
  if (faults.length > 0) throw new Error(`sent otherwise than docs/schemas says: ${faults.join("; ")}`);
});

/** The servers outside the Worker: one CRM that accepts everything, one programmable verifier. */
export class Outside {
  readonly delivered: Delivered[] = [];
  readonly logged: string[] = [];
  verifierCalls = 0;
  verifier: VerifierScript | ((token: string) => VerifierScript | Promise<VerifierScript>) =
    "must_not_be_called";
  /** What the CRM answers; replaced by tests of delivery. */
  crm: (request: Delivered) => Response | Promise<Response> = () => new Response("ok");

  install(): void {
    vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => this.#fetch(input, init));
    for (const method of ["log", "info", "warn", "error"] as const) {
      vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
        this.logged.push(args.map(String).join(" "));
      });
    }
  }

  /** The structured lines about one thing, newest last. */
  lines(what: string): Record<string, unknown>[] {
    return this.logged
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line.what === what);
  }

  async #fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    if (new URL(request.url).hostname === "crm.test") {
      const delivered = { url: request.url, headers: request.headers, body: await request.text() };
      this.delivered.push(delivered);
      sent.push(delivered);
      return await this.crm(delivered);
    }
    this.verifierCalls += 1;
    const { verifier } = this;
    const script =
      typeof verifier === "function" ? await verifier(request.url.split("/").at(-1) ?? "") : verifier;
    if (script === "must_not_be_called") throw new Error(`must not be called: ${request.url}`);
    return await responseOf(script, init?.signal ?? null);
  }
}

function responseOf(script: Exclude<VerifierScript, string>, signal: AbortSignal | null): Promise<Response> {
  if ("hang" in script) {
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }
  const body = script.body_repeat
    ? script.body_repeat.text.repeat(script.body_repeat.times)
    : (script.body ?? "");
  const headers = new Headers();
  if (script.content_type) headers.set("content-type", script.content_type);
  if (script.location) headers.set("location", script.location);
  // One that can have no body must not be given an empty one either.
  const isBodiless = script.status === 204;
  return Promise.resolve(new Response(isBodiless ? null : body, { status: script.status, headers }));
}

/** Posts a request as it is, from this address, to the Worker of this environment. */
export async function post(request: CaseRequest, clientIp?: string, env?: Env): Promise<Response> {
  const sent = requestOf(request, clientIp);
  if (env === undefined && isSendable(request)) {
    return await (exports as unknown as { default: Fetcher }).default.fetch(sent);
  }
  const ctx = createExecutionContext();
  const response = await app.fetch(sent, env ?? bindings, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

/** The test Worker's environment with other sources, secrets or declared providers; the Inbox objects keep the test Worker's own. */
export function envWith(
  sources: object,
  secrets: Readonly<Record<string, string>> = {},
  providers: object = {},
): Env {
  const RELAY = JSON.stringify({ ...relay, sources, providers });
  return { ...bindings, ...secrets, RELAY };
}

export interface Kept {
  readonly state: string;
  readonly reason: string | null;
  readonly warnings: string[];
  readonly event: PaymentEvent | null;
  readonly callback: string | null;
}

export function inboxOf(shard: string) {
  return bindings.INBOX.getByName(shard);
}

export const shards = allShards(DEFAULT_INBOX_SHARDS);

/** Every row the Inbox objects hold, in order of arrival per shard. */
export async function keptRows(): Promise<({ event_id: string } & Kept)[]> {
  const rows = await Promise.all(
    shards.map((shard) =>
      runInDurableObject(inboxOf(shard), (_, state) =>
        state.storage.sql
          .exec<{
            event_id: string;
            state: string;
            reason: string | null;
            warnings: string;
            body: string | null;
            callback: string | null;
          }>("SELECT event_id, state, reason, warnings, body, callback FROM events ORDER BY n")
          .toArray(),
      ),
    ),
  );
  return rows.flat().map((row) => ({
    event_id: row.event_id,
    state: row.state,
    reason: row.reason,
    warnings: JSON.parse(row.warnings) as string[],
    event: row.body === null ? null : (JSON.parse(row.body) as PaymentEvent),
    callback: row.callback,
  }));
}

export async function keptById(eventId: string): Promise<Kept | null> {
  return (await keptRows()).find((row) => row.event_id === eventId) ?? null;
}

/** Runs every alarm that is set. */
export async function runAlarms(): Promise<void> {
  for (const shard of shards) await runDurableObjectAlarm(inboxOf(shard));
}

/** Nothing is stored, and the isolate remembers nothing of what was. Objects at work in the background (an overdue alarm, a delivery) have outlived a reset, and the next test saw their rows. */
async function emptyStore(): Promise<void> {
  recentCallbacks.clear();
  refusedAddresses.clear();
  refusedReports.clear();
  do await reset();
  while ((await keptRows()).length > 0);
}

/** An empty store and a clock fixed at `now` (only `Date`: timers stay real). */
export async function freshRelay(now: string | Date): Promise<Outside> {
  vi.restoreAllMocks();
  await emptyStore();
  vi.setSystemTime(new Date(now));
  const outside = new Outside();
  outside.install();
  // Made now, as the Inboxes are above: one that something in the background makes as a file ends fails the run.
  const activity = activityOf(bindings);
  if (activity) await runInDurableObject(activity, () => undefined);
  return outside;
}
