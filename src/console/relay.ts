/**
 * The relay as the console sees it: the operations of the API, called in-process as the operator who has signed
 * in. There is nothing else here: what the API does not tell, the console does not know.
 */
import type { z } from "zod";
import { call, type Input } from "../api/operations/call.ts";
import { testAlerts } from "../api/operations/alert-test.ts";
import { listDestinations, pauseDestination, resumeDestination } from "../api/operations/destinations.ts";
import { diagnoseCallback } from "../api/operations/diagnose.ts";
import { listAlerts } from "../api/operations/alerts.ts";
import { getConfiguration } from "../api/operations/configuration.ts";
import { testDestination } from "../api/operations/destination-test.ts";
import { dismissEvent, replayEvent } from "../api/operations/event-orders.ts";
import { getEvent, getPayment, listEvents } from "../api/operations/events.ts";
import { getLedger, listAudit } from "../api/operations/ledger.ts";
import type { Context, Done, Operation, Responses } from "../api/operations/operation.ts";
import { dismissEvents, releaseEvents } from "../api/operations/orders.ts";
import { listPayments } from "../api/operations/payments.ts";
import { listRefused } from "../api/operations/refused.ts";
import { cancelReplay, listReplays, startReplay } from "../api/operations/replays.ts";
import { getSeries } from "../api/operations/series.ts";
import { listSources } from "../api/operations/sources.ts";
import { tail } from "../api/operations/tail.ts";

/** What came of an operation: what it shows, or why it was not carried out. */
export type Outcome<T> =
  | { readonly ok: true; readonly view: T }
  | { readonly ok: false; readonly status: number; readonly detail: string };

export type Query = Readonly<Record<string, string | undefined>>;

export class Relay {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  events = (query: Query) => this.#call(listEvents, { query });
  event = (id: string) => this.#call(getEvent, { params: { id } });
  payments = (query: Query) => this.#call(listPayments, { query });
  payment = (id: string) => this.#call(getPayment, { params: { id } });
  sources = () => this.#call(listSources);
  destinations = () => this.#call(listDestinations);
  series = (range: string) => this.#call(getSeries, { query: { range } });
  refused = (query: Query) => this.#call(listRefused, { query });
  diagnose = (body: object) => this.#call(diagnoseCallback, { body });
  tail = (query: Query) => this.#call(tail, { query });
  ledger = () => this.#call(getLedger);
  configuration = () => this.#call(getConfiguration);
  alerts = (query: Query) => this.#call(listAlerts, { query });
  audit = (query: Query) => this.#call(listAudit, { query });
  replays = (query: Query) => this.#call(listReplays, { query });
  replay = (id: string, body: object) => this.#call(replayEvent, { params: { id }, body });
  dismiss = (id: string, body: object) => this.#call(dismissEvent, { params: { id }, body });
  /** The order in bulk, or with `dry_run` how many it is about. */
  bulk = (order: "dismissals" | "releases", body: object) =>
    this.#call(order === "dismissals" ? dismissEvents : releaseEvents, { body });
  startReplay = (body: object) => this.#call(startReplay, { body });
  cancelReplay = (id: string) => this.#call(cancelReplay, { params: { id } });
  pause = (name: string, body: object) => this.#call(pauseDestination, { params: { name }, body });
  testAlerts = () => this.#call(testAlerts, { body: {} });
  testDestination = (name: string) => this.#call(testDestination, { params: { name } });
  resume = (name: string) => this.#call(resumeDestination, { params: { name } });

  /** What comes from addresses and forms is validated by the operation, as it is for the API. */
  async #call<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType, R extends Responses>(
    operation: Operation<P, Q, B, R>,
    input: { params?: object; query?: object; body?: object } = {},
  ): Promise<Outcome<Done<R>["view"]>> {
    const outcome = await call(operation, this.#context, input as Input<P, Q, B>);
    if (outcome.ok) return { ok: true, view: outcome.view };
    return { ok: false, status: outcome.status, detail: outcome.problem.detail };
  }
}
