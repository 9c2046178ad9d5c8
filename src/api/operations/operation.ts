/**
 * What an operation of the relay's API is: the one object from which its route, its validation, its types and its
 * OpenAPI description come. It knows nothing of HTTP: the console and the routes call the same object
 * (`call.ts`).
 */
import { z } from "zod";
import type { Role } from "../../config/operators.ts";
import type { RelayConfig } from "../../config/schema.ts";
import type { InboxClient } from "../../inbox/client.ts";
import type { ApiBindings } from "./bindings.ts";
import type { Refused } from "./problem.ts";

/** Who calls: a name for the audit, and what it may do. */
export interface Operator {
  readonly name: string;
  readonly role: Role;
}

/** What an operation is carried out with. */
export interface Context {
  readonly env: ApiBindings;
  readonly config: RelayConfig;
  readonly inbox: InboxClient;
  readonly operator: Operator;
}

export type Responses = Readonly<Record<number, z.ZodType>>;

/** An operation that did what was asked, or found what was looked for. */
export type Done<R extends Responses> = {
  [S in keyof R & number]: { readonly ok: true; readonly status: S; readonly view: z.output<R[S]> };
}[keyof R & number];

export type Outcome<R extends Responses> = Done<R> | Refused;

/** The statuses of refusals that only some operations give; which any may give is in `problem.ts`. */
export type OwnRefusal = 404 | 409;

interface Described {
  /** Its `operationId`, and the name a program calls it by. */
  readonly id: string;
  readonly method: "get" | "post";
  /** From the root, parameters in braces: `/api/events/{id}`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly tag: Tag;
  /** The least role that may call it. */
  readonly role: Role;
  /** What it may answer besides what any operation may, with what it means. */
  readonly refusals: Readonly<Partial<Record<OwnRefusal, string>>>;
  /** Of a response that is not JSON: its view is text or a stream. */
  readonly mediaType?: string;
}

export interface Operation<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType,
  R extends Responses,
> extends Described {
  readonly params: P;
  readonly query: Q;
  /** `noBody` where it takes none. */
  readonly body: B;
  /** What it answers when it does what is asked, by status. */
  readonly responses: R;
  run(
    context: Context,
    input: { readonly params: z.output<P>; readonly query: z.output<Q>; readonly body: z.output<B> },
  ): Promise<Outcome<R>>;
}

/** Any of them, as the table has them. */
export interface AnyOperation extends Described {
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType;
  readonly responses: Responses;
  run(
    context: Context,
    input: { readonly params: object; readonly query: object; readonly body: unknown },
  ): Promise<{ readonly ok: true; readonly status: number; readonly view: unknown } | Refused>;
}

export const TAGS = {
  events: "Events and payments",
  orders: "Orders in bulk",
  destinations: "Destinations",
  watching: "Watching",
  relay: "The relay itself",
} as const;
export type Tag = keyof typeof TAGS;

const nothing = z.strictObject({});
/** Of an operation that takes no body: whatever is sent is not read. */
export const noBody = z.undefined();

/** An operation with its types as they are written; what it does not take is left out. */
export function operation<
  R extends Responses,
  P extends z.ZodObject = typeof nothing,
  Q extends z.ZodObject = typeof nothing,
  B extends z.ZodType = typeof noBody,
>(
  given: Omit<Operation<P, Q, B, R>, "params" | "query" | "body" | "refusals"> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    readonly refusals?: Described["refusals"];
  },
): Operation<P, Q, B, R> {
  return {
    ...given,
    params: given.params ?? (nothing as unknown as P),
    query: given.query ?? (nothing as unknown as Q),
    body: given.body ?? (noBody as unknown as B),
    refusals: given.refusals ?? {},
    run: (context, input) => given.run(context, input),
  };
}

/** The outcome of an operation that succeeded. */
export function done<S extends number, V>(
  status: S,
  view: V,
): { readonly ok: true; readonly status: S; readonly view: V } {
  return { ok: true, status, view };
}
