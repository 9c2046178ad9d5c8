/**
 * What Worker, consumer and Inbox say to each other. Plain data and unions: classes and typed errors
 * do not survive a call between objects, so nothing here is thrown.
 */
import type { Contents } from "../alert.ts";
import type { NormalisedEvent, Verification } from "../event.ts";
import type { TraceContext } from "../parse/trace-context.ts";
import type { TokenRecord, TokenUse } from "../providers/provider.ts";
import type {
  DeferredReason,
  QuarantinedReason,
  SupersededReason,
  Because,
  RefusedReason,
} from "../reasons.ts";
import type { Attempt, Released } from "./store/rows.ts";

export type { Attempt } from "./store/rows.ts";

/** An authentic callback that became an event, on its way into the Inbox. */
export interface Acceptance extends TraceContext {
  /** `provider/account`. */
  readonly source: string;
  readonly event: NormalisedEvent;
  /** SHA-256 of the bytes: the same fingerprint is the same callback. */
  readonly fingerprint: string;
  /** What a repeat must say again, by the warning it earns otherwise (`Facts.contents`). */
  readonly contents: Contents;
  /** Names the one-time proof it came with (`Facts.instance`), or null. */
  readonly instance: string | null;
  /** Destinations of the source; the Inbox drops those that do not want the event's type. */
  readonly destinations: readonly string[];
  /** The caller makes the first attempts itself, where the Inbox leases it any. */
  readonly attemptNow: boolean;
  /** An operator released it from what was set aside. */
  readonly released: Released | null;
}

/** A delivery that whoever delivered the acceptance, or the settlement of another, attempts at once. */
export interface LeasedAttempt {
  readonly reference: Reference;
  readonly delivery: Extract<Leased, { kind: "deliver" }>;
}

export type Accepted =
  | {
      readonly outcome: "accepted";
      readonly eventId: string;
      /** Leased to the caller with the acceptance; empty unless it asked for that. */
      readonly attempts: readonly LeasedAttempt[];
    }
  /** `warnings` empty: a plain repeat, which the shield may answer next time. */
  | { readonly outcome: "duplicate"; readonly eventId: string; readonly warnings: readonly string[] }
  | {
      readonly outcome: "superseded";
      readonly eventId: string;
      readonly reason: SupersededReason;
      readonly warnings: readonly string[];
    }
  /** Another payment of what was paid already, by all that can be told: a person decides. */
  | { readonly outcome: "quarantined"; readonly eventId: string; readonly reason: "second_payment" };

/** A callback as it is kept while it is set aside: enough to run it through the adapter again. */
export interface StoredCallback extends TraceContext {
  readonly method: string;
  readonly kind: string | null;
  readonly pathKey: string | null;
  readonly query: string;
  readonly contentType: string | null;
  /** Only of a provider whose unreadable bodies are kept. */
  readonly contentEncoding?: string;
  /** The body was too large to be kept whole: these are its first bytes. */
  readonly isCut?: boolean;
  /** Headers that say something of the event (`Provider.keptHeaders`); left out where there are none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Base64 of the body, static secrets redacted. */
  readonly body: string;
  readonly receivedAtMs: number;
  /** Of the original bytes, before redaction. */
  readonly sha256: string;
  /** Proof already given; null while it is still to be asked for. */
  readonly verification: Verification | null;
  /** Who sent it, as an opaque key: what is deferred counts against its caller. */
  readonly caller?: string | undefined;
}

/** May this caller's callback have a question to the verifier, or what is the answer already? */
export interface TokenQuestion extends TokenUse {
  /** Who sent the callback, as an opaque key. */
  readonly caller: string;
  /** A deferred callback: such questions have a budget of their own. */
  readonly again: boolean;
}

/** `isKnown`: a token of this caller was valid before. */
export type Consultation = TokenRecord | { readonly kind: "ask"; readonly isKnown: boolean };

/** A callback without an event: authentic but unusable, or not decidable yet. */
export interface SettingAside {
  readonly source: string;
  readonly eventId: string;
  readonly callback: StoredCallback;
  /** The merchant's own id of its payment, where the callback could be read; for the alert alone. */
  readonly merchantReference?: string | null;
  readonly why:
    | ({ readonly state: "quarantined" } & Because<QuarantinedReason>)
    | ({ readonly state: "deferred" } & Because<DeferredReason>);
}

export type SetAside =
  | { readonly outcome: "quarantined" | "deferred"; readonly eventId: string; readonly repeated: boolean }
  /** Too many undecided callbacks of this caller: it has to come again. */
  | { readonly outcome: "full" };

/** What waits in the queue: where to look, never what was there. */
export interface Reference {
  readonly shard: string;
  readonly payment: string;
  /** Order of arrival in the shard. */
  readonly n: number;
  readonly event: string;
  readonly destination: string;
}

/** The destination of callbacks whose verifier is to be asked again; no configured name can equal it. */
export const VERIFIER = "@verifier";

export type Leased =
  | (TraceContext & {
      readonly kind: "deliver";
      readonly body: string;
      readonly attempt: number;
      readonly sequence: number;
      readonly replay: boolean;
      /** Not to be sent before this instant (epoch ms): the destination's rate. */
      readonly notBeforeMs: number;
    })
  | {
      readonly kind: "verify";
      readonly source: string;
      readonly callback: StoredCallback;
      readonly attempt: number;
    }
  /** Delivered, dead, purged or never heard of: nothing to do. */
  | { readonly kind: "done" }
  /** Not before this many seconds. */
  | { readonly kind: "wait"; readonly seconds: number }
  /** Not now; the Inbox hands the reference over again when its time comes. */
  | { readonly kind: "held" };

export type Outcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "failed"; readonly retryAfterSeconds: number | null }
  /** 410: the receiver says it is gone for good. */
  | { readonly kind: "gone" };

export interface Result {
  readonly reference: Reference;
  readonly attempt: Attempt;
  readonly outcome: Outcome;
  /** False: no message of the queue comes back for a retry; left out: one does, except for a first attempt. */
  readonly hasMessage?: boolean;
  /**
   * Whoever reports makes one more attempt at once, if there is one to the same destination that is given up within
   * this long (ms); left out, or 0: it makes none.
   */
  readonly nextWithinMs?: number;
}

/** What became of a deferred callback. */
export type Decision =
  | { readonly kind: "accepted"; readonly eventId: string; readonly outcome: string }
  | ({ readonly kind: "refused" } & Because<RefusedReason>)
  | ({ readonly kind: "quarantined" } & Because<QuarantinedReason>)
  | ({ readonly kind: "undecided" } & Because<DeferredReason>);

export type Settled = ({ readonly next: "done" } | { readonly next: "retry"; readonly seconds: number }) & {
  /** Leased to the caller with the settlement; only where it asked for that. */
  readonly leased?: LeasedAttempt;
};
