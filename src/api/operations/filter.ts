/** Which events a question or an order is about: in a query, in a JSON body, and as the Inbox takes it. */
import { z } from "zod";
import { isBroken, isDestination, type RelayConfig } from "../../config/schema.ts";
import type { EventFilter } from "../../inbox/filter.ts";
import { mistakeInSearch } from "../../inbox/searching.ts";
import { MAX_SEARCH_CHARS, MIN_SEARCH_CHARS } from "../../limits.ts";
import { instant, listInBody, listInQuery, states } from "./fields.ts";
import { invalid, type ProblemError, type Refused } from "./problem.ts";
import { instantOf } from "./views.ts";

/** Of a source, or of all of a provider. */
export const sourcePattern = z
  .string()
  .regex(/^[a-z0-9-]+\/(?:[A-Za-z0-9][A-Za-z0-9._-]{0,63}|\*)$/, "must be provider/account or provider/*");
const type = z.string().regex(/^[a-z_]+\.(?:[a-z_]+|\*)$/, "must be like payment.confirmed or payment.*");
/** A verifier that is still to be asked is a destination as well: `@verifier`. */
const destination = z.string().regex(/^@?[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be a destination's name");
const reason = z.string().regex(/^!?[a-z_]+$/, "must be like second_payment or !second_payment");
const needsPerson = "dead, parked, quarantined, conflicting, or superseded with a warning; not dismissed";

function filterShape(list: typeof listInQuery | typeof listInBody) {
  return {
    source: list(sourcePattern).optional().describe("any of these: provider/account, or provider/*"),
    type: list(type).optional().describe("any of these: payment.confirmed, or payment.*"),
    state: list(z.enum(states)).optional().describe("any of these"),
    destination: list(destination).optional().describe("owed to any of these"),
    reasons: list(reason)
      .optional()
      .describe("set aside for any of these, by the first part; with ! in front: for none of these"),
    from: instant.optional().describe("received at this instant or later (RFC 3339)"),
    to: instant.optional().describe("received before this instant (RFC 3339)"),
    q: z
      .string()
      .min(MIN_SEARCH_CHARS)
      .max(MAX_SEARCH_CHARS)
      .superRefine((text, context) => {
        const mistake = mistakeInSearch(text);
        if (mistake !== null) context.addIssue({ code: "custom", message: mistake });
      })
      .optional()
      .describe(
        "whole words of the event or its callback, capitals or not: an id, a reference, a transaction, an e-mail address; of several, all; `order-20*` is the beginning of one, from six characters",
      ),
  };
}

export const filterInQuery = {
  ...filterShape(listInQuery),
  needs_person: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional()
    .describe(needsPerson),
};

export const filterInBody = {
  ...filterShape(listInBody),
  needs_person: z.boolean().optional().describe(needsPerson),
};

export type Filter = {
  readonly [Name in keyof typeof filterInBody]?: z.output<(typeof filterInBody)[Name]> | undefined;
};

/** As the Inbox takes it. */
export function filterOf({ needs_person, from, to, ...rest }: Filter): EventFilter {
  return {
    ...rest,
    needsPerson: needs_person,
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
  };
}

/** As it was given: the inverse of `filterOf`, without what the order itself adds to it. */
export function filterView({
  from,
  to,
  needsPerson,
  source,
  type,
  state,
  destination,
  reasons,
  q,
}: EventFilter): Filter {
  const given = {
    source: listOf(source),
    type: listOf(type),
    state: listOf(state),
    destination: listOf(destination),
    reasons: listOf(reasons),
    from: from === undefined ? undefined : instantOf(from),
    to: to === undefined ? undefined : instantOf(to),
    q,
    needs_person: needsPerson,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** A replay that an earlier release began has one value where there is a list now. */
function listOf<T>(given: T | readonly T[] | undefined): T[] | undefined {
  return given === undefined ? undefined : Array.isArray(given) ? [...(given as T[])] : [given as T];
}

/** Mistakes of an order's filter that its schema cannot see: a mistyped name would match nothing, silently. */
export function mistakesOf(filter: Filter, config: RelayConfig): Refused | null {
  const errors: ProblemError[] = [];
  const mistake = (path: string, message: string) => errors.push({ in: "body", path, message });
  for (const name of filter.source ?? []) {
    const family = name.endsWith("/*") ? name.slice(0, -1) : null;
    const isKnown = family
      ? [...config.sources.keys()].some((known) => known.startsWith(family))
      : config.sources.has(name) || isBroken(config, name);
    if (!isKnown) mistake("source", `${name} is not configured`);
  }
  for (const name of filter.destination ?? [])
    if (!isDestination(config, name)) mistake("destination", `${name} is not configured`);
  if (isBackwards(filter)) mistake("to", "must be after from");
  return errors.length > 0 ? invalid(errors) : null;
}

/** Does it end before it begins? */
export function isBackwards({ from, to }: Filter): boolean {
  return from !== undefined && to !== undefined && Date.parse(from) >= Date.parse(to);
}
