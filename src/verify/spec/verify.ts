/**
 * Carries out a declared verification over a callback's bytes.
 *
 * Promises: every live secret is tried, whichever matches first; the time is judged after the proof, since
 * an unproved time says nothing; a refusal is a value and names no secret. What is not there, empty, or no
 * text at all is missing: `static` never equals a number, `true` or an empty text.
 */
import { asNumberToken, asText } from "../../parse/access.ts";
import { fromRfc3339 } from "../../parse/time.ts";
import type { Because, RefusedReason } from "../../reasons.ts";
import { liveSecrets, type Secret } from "../secret.ts";
import { skewSeconds, withinTolerance } from "../timestamp.ts";
import { matchToken } from "../token.ts";
import { ALGORITHMS, proves } from "./algorithms.ts";
import { decodeSignature, readSignature, type Format, type Signature } from "./formats.ts";
import { readContents, valueOf, type Contents, type Message } from "./places.ts";
import type { SignedTime } from "./signed-time.ts";
import type { VerifySpec } from "./spec.ts";
import { piecesOf } from "./template.ts";

export type Proof =
  | { readonly ok: true; readonly secret: Secret }
  | ({ readonly ok: false; readonly skewSeconds?: number | undefined } & Because<RefusedReason>);

/** Of a token. A signed time stands in the content (spec.ts), so the content's parts are all that are needed. */
const NO_PARTS: ReadonlySet<string> = new Set();

/** Which secret proves this callback, or why none does. */
export async function verifyDeclared(
  spec: VerifySpec,
  message: Message,
  secrets: readonly Secret[],
  nowMs: number,
): Promise<Proof> {
  const read = await readContents(message, spec.needs);
  if (!read.ok) return refused(read.error);
  const contents = read.value;
  const isStatic = spec.alg === "static";
  const given = asText(valueOf(spec.signature, contents));
  if (given === null || given === "") {
    return refused({ reason: isStatic ? "missing_token" : "missing_signature" });
  }
  const signature = readSignature(spec.format, given, spec.content?.signatureParts ?? NO_PARTS);
  if (signature === null) return refused({ reason: "malformed_signature" });
  const live = liveSecrets(secrets, nowMs);
  if (isStatic) {
    const matched = await matchToken(signature.values[0], live);
    return matched ? { ok: true, secret: matched } : refused({ reason: "bad_token" });
  }

  if (!isOfOneWord(spec.format, signature)) return refused({ reason: "malformed_signature" });
  const time = spec.time && timeOf(spec.time, signature, contents);
  if (time === undefined) {
    const isInSignature = spec.time !== null && "signaturePart" in spec.time.from;
    return refused({ reason: isInSignature ? "malformed_signature" : "bad_timestamp" });
  }
  const matched = await matchSignature(spec, message, contents, signature, live);
  if ("reason" in matched) return refused(matched);
  if (spec.time && time !== null && !withinTolerance(time, nowMs, spec.time.toleranceSeconds)) {
    return { ...refused({ reason: "stale" }), skewSeconds: skewSeconds(time, nowMs) ?? undefined };
  }
  return { ok: true, secret: matched };
}

function refused(why: Because<RefusedReason>): Proof & { readonly ok: false } {
  return { ok: false, ...why };
}

/**
 * Where the header is the signature it is one word in one of the encodings: a header that came twice is joined with a
 * comma, and a name in front (`sha256=`) is another scheme. Of several signatures one that is none is passed over.
 */
function isOfOneWord({ kind }: Format, { values }: Signature): boolean {
  return kind === "kv" || kind === "list" || values.every((value) => /^[A-Za-z0-9+/_-]+={0,2}$/.test(value));
}

async function matchSignature(
  spec: VerifySpec,
  message: Message,
  contents: Contents,
  signature: Signature,
  secrets: readonly Secret[],
): Promise<Secret | Because<RefusedReason>> {
  const algorithm = ALGORITHMS[spec.alg];
  if (spec.content === null || algorithm.kind === "static") return { reason: "bad_signature" };
  const pieces = piecesOf(spec.content, message, contents, signature.parts);
  if (!pieces.ok) return pieces.error;
  const candidates = signature.values.flatMap((value) => decodeSignature(value, spec.encoding) ?? []);
  let matched: Secret | null = null;
  // Every secret is tried, so that the time does not tell which one it was.
  for (const secret of secrets) {
    const isProved = await proves(algorithm, spec.key, secret, pieces.value, candidates);
    if (isProved) matched ??= secret;
  }
  return matched ?? { reason: "bad_signature" };
}

/** The signed time in whole Unix seconds, digits only; undefined when there is none or it is written otherwise. */
function timeOf(time: SignedTime, signature: Signature, contents: Contents): string | undefined {
  const value =
    "place" in time.from ? valueOf(time.from.place, contents) : signature.parts.get(time.from.signaturePart);
  const text = asNumberToken(value) ?? asText(value) ?? "";
  switch (time.unit) {
    case "s":
      return /^\d+$/.test(text) ? text : undefined;
    case "ms":
      return /^\d{4,}$/.test(text) ? text.slice(0, -3) : undefined;
    case "iso": {
      const instant = fromRfc3339(text);
      return instant === null ? undefined : String(Math.floor(Date.parse(instant) / 1_000));
    }
  }
}
