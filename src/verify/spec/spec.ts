/**
 * A declared verification (docs/adding-a-provider.md#the-proof): which algorithm over which parts of a
 * callback, compared with a value at which place. The schema reads it once, when the configuration is
 * read; whatever could never prove what it claims refuses to start, with a sentence that says what to
 * write instead.
 */
import { z } from "zod";
import { DEFAULT_TOLERANCE_SECONDS } from "../../limits.ts";
import { err, ok, type Result } from "../../result.ts";
import type { Secret } from "../secret.ts";
import { ALGORITHM_NAMES, ALGORITHMS, type AlgorithmName } from "./algorithms.ts";
import { coverageOf, type Coverage } from "./coverage.ts";
import { ENCODINGS, parseFormat, type Encoding, type Format } from "./formats.ts";
import { KEY_FORMS, statedBytes, type KeyForm } from "./keys.ts";
import { headersOf, needsOf, parsePlace, type Need, type Place } from "./places.ts";
import type { SignedTime } from "./signed-time.ts";
import {
  holdsBody,
  holdsDocument,
  holdsSecret,
  holdsValue,
  leftOut,
  parseTemplate,
  type Template,
} from "./template.ts";

export interface VerifySpec {
  readonly alg: AlgorithmName;
  readonly signature: Place;
  readonly format: Format;
  readonly encoding: Encoding;
  readonly key: KeyForm;
  /** null for `static`, which proves who sends and nothing of what is sent. */
  readonly content: Template | null;
  readonly time: SignedTime | null;
  readonly coverage: Coverage;
  readonly needs: ReadonlySet<Need>;
  /** Headers that are read, in lower case. */
  readonly headers: readonly string[];
}

const written = z.strictObject({
  alg: z.enum(ALGORITHM_NAMES as readonly [AlgorithmName, ...AlgorithmName[]]),
  /** Where the signature stands. */
  sig: z.string(),
  format: z.string().default("plain"),
  encoding: z.enum(ENCODINGS).optional(),
  key: z.enum(KEY_FORMS).optional(),
  content: z.string().optional(),
  time: z
    .strictObject({
      from: z.string(),
      unit: z.enum(["s", "ms", "iso"]).default("s"),
      tolerance: z.int().min(1).max(DEFAULT_TOLERANCE_SECONDS).default(DEFAULT_TOLERANCE_SECONDS),
    })
    .optional(),
  covers: z.array(z.string()).optional(),
});

/** As it is written in the configuration and in a preset. */
export type WrittenVerifySpec = z.input<typeof written>;

export const verifySpec = written.transform((given, context): VerifySpec => {
  const problems: Problem[] = [];
  const spec = build(given, problems);
  for (const { path, message } of problems) {
    context.issues.push({ code: "custom", input: undefined, path: [path], message });
  }
  return spec ?? z.NEVER;
});

interface Problem {
  readonly path: string;
  readonly message: string;
}

function build(given: z.output<typeof written>, problems: Problem[]): VerifySpec | null {
  const problem = (path: string, message: string) => {
    problems.push({ path, message });
    return null;
  };
  const read = <T>(path: string, result: Result<T, string>) =>
    result.ok ? result.value : problem(path, result.error);

  const signature = read("sig", parsePlace(given.sig));
  const format = read("format", parseFormat(given.format));
  const isStatic = given.alg === "static";
  if (isStatic && given.content !== undefined) {
    problem("content", "is not signed by static: leave it out, or write the provider's own alg");
  }
  const content = isStatic ? null : read("content", parseTemplate(given.content ?? "{raw}"));
  const time = given.time === undefined ? null : read("time.from", signedTime(given.time));
  const isTimeRead = time !== null || given.time === undefined;
  if (signature === null || format === null || (content === null && !isStatic) || !isTimeRead) return null;

  const kind = ALGORITHMS[given.alg].kind;
  const key = given.key ?? (kind === "public-key" ? "pem" : "utf8");
  checkSecret(kind, content, key, given.alg, problem);
  checkFormat(format, content, time, problem);
  for (const member of content === null ? [] : leftOut(content)) {
    if (signature.kind === "json" && signature.pointer.length === 1 && signature.pointer[0] === member)
      continue;
    problem(
      "content",
      `leaves ${member} out of the body, where the signature does not stand: nobody would notice a change of it. ` +
        `Only the member that sig names may be left out`,
    );
  }
  if (isStatic && given.encoding !== undefined) {
    problem("encoding", "says nothing of static, whose value is compared as text: leave it out");
  }
  if (time !== null && !isTimeSigned(time, content)) {
    problem(
      "time",
      `bounds ${shownFrom(time)} although the content leaves it out, so that anybody can write a new one: ` +
        `put {${shownFrom(time)}} into content as the provider does, or leave time out`,
    );
  }
  const coverage = coverageOf(content, time && time.from);
  for (const [index, one] of (given.covers ?? []).entries()) {
    if (coverage.claims.includes(one) || (one.startsWith("field:") && coversField(coverage, one))) continue;
    problem(
      "covers",
      `[${index}] claims ${one}, which the content does not cover: it covers ${coverage.claims.join(", ")}`,
    );
  }
  const places = [
    signature,
    ...(content?.places ?? []),
    ...(time !== null && "place" in time.from ? [time.from.place] : []),
  ];
  return {
    alg: given.alg,
    signature,
    format,
    encoding: given.encoding ?? "hex",
    key,
    content,
    time,
    coverage,
    needs: new Set([
      ...(content !== null && holdsDocument(content) ? ["json" as const] : []),
      ...needsOf(places),
    ]),
    headers: headersOf(places),
  };
}

function coversField({ covers }: Coverage, claim: string): boolean {
  const field = claim.slice("field:".length);
  const place = parsePlace(field.startsWith("/") ? `json:${field}` : field);
  return place.ok && covers(place.value);
}

type WrittenTime = NonNullable<z.output<typeof written>["time"]>;

function signedTime({ from, unit, tolerance: toleranceSeconds }: WrittenTime): Result<SignedTime, string> {
  const [, signaturePart] = /^sig:([A-Za-z0-9_-]+)$/.exec(from) ?? [];
  if (signaturePart !== undefined) return ok({ from: { signaturePart }, unit, toleranceSeconds });
  const place = parsePlace(from);
  return place.ok
    ? ok({ from: { place: place.value }, unit, toleranceSeconds })
    : err(`${place.error}, or sig:<name>`);
}

function shownFrom({ from }: SignedTime): string {
  return "place" in from ? from.place.text : `sig:${from.signaturePart}`;
}

type Report = (path: string, message: string) => null;

function checkSecret(
  kind: (typeof ALGORITHMS)[AlgorithmName]["kind"],
  content: Template | null,
  key: KeyForm,
  alg: AlgorithmName,
  problem: Report,
): void {
  const hasSecret = content !== null && holdsSecret(content);
  if (kind === "digest" && !hasSecret) {
    problem(
      "content",
      `leaves out {secret}, so that anybody can compute ${alg}: put {secret} where the provider does`,
    );
  }
  if (kind !== "digest" && hasSecret) {
    problem("content", `contains {secret}, which is the key of ${alg} already: leave it out of content`);
  }
  const isPublic = kind === "public-key";
  const forms: readonly KeyForm[] = isPublic
    ? alg === "ed25519"
      ? ["pem", "hex", "base64"]
      : ["pem"]
    : kind === "static"
      ? ["utf8"]
      : ["utf8", "hex", "base64", "whsec", "sha256-raw"];
  if (!forms.includes(key))
    problem("key", `${key} is no form of a key of ${alg}: write ${forms.join(" or ")}`);
}

function checkFormat(
  format: Format,
  content: Template | null,
  time: SignedTime | null,
  problem: Report,
): void {
  if (content === null && format.kind !== "plain" && format.kind !== "prefix") {
    problem("format", "of static is plain or prefix:<text>");
  }
  if (format.kind === "kv") return;
  const named = [...(content?.signatureParts ?? [])];
  if (named.length > 0) {
    problem("content", `names {sig:${named[0]}}, which only a kv: format has: write kv:comma:<name>`);
  }
  if (time !== null && "signaturePart" in time.from) {
    problem("time", "is from sig:, which only a kv: format has: write kv:comma:<name>");
  }
}

/** Only a time that the proof is made over bounds anything. */
function isTimeSigned({ from }: SignedTime, content: Template | null): boolean {
  if (content === null) return false;
  if ("signaturePart" in from) return content.signatureParts.has(from.signaturePart);
  return holdsValue(content, from.place) || (from.place.kind === "json" && holdsBody(content));
}

/** Why this secret is no key for this verification, or null. */
export function secretProblem({ alg, key }: VerifySpec, secret: Secret): string | null {
  const bytes = statedBytes(secret.value, key);
  if (bytes === null || bytes.length === 0) {
    return `secret ${secret.id} is not a key of the form ${key}`;
  }
  if (alg === "ed25519" && key !== "pem" && bytes.length !== ED25519_PUBLIC_BYTES) {
    return `secret ${secret.id} is no Ed25519 public key: ${ED25519_PUBLIC_BYTES} bytes`;
  }
  return null;
}

const ED25519_PUBLIC_BYTES = 32;
