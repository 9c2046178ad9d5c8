/**
 * What Worker and Inbox said to each other in 0.2.0 on the way of a callback, spelled out so that it stays as
 * it was. Never changed: a release that says it differently adds a file of its own.
 */
type Status =
  | "created"
  | "pending"
  | "action_required"
  | "confirmed"
  | "failed"
  | "expired"
  | "canceled"
  | "partially_refunded"
  | "refunded"
  | "reversed"
  | "disputed";

interface Money {
  value: string;
  currency: string;
  network?: string | undefined;
}

interface Verification {
  method: string;
  assurance: "signed" | "partial_signature" | "confirmed" | "callback_token" | "shared_secret" | "network";
  covers: string[];
  key: string | null;
}

interface NormalisedEvent {
  readonly id: string;
  readonly livemode: boolean;
  readonly kind: "status" | "updated" | "provider";
  readonly data: {
    payment_id: string;
    direction: "in" | "out";
    status: Status | null;
    merchant_reference: string | null;
    amount: Money | null;
    amount_requested: Money | null;
    amount_net: Money | null;
    amount_converted: Money | null;
    amount_refunded?: Money | null | undefined;
    fee: Money | null;
    blockchain: {
      network: string | null;
      txid: string | null;
      from: string | null;
      to: string | null;
      confirmations: number | null;
    } | null;
    occurred_at: string | null;
    received_at: string;
    provider: {
      name: string;
      account: string;
      event: string;
      event_id: string | null;
      payment_id: string | null;
      status: string | null;
    };
    verification: Verification;
    warnings: string[];
    raw: {
      content_type: string | null;
      sha256: string;
      body?: string | undefined;
      redacted?: string[] | undefined;
      truncated?: true | undefined;
    } | null;
  };
}

interface Acceptance {
  readonly source: string;
  readonly event: NormalisedEvent;
  readonly fingerprint: string;
  readonly contents: Readonly<Record<string, string>>;
  readonly instance: string | null;
  readonly destinations: readonly string[];
  readonly attemptNow: boolean;
  readonly released: { readonly by: string; readonly at: number; readonly from?: string } | null;
}

interface Reference {
  readonly shard: string;
  readonly payment: string;
  readonly n: number;
  readonly event: string;
  readonly destination: string;
}

interface Deliver {
  readonly kind: "deliver";
  readonly body: string;
  readonly attempt: number;
  readonly sequence: number;
  readonly replay: boolean;
  readonly notBeforeMs: number;
}

type SupersededReason = "same_state" | "regress" | "same_order";

type Accepted =
  | {
      readonly outcome: "accepted";
      readonly eventId: string;
      readonly attempts: readonly { readonly reference: Reference; readonly delivery: Deliver }[];
    }
  | { readonly outcome: "duplicate"; readonly eventId: string; readonly warnings: readonly string[] }
  | {
      readonly outcome: "superseded";
      readonly eventId: string;
      readonly reason: SupersededReason;
      readonly warnings: readonly string[];
    }
  | { readonly outcome: "quarantined"; readonly eventId: string; readonly reason: "second_payment" };

interface StoredCallback {
  readonly method: string;
  readonly kind: string | null;
  readonly pathKey: string | null;
  readonly query: string;
  readonly contentType: string | null;
  readonly contentEncoding?: string;
  readonly isCut?: boolean;
  readonly body: string;
  readonly receivedAtMs: number;
  readonly sha256: string;
  readonly verification: Verification | null;
  readonly caller?: string | undefined;
}

type DeferredReason =
  | "verifier_timeout"
  | "verifier_status"
  | "verifier_unreadable"
  | "verifier_too_large"
  | "verifier_rate";

type QuarantinedReason =
  | "json"
  | "duplicate_key"
  | "mixed_sources"
  | "kind_mismatch"
  | "missing_event_id"
  | "missing_amount"
  | "bad_amount"
  | "unknown_currency"
  | "conflict"
  | "test_event"
  | "second_payment"
  | "content_type"
  | "charset"
  | "content_encoding"
  | "too_large";

type RefusedReason =
  | "route"
  | "ip"
  | "method"
  | "content_type"
  | "charset"
  | "content_encoding"
  | "too_large"
  | "cut_off"
  | "encoding"
  | "json"
  | "not_an_object"
  | "duplicate_key"
  | "forbidden_key"
  | "missing_token"
  | "bad_token"
  | "missing_signature"
  | "malformed_signature"
  | "bad_signature"
  | "bad_timestamp"
  | "stale"
  | "merchant"
  | "token_syntax"
  | "token_invalid"
  | "token_reused";

interface Because<R extends string> {
  readonly reason: R;
  readonly detail?: string | undefined;
}

interface SettingAside {
  readonly source: string;
  readonly eventId: string;
  readonly callback: StoredCallback;
  readonly why:
    | ({ readonly state: "quarantined" } & Because<QuarantinedReason>)
    | ({ readonly state: "deferred" } & Because<DeferredReason>);
}

type SetAside =
  | { readonly outcome: "quarantined" | "deferred"; readonly eventId: string; readonly repeated: boolean }
  | { readonly outcome: "full" };

interface TokenQuestion {
  readonly tokenHash: string;
  readonly owner: string;
  readonly fingerprint: string;
  readonly caller: string;
  readonly again: boolean;
}

type Consultation =
  | { readonly kind: "refused" }
  | { readonly kind: "reserved"; readonly owner: string; readonly fingerprint: string }
  | { readonly kind: "undecided"; readonly reason: DeferredReason }
  | { readonly kind: "ask"; readonly isKnown: boolean };

interface Attempt {
  readonly attempt: number;
  readonly atMs: number;
  readonly durationMs: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
}

type Leased =
  | Deliver
  | {
      readonly kind: "verify";
      readonly source: string;
      readonly callback: StoredCallback;
      readonly attempt: number;
    }
  | { readonly kind: "done" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "held" };

interface Result {
  readonly reference: Reference;
  readonly attempt: Attempt;
  readonly outcome:
    | { readonly kind: "delivered" }
    | { readonly kind: "failed"; readonly retryAfterSeconds: number | null }
    | { readonly kind: "gone" };
}

type Settled = { readonly next: "done" } | { readonly next: "retry"; readonly seconds: number };

type Decision =
  | { readonly kind: "accepted"; readonly eventId: string; readonly outcome: string }
  | ({ readonly kind: "refused" } & Because<RefusedReason>)
  | ({ readonly kind: "quarantined" } & Because<QuarantinedReason>)
  | ({ readonly kind: "undecided" } & Because<DeferredReason>);

/** The methods by their arguments and what they answer. */
export interface Rpc {
  accept: (input: Acceptance) => Promise<Accepted>;
  acceptKnown: (input: Acceptance) => Promise<Accepted | null>;
  setAside: (input: SettingAside) => Promise<SetAside>;
  setAsideKnown: (input: SettingAside) => Promise<SetAside | null>;
  consultToken: (question: TokenQuestion) => Promise<Consultation>;
  refuseToken: (tokenHash: string) => void;
  undecidedToken: (tokenHash: string, reason: DeferredReason) => void;
  reservation: (key: string) => { owner: string; fingerprint: string } | null;
  reserve: (key: string, owner: string, fingerprint: string) => Promise<string>;
  lease: (references: readonly Reference[]) => Promise<Leased[]>;
  settle: (results: readonly Result[]) => Promise<Settled[]>;
  settleVerification: (reference: Reference, attempt: Attempt, decision: Decision) => Promise<Settled>;
}

/** The same at run time. */
export const METHODS: readonly (keyof Rpc)[] = [
  "accept",
  "acceptKnown",
  "setAside",
  "setAsideKnown",
  "consultToken",
  "refuseToken",
  "undecidedToken",
  "reservation",
  "reserve",
  "lease",
  "settle",
  "settleVerification",
];
