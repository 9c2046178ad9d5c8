/** What a declaration must not say, and what to write instead. Pure. */
import type { Coverage } from "../../verify/spec/coverage.ts";
import type { Place } from "../../verify/spec/places.ts";
import type { VerifySpec } from "../../verify/spec/spec.ts";
import type { Declaration } from "./declaration.ts";
import type { Part, Value } from "./values.ts";

export interface DeclarationProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export function problemsOf(declared: Declaration): readonly DeclarationProblem[] {
  const { verify, fetch } = declared;
  const specs = [
    ...(verify === null ? [] : [["verify", verify] as const]),
    ...[...declared.schemes].map(([name, spec]) => [`schemes.${name}`, spec] as const),
  ];
  return [
    // What the API says is confirmed as a whole.
    ...(fetch === null ? specs.flatMap(([, spec]) => identityOf(declared, spec)) : foreignFetch(declared)),
    ...specs.flatMap(([path, spec]) => tokenInQuery(path, spec)),
    ...(verify === null && fetch === null ? [UNPROVED] : []),
    ...confirmedWithoutAmount(declared),
    ...foreignSource(declared, specs),
    ...readsSecrets(declared),
    ...keyOfStateAlone(declared),
    ...unusable(declared),
  ];
}

const UNPROVED: DeclarationProblem = {
  path: ["verify"],
  message:
    "is missing: an open address is never accepted. Write how callbacks are proved, or fetch what they name",
};

/** Facts are of the answer, which is JSON and nothing else; what is asked for is named by the callback. */
function foreignFetch({ source, fetch, needs }: Declaration): DeclarationProblem[] {
  const asked = fetch?.parts.flatMap((part) => (typeof part === "string" ? [] : [part])) ?? [];
  const problems: DeclarationProblem[] = [];
  if ([...needs].some((need) => need !== "json")) {
    problems.push({
      path: ["fetch"],
      message: "answers with JSON: read the event from json: places of the answer",
    });
  }
  for (const { kind, text } of asked) {
    if (kind === source) continue;
    problems.push({
      path: ["fetch", "path"],
      message: `${text} is not in the callback, whose source is ${source}`,
    });
  }
  return problems;
}

/** What makes an event, or a payment, must not be the sender's to choose. */
function identityOf(declared: Declaration, { alg, coverage }: VerifySpec): DeclarationProblem[] {
  if (alg === "static") return [];
  return (["event_key", "subject_key"] as const).flatMap((path) =>
    partsOf(path === "event_key" ? declared.eventKey : declared.subjectKey).flatMap(([index, place]) =>
      coverage.covers(place)
        ? []
        : [
            {
              path: [path, index],
              message:
                `${place.text} is not covered by the proof, so that whoever repeats a callback could make a new ` +
                `payment of it: use what is signed (${claimsOf(coverage)})`,
            },
          ],
    ),
  );
}

function claimsOf({ claims }: Coverage): string {
  return claims.join(", ");
}

function partsOf(parts: readonly Part[]): (readonly [index: number, place: Place])[] {
  return parts.flatMap((part, index) =>
    part.kind === "value" ? part.value.places.map((place) => [index, place] as const) : [],
  );
}

function tokenInQuery(path: string, { alg, signature }: VerifySpec): DeclarationProblem[] {
  if (alg !== "static" || signature.kind !== "query") return [];
  const message =
    "is a token in an address, which every log on the way keeps: have the provider send a header, or leave the query " +
    "empty and give the account path_secrets";
  return [{ path: [...path.split("."), "sig"], message }];
}

/** A payment that is confirmed without an amount would be forwarded as money nobody can book. */
function confirmedWithoutAmount({ status, amounts }: Declaration): DeclarationProblem[] {
  const meanings = [...status.words.values(), status.absent];
  if (amounts.amount !== undefined || !meanings.some((meaning) => meaning?.status === "confirmed")) return [];
  return [
    {
      path: ["amounts", "amount"],
      message: "is missing, although a word means confirmed: name its value and currency",
    },
  ];
}

/** A value of a form is not in a JSON body, nor the other way round. */
function foreignSource(
  { source, needs, fetch }: Declaration,
  specs: readonly (readonly [string, VerifySpec])[],
): DeclarationProblem[] {
  const foreign = source === "json" ? "form" : "json";
  const wrong = (read: ReadonlySet<string>) => read.has(foreign) || (source === "query" && read.has("form"));
  const message = `is ${source}, but ${foreign === "form" ? "form:" : "json:"} places are read: write the source the provider uses`;
  const isWrong = (fetch === null && wrong(needs)) || specs.some(([, spec]) => wrong(spec.needs));
  return isWrong ? [{ path: ["source"], message }] : [];
}

/** Facts are read again from a stored callback, whose secrets are gone. */
function readsSecrets(declared: Declaration): DeclarationProblem[] {
  const secret = new Set(declared.redact.map(({ text }) => text));
  const specs = [...(declared.verify === null ? [] : [declared.verify]), ...declared.schemes.values()];
  const signatures = specs.map(({ signature }) => signature);
  for (const signature of signatures) if (signature.kind === "header") secret.add(signature.text);
  const named: readonly (readonly [string, readonly Place[]])[] = [
    ["event_key", partsOf(declared.eventKey).map(([, place]) => place)],
    ["subject_key", partsOf(declared.subjectKey).map(([, place]) => place)],
    ["event", placesOf(declared.event)],
    ["event_id", placesOf(declared.eventId)],
    ["payment_id", placesOf(declared.paymentId)],
    ["reference", placesOf(declared.reference)],
    ["status", declared.status.at.flatMap(placesOf)],
  ];
  return named.flatMap(([path, places]) =>
    places.flatMap((place) =>
      secret.has(place.text)
        ? [{ path: [path], message: `reads ${place.text}, which is secret: it is neither stored nor shown` }]
        : [],
    ),
  );
}

function placesOf(value: Value | null): readonly Place[] {
  return value?.places ?? [];
}

/** With nothing but a state in it, a key would make one payment of all of them. */
function keyOfStateAlone({ subjectKey, eventKey }: Declaration): DeclarationProblem[] {
  const problems: DeclarationProblem[] = [];
  if (subjectKey.some(({ kind }) => kind === "state")) {
    problems.push({
      path: ["subject_key"],
      message: "names state, which changes: one payment would become several",
    });
  }
  if (!subjectKey.some((part) => part.kind === "value" && part.value.places.length > 0)) {
    problems.push({
      path: ["subject_key"],
      message: "names no value of the callback: all payments would be one",
    });
  }
  for (const [path, parts] of [
    ["event_key", eventKey],
    ["subject_key", subjectKey],
  ] as const) {
    const fixed = parts.findIndex((part) => part.kind === "value" && part.value.text !== null);
    if (fixed >= 0)
      problems.push({
        path: [path, fixed],
        message: "has a text of its own, which tells nothing apart: leave text: out",
      });
  }
  return problems;
}

function unusable({ methods, source, redact, single }: Declaration): DeclarationProblem[] {
  const problems: DeclarationProblem[] = [];
  if (source === "query" && methods.some((method) => method !== "GET" && method !== "DELETE")) {
    problems.push({
      path: ["methods"],
      message: "must be GET or DELETE where the parameters are in the query",
    });
  }
  if (source !== "query" && methods.includes("GET")) {
    problems.push({ path: ["source"], message: "must be query where a method is GET" });
  }
  for (const [index, place] of redact.entries()) {
    if (place.kind === "json" || place.kind === "form") continue;
    problems.push({
      path: ["redact", index],
      message: "must be a value of the body: headers are never stored",
    });
  }
  if (single !== null && single.kind !== "json") {
    problems.push({ path: ["single"], message: "must be a list in a JSON body: json:/items" });
  }
  return problems;
}
