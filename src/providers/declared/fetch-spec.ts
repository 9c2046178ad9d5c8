/** How an object is asked for, as a declaration writes it (docs/adding-a-provider.md#fetch-back). */
import { z } from "zod";
import { err, ok, type Result } from "../../result.ts";
import { parsePlace, type Place } from "../../verify/spec/places.ts";

const written = z.strictObject({
  /** The API's address, for accounts that name no other with `api_url`. */
  base: z.string().min(1).optional(),
  /** Below it, with places of the callback in braces: `/v2/orders/{form:id}`. */
  path: z.string().min(1),
  /** The header of that name, with `{secret}` in it; left out where the API is open. */
  authorization: z
    .string()
    .regex(/^[\x20-\x7e]*\{secret\}[\x20-\x7e]*$/, "must contain {secret}")
    .optional(),
  /** What the callback calls the object, and what the answer calls it: they must be the same. */
  id: z.strictObject({ asked: z.string(), answered: z.string() }),
});

export const fetchSpec = written.transform((given, context): FetchBack => {
  const parsed = parseFetch(given);
  if (parsed.ok) return parsed.value;
  context.issues.push({ code: "custom", input: undefined, path: [], message: parsed.error });
  return z.NEVER;
});

export interface FetchBack {
  /** null: every account has to name it. */
  readonly base: string | null;
  /** Literal text, and places of the callback. */
  readonly parts: readonly (string | Place)[];
  readonly authorization: string | null;
  readonly id: { readonly asked: Place; readonly answered: Place };
}

function parseFetch(given: z.output<typeof written>): Result<FetchBack, string> {
  const parts: (string | Place)[] = [];
  for (const [token, name] of given.path.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (name === undefined) {
      if (!/^[A-Za-z0-9/_.-]+$/.test(token) || /\.\.|\/\.?\//.test(token)) return err(notPlain(token));
      parts.push(token);
      continue;
    }
    const place = parsePlace(name);
    if (!place.ok) return place;
    parts.push(place.value);
  }
  if (!given.path.startsWith("/")) return err("must begin with /");
  if (given.path.endsWith("/.")) return err(notPlain("/."));
  if (!parts.some((part) => typeof part !== "string")) {
    return err("names nothing of the callback: write /v2/orders/{form:id}");
  }
  const asked = parsePlace(given.id.asked);
  if (!asked.ok) return asked;
  const answered = parsePlace(given.id.answered);
  if (!answered.ok) return answered;
  if (answered.value.kind !== "json")
    return err("id.answered must be a value of the answer: json:/<pointer>");
  return ok({
    base: given.base ?? null,
    parts,
    authorization: given.authorization ?? null,
    id: { asked: asked.value, answered: answered.value },
  });
}

/** Of what an address does not keep as it is, or does not belong into a path: nothing would ever be asked for. */
function notPlain(text: string): string {
  return `has ${text} in it: write a plain path like /v2/orders/{form:id}`;
}
