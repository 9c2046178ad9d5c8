/** Rows of the Inbox's tables as they are read and written (docs/storage.md). No behaviour. */
import type { Status } from "../../event.ts";

/** One attempt as it went. */
export interface Attempt {
  readonly attempt: number;
  readonly atMs: number;
  readonly durationMs: number;
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;
  /** Class of failure where there was no answer: `timeout`, `connection`, … */
  readonly error: string | null;
  /** The first bytes of the answer, as text. */
  readonly answer: string | null;
}

/** A payment as the Inbox knows it; all null and 0 before its first forwarded event. */
export interface PaymentState {
  readonly status: Status | null;
  /** Sequence of the last forwarded event. */
  readonly sequence: number;
  /** Refunded so far (decimal), as the last refund stated it. */
  readonly refunded: string | null;
  /** A confirmation of it was forwarded. */
  readonly confirmed: boolean;
}

/** What an event row is: the outcome of a callback that was authentic, or not yet decidable. */
export type EventState =
  | "accepted"
  | "superseded"
  | "quarantined"
  | "deferred"
  | "released"
  | "refused"
  | "alert"
  /** The same event stated differently: answered as a repeat, kept for a person. */
  | "conflicting";

/** `dismissed`: given up by an operator, who said why. */
export type DeliveryState = "pending" | "delivered" | "dead" | "dismissed" | "none";

/** What most work needs of an event: everything but the long columns. */
export type EventHead = {
  n: number;
  event_id: string;
  payment_id: string;
  source: string;
  state: EventState;
  reason: string | null;
  type: string | null;
  received_at: number;
  fingerprint: string;
  warnings: string;
  duplicates: number;
  /** The event that a callback set aside became, once it was released. */
  became: string | null;
  /** Place in the payment's order; null: not forwarded. */
  sequence: number | null;
  /** The one-time proof it came with (SHA-256), where the same event key may come with another. */
  instance: string | null;
  /** `Direct` as JSON; null: no first attempt was made from the acceptance. */
  direct: string | null;
  /** Who released it as a payment of its own, or of which event it was released: `Released` as JSON. */
  released: string | null;
  /** Who gave it up, and why: `Dismissed` as JSON. */
  dismissed: string | null;
};

export type EventRow = EventHead & {
  /** What a repeat must say again, by the warning it earns otherwise (JSON). */
  contents: string;
  /** The event, frozen: the bytes every attempt sends. Of a superseded one: what it said. */
  body: string | null;
  /** Which trace its callback belongs to, and what tracing systems added to that (`TraceContext`). */
  traceparent: string | null;
  tracestate: string | null;
  /** A `StoredCallback`, while the callback may have to be run again. */
  callback: string | null;
};

/**
 * First attempts made from the acceptance, by destination: null while one is under way, the attempt once it
 * has succeeded. One that fails is taken out and becomes a row of `deliveries`.
 */
export type Direct = Record<string, Attempt | null>;

export interface Released {
  readonly by: string;
  /** Epoch ms. */
  readonly at: number;
  /** The set-aside event this one was released from, or the one it became. */
  readonly from?: string;
}

export interface Dismissed {
  readonly by: string;
  /** Epoch ms. */
  readonly at: number;
  readonly why: string;
}

export type DeliveryRow = {
  payment_id: string;
  n: number;
  destination: string;
  event_id: string;
  state: DeliveryState;
  /** Not before this instant (epoch ms); null: not its turn yet. */
  due: number | null;
  /** When the reference is handed over again unless an answer came first; null: not its turn yet. */
  sweep_at: number | null;
  handovers: number;
  /** Attempts made, ever. */
  attempts: number;
  /** Attempts since the schedule began: a replay begins it anew. */
  tries: number;
  /** 1: sent again at an operator's wish, outside the payment's order. */
  replay: number;
  /** The last attempt, as JSON. */
  last: string | null;
};

export interface DeliveryKey {
  readonly payment: string;
  readonly n: number;
  readonly destination: string;
}

export function keyOf(row: DeliveryRow): DeliveryKey {
  return { payment: row.payment_id, n: row.n, destination: row.destination };
}

export type PaymentRow = {
  payment_id: string;
  status: Status | null;
  sequence: number;
  refunded: string | null;
  /** 1: a confirmation of it was forwarded. */
  confirmed: number;
  /** When something of it last came (epoch ms). */
  seen_at: number;
  /** `[n, event id]` of its events, as JSON. */
  events: string;
};
