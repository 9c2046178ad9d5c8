/** Calling an operation: who may, what is valid, then the operation itself. Routes and console both come this way. */
import type { z } from "zod";
import type { AnyOperation, Context, Operation, Outcome, Responses } from "./operation.ts";
import { invalid, problemErrors, refused, type Place, type ProblemError, type Refused } from "./problem.ts";

/** What a caller gives, before it is validated. */
export interface Input<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  readonly params?: z.input<P>;
  readonly query?: z.input<Q>;
  readonly body?: z.input<B>;
}

/** Validates what is given and carries the operation out; every mistake in it is named at once. */
export async function call<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType,
  R extends Responses,
>(operation: Operation<P, Q, B, R>, context: Context, input: Input<P, Q, B> = {}): Promise<Outcome<R>> {
  if (operation.role === "operate" && context.operator.role !== "operate")
    return refused(403, `${context.operator.name} may read and give no orders`);
  const valid = validated(operation, input);
  if ("ok" in valid) return valid;
  return await operation.run(context, valid as Parameters<typeof operation.run>[1]);
}

function validated(
  operation: Pick<AnyOperation, "params" | "query" | "body">,
  { params = {}, query = {}, body }: { params?: unknown; query?: unknown; body?: unknown },
): { params: unknown; query: unknown; body: unknown } | Refused {
  const errors: ProblemError[] = [];
  const read = (place: Place, schema: z.ZodType, value: unknown): unknown => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    errors.push(...problemErrors(place, parsed.error));
    return undefined;
  };
  const valid = {
    params: read("path", operation.params, params),
    query: read("query", operation.query, query),
    body: read("body", operation.body, body),
  };
  return errors.length > 0 ? invalid(errors) : valid;
}
