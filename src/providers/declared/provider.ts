/** A provider that is declared as data, as the pipeline knows providers. */
import { z } from "zod";
import { ALGORITHMS } from "../../verify/spec/algorithms.ts";
import { fieldOf, type Coverage } from "../../verify/spec/coverage.ts";
import { headersOf, type Place } from "../../verify/spec/places.ts";
import { secretProblem, type VerifySpec } from "../../verify/spec/spec.ts";
import { liveSecrets, type Secret } from "../../verify/secret.ts";
import type { Callback } from "../callback.ts";
import { believedByToken, namesMerchant, verdictBy, type Believed, type ProofSettings } from "../proof.ts";
import type { Provider, SourceSettings, Verdict, World } from "../provider.ts";
import { commonSettings, type SourceFields } from "../settings-fields.ts";
import { meaningsCovered, type Declaration } from "./declaration.ts";
import { confirm, type ObjectApi } from "./fetch-back.ts";
import type { FetchBack } from "./fetch-spec.ts";
import { readFacts } from "./facts.ts";
import { replyAt } from "./reply.ts";

interface DeclaredSettings extends SourceSettings {
  readonly secrets: readonly Secret[];
  readonly pathSecrets: readonly Secret[];
  /** null: nothing is verified but what the API says. */
  readonly proof: ProofSettings | null;
  /** Where objects are asked for, if they are. */
  readonly api: ObjectApi | null;
  /** What names the merchant, with what this account says it must be. */
  readonly equals: readonly (readonly [place: Place, text: string])[];
}

/** The provider of this declaration, under a name of its own. */
export function declaredProvider(name: string, declared: Declaration): Provider<DeclaredSettings> {
  return {
    name,
    success: { status: 200, body: "", contentType: null },
    reply: ({ secrets }, nowMs) => replyAt(declared.reply, liveSecrets(secrets, nowMs)[0], nowMs),
    headers: headersRead(declared),
    redact: declared.redact.map(fieldName),
    keptInStore: [],
    keptHeaders: declared.keptHeaders,
    settings: (fields) => settings(declared, fields),
    routes: ({ pathSecrets }) => [
      {
        kind: null,
        pathSecrets,
        methods: declared.methods,
        body: declared.source,
        contentTypes: declared.contentTypes ?? undefined,
      },
    ],
    verify: (callback, account, world) => verify(declared, callback, account, world),
    normalise: (callback) => readFacts(declared, callback),
  };
}

function headersRead({ verify, schemes, keptHeaders, equals }: Declaration): readonly string[] {
  const specs = [verify, ...schemes.values()].flatMap((spec) => spec?.headers ?? []);
  return [...new Set([...specs, ...keptHeaders, ...headersOf([...equals.values()])])];
}

/** As `redact` names it: a JSON pointer, or the field of a form. */
function fieldName(place: Declaration["redact"][number]): string {
  return place.kind === "json" ? fieldOf(place) : place.name;
}

function settings(declared: Declaration, fields: SourceFields): z.ZodType<DeclaredSettings> {
  const { fetch } = declared;
  const schemes = ["default", ...declared.schemes.keys()] as [string, ...string[]];
  const equals = Object.fromEntries([...declared.equals.keys()].map((name) => [name, z.string().min(1)]));
  return z
    .strictObject({
      ...fields.common(),
      ...(declared.verify === null ? {} : { secrets: fields.secrets() }),
      ...(fetch === null ? {} : { api_url: apiUrl(fetch, fields) }),
      ...(fetch === null || fetch.authorization === null ? {} : { api_secrets: fields.secrets() }),
      path_secrets: fields.pathSecrets().default([]),
      scheme: z.enum(schemes).default("default"),
      ...equals,
    })
    .transform((input, context): DeclaredSettings => {
      const given = input as typeof input & Given;
      const { secrets = [], api_url: base, api_secrets: keys = [] } = given;
      const spec = specOf(declared, given.scheme);
      for (const [index, secret] of secrets.entries()) {
        const message = spec && secretProblem(spec, secret);
        if (message === null) continue;
        context.issues.push({ code: "custom", input: secret.id, path: ["secrets", index], message });
      }
      return {
        ...commonSettings(input),
        secrets,
        pathSecrets: input.path_secrets,
        proof: spec && { spec, believed: believedBy(declared, spec) },
        api: fetch === null || base === undefined ? null : { fetch, base, keys },
        equals: [...declared.equals].map(([name, place]) => [place, String(given[name])] as const),
      };
    });
}

function apiUrl({ base }: FetchBack, fields: SourceFields) {
  return base === null ? fields.outboundUrl() : fields.outboundUrl().prefault(base);
}

/** What an account says beside the common options, as far as its provider asks for it. */
interface Given {
  readonly secrets?: readonly Secret[];
  readonly api_secrets?: readonly Secret[];
  readonly api_url?: URL;
  readonly scheme: string;
  readonly [name: string]: unknown;
}

function specOf({ verify, schemes }: Declaration, scheme: string): VerifySpec | null {
  return schemes.get(scheme) ?? verify;
}

/** The assurance follows from what the proof covers, and never from what somebody claims. */
export function believedBy(declared: Declaration, spec: VerifySpec): Believed {
  const { alg, coverage } = spec;
  if (ALGORITHMS[alg].kind === "static") return believedByToken(spec);
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
  const { proof, api, secrets } = account;
  // A hint that was deferred was verified when it came; the headers it was signed with are gone.
  const isProvedBefore = world.again && api !== null;
  const verdict = proof && !isProvedBefore ? await verdictBy(proof, callback, secrets, world.nowMs) : null;
  if (verdict?.kind === "refused") return verdict;
  if (!(await namesMerchant(callback, account.equals))) return { kind: "refused", reason: "merchant" };
  if (api !== null) return await confirm(api, callback, world);
  // A declaration without either is refused when it is read.
  return verdict ?? { kind: "refused", reason: "missing_signature" };
}
