/** A provider that is declared as data, as the pipeline knows providers. */
import { z } from "zod";
import type { Verification } from "../../event.ts";
import { ALGORITHMS } from "../../verify/spec/algorithms.ts";
import { fieldOf, type Coverage } from "../../verify/spec/coverage.ts";
import { readContents, textOf, valueOf, type Need, needOf } from "../../verify/spec/places.ts";
import { secretProblem, type VerifySpec } from "../../verify/spec/spec.ts";
import { verifyDeclared } from "../../verify/spec/verify.ts";
import type { Secret } from "../../verify/secret.ts";
import { sameText } from "../../verify/token.ts";
import type { Callback } from "../callback.ts";
import type { Provider, SourceSettings, Verdict, World } from "../provider.ts";
import { commonSettings, type SourceFields } from "../settings-fields.ts";
import { meaningsCovered, type Declaration } from "./declaration.ts";
import { readFacts } from "./facts.ts";

interface DeclaredSettings extends SourceSettings {
  readonly secrets: readonly Secret[];
  readonly pathSecrets: readonly Secret[];
  readonly verify: VerifySpec;
  readonly believed: Believed;
  /** By name, what `equals` compares with. */
  readonly equals: ReadonlyMap<string, string>;
}

/** How every callback of an account is believed, but for the key. */
type Believed = Omit<Verification, "key">;

/** The provider of this declaration, under a name of its own. */
export function declaredProvider(name: string, declared: Declaration): Provider<DeclaredSettings> {
  return {
    name,
    success: {
      status: 200,
      body: declared.reply.body,
      contentType: declared.reply.type ?? (declared.reply.body === "" ? null : "text/plain; charset=utf-8"),
    },
    headers: headersOf(declared),
    redact: declared.redact.map(fieldName),
    keptInStore: [],
    keptHeaders: declared.keptHeaders,
    settings: (fields) => settings(declared, fields),
    routes: ({ pathSecrets }) => [
      {
        kind: null,
        pathSecrets,
        method: declared.method,
        body: declared.source === "query" ? "query" : declared.source,
        ...(declared.contentTypes === null ? {} : { contentTypes: declared.contentTypes }),
      },
    ],
    verify: (callback, account, world) => verify(declared, callback, account, world),
    normalise: (callback) => readFacts(declared, callback),
  };
}

function headersOf(declared: Declaration): readonly string[] {
  const equals = [...declared.equals.values()].flatMap((place) =>
    place.kind === "header" ? [place.name] : [],
  );
  const specs = [declared.verify, ...declared.schemes.values()].flatMap(({ headers }) => headers);
  return [...new Set([...specs, ...declared.keptHeaders, ...equals])];
}

/** As `redact` names it: a JSON pointer, or the field of a form. */
function fieldName(place: Declaration["redact"][number]): string {
  return place.kind === "json" ? fieldOf(place) : place.name;
}

function settings(declared: Declaration, fields: SourceFields): z.ZodType<DeclaredSettings> {
  const schemes = ["default", ...declared.schemes.keys()] as [string, ...string[]];
  const equals = Object.fromEntries([...declared.equals.keys()].map((name) => [name, z.string().min(1)]));
  return z
    .strictObject({
      ...fields.common(),
      secrets: fields.secrets(),
      path_secrets: fields.pathSecrets().default([]),
      scheme: z.enum(schemes).default("default"),
      ...equals,
    })
    .check((context) => {
      const spec = specOf(declared, context.value.scheme);
      for (const [index, secret] of context.value.secrets.entries()) {
        const message = secretProblem(spec, secret);
        if (message === null) continue;
        context.issues.push({ code: "custom", input: secret.id, path: ["secrets", index], message });
      }
    })
    .transform((input): DeclaredSettings => {
      const spec = specOf(declared, input.scheme);
      const given = input as Readonly<Record<string, unknown>>;
      return {
        ...commonSettings(input),
        secrets: input.secrets,
        pathSecrets: input.path_secrets,
        verify: spec,
        believed: believedBy(declared, spec),
        equals: new Map([...declared.equals.keys()].map((name) => [name, String(given[name])])),
      };
    });
}

function specOf({ verify, schemes }: Declaration, scheme: string): VerifySpec {
  return schemes.get(scheme) ?? verify;
}

/** The assurance follows from what the proof covers, and never from what somebody claims. */
export function believedBy(declared: Declaration, { alg, coverage }: VerifySpec): Believed {
  if (ALGORITHMS[alg].kind === "static") {
    return { method: "static_token", assurance: "shared_secret", covers: [...coverage.claims] };
  }
  const meanings = meaningsCovered(declared, coverage);
  const isWhole = coverage.claims.includes("body");
  const covers = isWhole ? coverage.claims : [...coverage.claims, ...meanings];
  const assurance = isAllCovered(declared, coverage, meanings) ? "signed" : "partial_signature";
  return { method: alg, assurance, covers: [...covers] };
}

function isAllCovered(declared: Declaration, coverage: Coverage, meanings: readonly string[]): boolean {
  if (coverage.isAmbiguous) return false;
  const needed = [
    "status",
    ...(declared.amounts.amount ? ["amount", "currency"] : []),
    ...(declared.reference ? ["reference"] : []),
  ];
  return needed.every((one) => meanings.includes(one));
}

async function verify(
  declared: Declaration,
  callback: Callback,
  account: DeclaredSettings,
  world: World,
): Promise<Verdict> {
  // Whatever came in a body was not looked at, and would be shown as the message.
  if (declared.source === "query" && callback.body.length > 0)
    return { kind: "refused", reason: "content_type" };
  const proof = await verifyDeclared(account.verify, callback, account.secrets, world.nowMs);
  if (!proof.ok) {
    const { reason, detail, skewSeconds } = proof;
    return { kind: "refused", reason, detail, skewSeconds };
  }
  if (!(await isOurs(declared, callback, account))) return { kind: "refused", reason: "merchant" };
  return { kind: "verified", verification: { ...account.believed, key: proof.secret.id } };
}

/** Do the values that name the merchant name this one? */
async function isOurs(
  { equals }: Declaration,
  callback: Callback,
  account: DeclaredSettings,
): Promise<boolean> {
  if (equals.size === 0) return true;
  const needs = new Set<Need>([...equals.values()].flatMap((place) => needOf(place) ?? []));
  const contents = await readContents(callback, needs);
  if (!contents.ok) return false;
  let isSame = true;
  for (const [name, place] of equals) {
    const given = textOf(valueOf(place, contents.value));
    const same = await sameText(given ?? "", account.equals.get(name) ?? "");
    isSame = isSame && same;
  }
  return isSame;
}
