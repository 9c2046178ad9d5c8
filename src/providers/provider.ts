/**
 * The type a payment provider fills in: one file, these parts, nothing of the world around it.
 *
 * A provider never sees the Inbox, the queue or another provider. `verify` decides whether the bytes
 * are the provider's, `normalise` says what they mean. They are apart because a callback that was
 * set aside is normalised again later, from its stored and redacted form, when it can no longer be
 * verified.
 */
import type { z } from "zod";
import type { SourceFields } from "./settings-fields.ts";
import type { Contents } from "../alert.ts";
import type { Blockchain, Money, Status, Verification } from "../event.ts";
import type { Because, DeferredReason, QuarantinedReason, RefusedReason } from "../reasons.ts";
import type { Secret } from "../verify/secret.ts";
import type { IpRange } from "../verify/ip.ts";
import type { Callback } from "./callback.ts";

/** Options every source has, whatever its provider (docs/providers.md#every-account). */
export interface SourceSettings {
  readonly mode: "live" | "test" | "both";
  readonly allowIps: readonly IpRange[];
  readonly raw: "full" | "hash" | "none";
  /** Chains on which money may come; null: any. */
  readonly networks: readonly string[] | null;
  /** Names of destinations; null: the only one there is. */
  readonly destinations: readonly string[] | null;
  readonly maxBodyBytes: number;
}

export const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

/** One address of a source below `/in/<provider>/<account>`. */
export interface Route {
  /** The segment that names the kind of callback, where the provider has kinds. */
  readonly kind: string | null;
  /** Secrets accepted as the last segment; empty: the address has no secret segment. */
  readonly pathSecrets: readonly Secret[];
  /** One or more. */
  readonly methods: readonly Method[];
  /**
   * What the content type must be; of `query` there is no body. `any`: the provider documents none and repeats whatever is refused, so
   * nothing about the body is checked before it is kept; what cannot be read `normalise` sets aside.
   */
  readonly body: "json" | "form" | "query" | "any";
  /** Media types taken instead of those of `body`. */
  readonly contentTypes?: readonly string[] | undefined;
}

/** What the world tells a verification that cannot be decided from the bytes alone. */
export interface World {
  readonly nowMs: number;
  /** `provider/account`: what one account was vouched for proves nothing for another. */
  readonly source: string;
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly tokens: TokenRegistry;
  /** A callback that was deferred, which is asked about now. */
  readonly again: boolean;
  /** Takes one question about a deferred callback from the account's budget; false: not now. */
  mayAsk(): Promise<boolean>;
}

/** What is known of a one-time token (only its hash is ever kept). */
export type TokenRecord =
  | { readonly kind: "refused" }
  /** Verified before, for the contents named `owner`, from the bytes with this SHA-256. */
  | { readonly kind: "reserved"; readonly owner: string; readonly fingerprint: string }
  /** Asked about just now without an answer, or not to be asked about now: the sender has used up its budget. */
  | { readonly kind: "undecided"; readonly reason: DeferredReason };

/** A token in a callback, of which it is to be found out whether it is the provider's. */
export interface TokenUse {
  readonly tokenHash: string;
  /** Names the contents that the token serves here. */
  readonly owner: string;
  /** SHA-256 of the callback's bytes. */
  readonly fingerprint: string;
}

export interface TokenRegistry {
  /**
   * `ask`: whoever gets this answer is the one who asks the verifier, and says with `refuse`, `undecided` or by
   * taking the reservation what came of it; copies wait here meanwhile and get what it got.
   */
  consult(use: TokenUse): Promise<TokenRecord | { readonly kind: "ask" }>;
  /** The verifier said no; remembered for a minute. */
  refuse(tokenHash: string): Promise<void>;
  /** The verifier gave no answer. */
  undecided(tokenHash: string, reason: DeferredReason): Promise<void>;
}

export type Verdict =
  | {
      readonly kind: "verified";
      readonly verification: Verification;
      /**
       * Decided before the callback is normalised: a token is used up even by contents that are no use.
       * Across accounts, since a token of one merchant must not serve another.
       */
      readonly reservation?: Reservation | undefined;
      /** What the provider's API said when it was asked: it is the callback from here on. */
      readonly statement?: Callback | undefined;
    }
  | ({
      readonly kind: "refused";
      /** Of a stale timestamp, how far off it was: a provider's clock that drifts shows here first. */
      readonly skewSeconds?: number | undefined;
    } & Because<RefusedReason>)
  | ({ readonly kind: "deferred" } & Because<DeferredReason>);

/** What a callback says, in the relay's words; the parts of ids are source tokens, never numbers. */
export interface Facts {
  readonly kind: "status" | "updated" | "provider";
  readonly direction: "in" | "out";
  /** null for `provider` and `updated`: the payment's state does not change. */
  readonly status: Status | null;
  /** What makes this event this event (docs/events.md#identity); never tokens, signatures or arrival times. */
  readonly eventKey: readonly (string | null)[];
  /** What makes this payment this payment. */
  readonly subjectKey: readonly (string | null)[];
  /** The provider's own words, unmapped. */
  readonly provider: {
    readonly event: string;
    readonly event_id: string | null;
    readonly payment_id: string | null;
    readonly status: string | null;
  };
  readonly merchantReference: string | null;
  readonly amount: Money | null;
  readonly amountRequested: Money | null;
  readonly amountNet: Money | null;
  readonly amountConverted: Money | null;
  /** The total given back. */
  readonly amountRefunded?: Money | undefined;
  /** What this one refund gives back, where no total is stated. */
  readonly amountOfRefund?: Money | undefined;
  readonly fee: Money | null;
  readonly blockchain: Blockchain | null;
  /** RFC 3339 UTC by the provider's word, or null: never invented. */
  readonly occurredAt: string | null;
  readonly warnings: readonly string[];
  /** The provider's own test flag, where it has one. */
  readonly livemode?: boolean | undefined;
  /**
   * What a repeat of the same event key must say again, by the warning it earns if it does not:
   * `{"conflict:amount": "0.0098 USDT"}`.
   */
  readonly contents: Contents;
  /**
   * Names the proof of this one callback (SHA-256 of its one-time token), where an event key that comes
   * again under another proof is only probably the same news: it is stored and alerted, never swallowed.
   */
  readonly instance?: string | undefined;
}

/**
 * A name outside the payment that may belong to one owner only: a one-time token to the account and the
 * order it paid. It is kept by hash of `key`, because two uses of it can belong to different payments
 * and so to different Inbox objects.
 */
export interface Reservation {
  readonly key: string;
  readonly owner: string;
  /** Why a callback is refused whose name has another owner. */
  readonly taken: RefusedReason;
}

export type Reading =
  | { readonly kind: "facts"; readonly facts: Facts }
  | ({ readonly kind: "quarantined" } & Because<QuarantinedReason>)
  | ({ readonly kind: "refused" } & Because<RefusedReason>);

/** The provider's own success answer: other providers' would be repeated for ever. */
export interface SuccessReply {
  readonly status: 200;
  readonly body: string;
  readonly contentType: string | null;
}

/** A success answer with headers of the provider's own. */
export interface Reply extends SuccessReply {
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface Provider<S extends SourceSettings> {
  /** The segment after `/in/` and the key under `RELAY.sources`. */
  readonly name: string;
  readonly success: SuccessReply;
  /** Where the answer is another one each time: it states the time, and is signed. */
  reply?(settings: S, nowMs: number): Promise<Reply>;
  /** Headers it verifies by, in lower case; no other header of a request enters the core. */
  readonly headers: readonly string[];
  /** The schema of one account's configuration; `fields` resolves names of secrets to their values. */
  settings(fields: SourceFields): z.ZodType<S>;
  routes(settings: S): readonly Route[];
  verify(callback: Callback, settings: S, world: World): Promise<Verdict>;
  /** Also run over a stored callback, so it reads nothing that only the request had. */
  normalise(callback: Callback, settings: S): Reading | Promise<Reading>;
  /** Secrets inside the body (JSON pointers or form names), replaced before anything is forwarded or shown. */
  readonly redact: readonly string[];
  /** Of these, what a stored callback must still carry to be asked about again: one-time tokens, never static ones. */
  readonly keptInStore: readonly string[];
  /** Headers that `normalise` reads, in lower case: a stored callback keeps them. Never one that proves anything by itself. */
  readonly keptHeaders?: readonly string[] | undefined;
}
