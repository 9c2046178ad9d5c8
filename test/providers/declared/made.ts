/** Declarations and parsed callbacks, for tables over the modules of a declared provider. */
import type { z } from "zod";
import { declaration, type Declaration } from "../../../src/providers/declared/declaration.ts";
import { parseValue, type Value } from "../../../src/providers/declared/values.ts";
import type { WrittenProvider } from "../../../src/providers/declared/written.ts";
import type { Result } from "../../../src/result.ts";
import type { Contents } from "../../../src/verify/spec/places.ts";
import { acme } from "../../support/acme.ts";
import { callbackOf } from "../../support/callbacks.ts";

/** What was read, of what must be right. */
export function right<T>(result: Result<T, unknown>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** The sample provider (test/support/acme.ts) with these changes; throws with every problem when it is refused. */
export function declared(changes: Partial<WrittenProvider> = {}): Declaration {
  return declaration.parse({ ...acme, ...changes });
}

export function value(written: string): Value {
  return right(parseValue(written));
}

/** Of a callback with this JSON body; as text where a number's spelling matters. */
export function contentsOf(json: object | string, more: Partial<Contents> = {}): Contents {
  return { headers: new Map(), json: right(callbackOf(json).json()).root, form: null, query: null, ...more };
}

/** What is said of something written that must be refused. */
export function issuesOf(schema: z.ZodType, written: unknown): readonly Issue[] {
  const parsed = schema.safeParse(written);
  if (parsed.success) throw new Error("it is not refused");
  return parsed.error.issues.map(({ code, path, message }) => ({ code, path, message }));
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
