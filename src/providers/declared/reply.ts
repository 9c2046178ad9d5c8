/**
 * What a declared provider is answered: a fixed text, or one with the time in it that is signed the way the
 * provider's callbacks are (docs/adding-a-provider.md#a-signed-reply).
 */
import { z } from "zod";
import type { Secret } from "../../verify/secret.ts";
import { ALGORITHM_NAMES, ALGORITHMS, proofOver, type AlgorithmName } from "../../verify/spec/algorithms.ts";
import { ENCODINGS, encodeSignature } from "../../verify/spec/formats.ts";
import { SECRET, type Piece } from "../../verify/spec/template.ts";
import type { Reply } from "../provider.ts";

export const replySpec = z
  .strictObject({
    /** `{now}` in it is the time in Unix seconds. */
    body: z.string().default(""),
    type: z.string().min(1).optional(),
    sign: z
      .strictObject({
        header: z.string().regex(/^[A-Za-z0-9-]+$/, "must be a header name"),
        alg: z.enum(ALGORITHM_NAMES as readonly [AlgorithmName, ...AlgorithmName[]]),
        encoding: z.enum(ENCODINGS).default("hex"),
        /** `{now}` and `{secret}` in it are the time of the body and the secret. */
        content: z.string().min(1),
      })
      .transform(({ alg, ...sign }, context) => {
        const refused = (message: string) => {
          context.issues.push({ code: "custom", input: alg, path: ["alg"], message });
          return z.NEVER;
        };
        const algorithm = ALGORITHMS[alg];
        if (algorithm.kind !== "hmac" && algorithm.kind !== "digest")
          return refused("signs with no secret that an account has: write an hmac-… or a hash");
        if (sign.content.includes("{secret}") === (algorithm.kind === "hmac"))
          return refused("has {secret} in its content exactly where it is a hash, not an hmac-…");
        return { ...sign, algorithm };
      })
      .optional(),
  })
  .prefault({});

export type ReplySpec = z.output<typeof replySpec>;

/** The reply at this instant; `secret` signs it, where it is signed. */
export async function replyAt(
  { body, type, sign }: ReplySpec,
  secret: Secret | undefined,
  nowMs: number,
): Promise<Reply> {
  const now = String(Math.floor(nowMs / 1_000));
  const timed = body.replaceAll("{now}", now);
  const contentType = type ?? (body === "" ? null : "text/plain; charset=utf-8");
  const base = { status: 200 as const, body: timed, contentType };
  if (sign === undefined || secret === undefined) return base;
  const pieces: Piece[] = [];
  for (const [index, text] of sign.content.replaceAll("{now}", now).split("{secret}").entries()) {
    if (index > 0) pieces.push(SECRET);
    pieces.push(new TextEncoder().encode(text));
  }
  const proof = await proofOver(sign.algorithm, "utf8", secret, pieces);
  return { ...base, headers: { [sign.header]: encodeSignature(proof, sign.encoding) } };
}
