/** A provider as it is written, in the configuration and in the presets (docs/adding-a-provider.md#by-configuration). */
import { z } from "zod";
import {
  MAX_DECIMAL_EXPONENT,
  MAX_DECLARED_PARTS,
  MAX_DECLARED_REDACTED,
  MAX_DECLARED_WORDS,
} from "../../limits.ts";
import { verifySpec } from "../../verify/spec/spec.ts";
import { METHODS } from "../provider.ts";
import { fetchSpec } from "./fetch-spec.ts";
import { replySpec } from "./reply.ts";

const value = z.string().min(1);
const parts = z.array(value).min(1).max(MAX_DECLARED_PARTS);

const amount = z.strictObject({
  value,
  currency: value,
  network: value.optional(),
  /** `minor`: whole minor units of an ISO 4217 currency. */
  unit: z.enum(["decimal", "minor"]).default("decimal"),
});

/** Values by such names: of a wrong one it is said what is wrong with it, which zod leaves out. */
function named<V extends z.ZodType>(names: z.ZodString, values: V) {
  return z.record(names, values, {
    error: (issue) => (issue.code === "invalid_key" ? issue.issues[0]?.message : undefined),
  });
}

/** What an account says already: a setting of `equals` with such a name would take its place. */
const ACCOUNT_SETTINGS: ReadonlySet<string> = new Set([
  "mode",
  "allow_ips",
  "raw",
  "networks",
  "destinations",
  "max_body_bytes",
  "secrets",
  "path_secrets",
  "scheme",
  "api_url",
  "api_secrets",
]);

const schemeName = z
  .string()
  .regex(/^[a-z0-9-]+$/, "must be a name of a-z 0-9 -")
  .refine((name) => name !== "default", "is the name of verify itself: give the other way another one");

const settingName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, "must be a name of a-z 0-9 _")
  .refine((name) => !ACCOUNT_SETTINGS.has(name), "is a setting of every account: give yours another name");

export const writtenSchema = z.strictObject({
  /** What people call it; for lists. */
  title: z.string().min(1).optional(),
  methods: z.array(z.enum(METHODS)).min(1).default(["POST"]),
  /** Where the parameters are: the body as JSON or as a form, or the query. */
  source: z.enum(["json", "form", "query"]).default("json"),
  /** Media types taken, where they are others than those of `source`. */
  content_types: z
    .array(z.string().regex(/^[a-z0-9.+-]+\/[a-z0-9.+-]+$/, "must be like application/json"))
    .min(1)
    .optional(),
  /** May be left out only where the object is asked for. */
  verify: verifySpec.optional(),
  /** The callback is a hint: what it names is asked for, and the event says what the answer says. */
  fetch: fetchSpec.optional(),
  /** Other ways to verify, by the name an account chooses with `scheme`. */
  schemes: named(schemeName, verifySpec).default({}),
  /** Settings of an account that a value must equal: `{ merchant_id = "form:merchant" }`. */
  equals: named(settingName, value).default({}),
  /** A list that must have one element: a callback that speaks of several events is set aside. */
  single: value.optional(),
  event: value.default("text:callback"),
  event_id: value.optional(),
  payment_id: value.optional(),
  event_key: parts,
  subject_key: parts,
  status: z.strictObject({
    at: z.union([value, parts]),
    map: z
      .record(z.string(), z.string())
      .refine((map) => Object.keys(map).length <= MAX_DECLARED_WORDS, "has too many words"),
    absent: z.string().optional(),
    warnings: z.record(z.string(), z.string().regex(/^[a-z_:]+$/, "must be a word of a-z _ :")).default({}),
  }),
  amounts: z
    .strictObject({
      amount: amount.optional(),
      requested: amount.optional(),
      net: amount.optional(),
      converted: amount.optional(),
      fee: amount.optional(),
      /** The total given back; `whole`: what it is compared with, where that is not `amount`. */
      refunded: amount.extend({ whole: value.optional() }).optional(),
      /** What one refund gives back: read where a word means refunded, whose event then has no `amount` of its own. */
      refund: amount.optional(),
    })
    .default({}),
  /** Exponents of currencies that the provider counts otherwise than ISO 4217. */
  exponents: named(
    z.string().regex(/^[A-Z]{3}$/, "must be like EUR"),
    z.int().min(0).max(MAX_DECIMAL_EXPONENT),
  ).default({}),
  reference: value.optional(),
  occurred_at: z.strictObject({ at: value, unit: z.enum(["s", "ms", "iso"]).default("iso") }).optional(),
  /** Which value says that it is no test. */
  livemode: z.strictObject({ at: value, live: z.string().default("true") }).optional(),
  blockchain: z
    .strictObject({
      network: value.optional(),
      txid: value.optional(),
      from: value.optional(),
      to: value.optional(),
      confirmations: value.optional(),
    })
    .optional(),
  /** Values that are never stored, shown or forwarded; the place of a token is one of them. */
  redact: z.array(value).max(MAX_DECLARED_REDACTED).default([]),
  reply: replySpec,
  /** When the provider repeats, as its documents say; for people. */
  retries: z.string().optional(),
});

export type WrittenProvider = z.input<typeof writtenSchema>;
export type GivenProvider = z.output<typeof writtenSchema>;
