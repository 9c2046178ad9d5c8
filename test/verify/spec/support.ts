/** A declared verification, as it is written, over a request that is written as data. */
import type { CallbackParts } from "../../../src/providers/callback.ts";
import { verifySpec, type VerifySpec, type WrittenVerifySpec } from "../../../src/verify/spec/spec.ts";
import { verifyDeclared, type Proof } from "../../../src/verify/spec/verify.ts";
import { callbackOf } from "../../support/callbacks.ts";

export interface WrittenRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The verification that this writes; throws with every problem when it is refused. */
export function specOf(written: WrittenVerifySpec): VerifySpec {
  return verifySpec.parse(written);
}

/** What is said about a verification that must not start: `path: message`, a line each. */
export function problemsOf(written: unknown): string {
  const parsed = verifySpec.safeParse(written);
  if (parsed.success) return "";
  return parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n");
}

export async function proofOf(
  written: WrittenVerifySpec,
  { headers, body }: WrittenRequest,
  secrets: readonly string[],
  nowMs = 0,
  more: Partial<CallbackParts> = {},
): Promise<Proof> {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const contentType = lower.get("content-type") ?? null;
  const callback = callbackOf(body, { headers: lower, contentType, ...more });
  const listed = secrets.map((value, index) => ({ id: `key-${index}`, value }));
  return await verifyDeclared(specOf(written), callback, listed, nowMs);
}

/** `ok`, or the reason of the refusal. */
export async function outcomeOf(...given: Parameters<typeof proofOf>): Promise<string> {
  const proof = await proofOf(...given);
  return proof.ok ? "ok" : proof.reason;
}
