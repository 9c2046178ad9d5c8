/** A captured callback through the relay's own checks: which one fails, and what would have to be otherwise. */
import { z } from "zod";
import { diagnose } from "../../diagnose/diagnose.ts";
import { STAGES } from "../../diagnose/examine.ts";
import { toRequest, type CapturedRequest } from "../../diagnose/captured.ts";
import { MAX_API_BODY_BYTES, MAX_DIAGNOSED_HEADERS } from "../../limits.ts";
import { instant } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { invalid } from "./problem.ts";

/** Under this name a secret that was given to be tried is told; no secret of a deployment has a blank in it. */
const GIVEN_SECRET = "the secret that was given";

const text = z.string().max(MAX_API_BODY_BYTES);
const capture = z.strictObject({
  method: z
    .string()
    .regex(/^[A-Za-z]{1,16}$/)
    .default("POST"),
  url: z
    .string()
    .min(1)
    .max(MAX_API_BODY_BYTES)
    .describe("an address of this relay, or its path with the query"),
  headers: z
    .array(z.tuple([text, text]))
    .max(MAX_DIAGNOSED_HEADERS)
    .default([])
    .describe("name and value of each, the proof among them"),
  body: text.default(""),
  secret: text.min(1).optional().describe("one to try besides those that are configured"),
  at: instant.optional().describe("when it came, against which a signed time is held; else now"),
});

const diagnosisView = z
  .object({
    outcome: z
      .enum(["event", "refused", "quarantined", "deferred", "unasked", "misconfigured"])
      .describe(
        "`event`: it would be accepted; `unasked`: only the provider's verifier can tell, and is not asked",
      ),
    source: z.string().nullable().describe("null: the address leads nowhere"),
    passed: z.array(z.enum(STAGES)).describe("checks that it passes, in their order"),
    failed: z.object({ check: z.enum(STAGES), reason: z.string() }).nullable(),
    why: z.string(),
    verified_by: z.object({ method: z.string(), key: z.string().nullable() }).nullable(),
    would_verify: z
      .array(z.array(z.string()))
      .describe("each is a smallest set of things that would have to be otherwise; empty: none was found"),
    notes: z.array(z.string()),
    event: z
      .object({
        id: z.string(),
        payment_id: z.string(),
        status: z.string().nullable(),
        merchant_reference: z.string().nullable(),
        amount: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: "Diagnosis" });
export type DiagnosisJson = z.infer<typeof diagnosisView>;

export const diagnoseCallback = operation({
  id: "diagnoseCallback",
  method: "post",
  path: "/api/diagnose",
  summary:
    "Why a captured callback does not verify, and what would; nothing of it is kept, and nobody is asked",
  tag: "watching",
  // It tells of a request whether it is genuine, and costs CPU time.
  role: "operate",
  body: capture,
  responses: { 200: diagnosisView },
  async run({ env }, { body: { method, url, headers, body, secret, at } }) {
    const request: CapturedRequest = { method, url, headers, body: new TextEncoder().encode(body) };
    const mistake = mistakeOf(request);
    if (mistake !== null) return invalid([{ in: "body", path: "", message: mistake }]);
    const given = secret === undefined ? {} : { [GIVEN_SECRET]: secret };
    const nowMs = at === undefined ? Date.now() : Date.parse(at);
    const found = await diagnose({ request, env: { ...env, ...given }, nowMs }, null);
    return done(200, {
      ...found,
      passed: [...found.passed],
      would_verify: found.would_verify.map((changes) => [...changes]),
      notes: [...found.notes],
    });
  },
});

/** A header or an address that no request can have; null: it is a request. */
function mistakeOf(request: CapturedRequest): string | null {
  try {
    toRequest(request);
    return null;
  } catch (error) {
    if (error instanceof TypeError) return `is no request: ${error.message}`;
    throw error;
  }
}
