/** What a declaration must not say, and what to write instead. Pure. */
import type { Place } from "../../verify/spec/places.ts";
import type { VerifySpec } from "../../verify/spec/spec.ts";
import type { Declaration } from "./declaration.ts";
import type { FetchBack } from "./fetch-spec.ts";
import type { Part, Value } from "./values.ts";

export interface DeclarationProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

type Specs = readonly (readonly [path: string, spec: VerifySpec])[];

export function problemsOf(declared: Declaration): readonly DeclarationProblem[] {
  const { verify, fetch } = declared;
  const specs: Specs = [
    ...(verify === null ? [] : [["verify", verify] as const]),
    ...[...declared.schemes].map(([name, spec]) => [`schemes.${name}`, spec] as const),
  ];
  return [
    // What the API says is confirmed as a whole.
    ...(fetch === null
      ? specs.flatMap(([, spec]) => identityOf(declared, spec))
      : foreignFetch(declared, fetch)),
    ...specs.flatMap(([path, spec]) => tokenInQuery(path, spec)),
    ...unproved(declared),
    ...confirmedWithoutAmount(declared),
    ...foreignSource(declared, specs),
    ...readsSecrets(declared, specs),
    ...keyOfStateAlone(declared),
    ...unusable(declared),
  ];
}

/** Accounts have secrets for `verify`: without it, one that chooses a scheme could never verify anything. */
function unproved({ verify, fetch, schemes }: Declaration): DeclarationProblem[] {
  if (verify !== null) return [];
  if (fetch === null) {
    const message =
      "is missing: an open address is never accepted. Write how callbacks are proved, or fetch what they name";
    return [{ path: ["verify"], message }];
  }
  return schemes.size === 0
    ? []
    : [
        {
          path: ["verify"],
          message: "is missing, which the schemes are other ways for: write the usual one",
        },
      ];
}

/** Facts are of the answer, which is JSON and nothing else; what is asked for is named by the callback. */
function foreignFetch({ source, needs, keptHeaders }: Declaration, fetch: FetchBack): DeclarationProblem[] {
  const problems: DeclarationProblem[] = [];
  if (keptHeaders.length > 0 || [...needs].some((need) => need !== "json")) {
    problems.push({
      path: ["fetch"],
      message: "answers with JSON: read the event from json: places of the answer",
    });
  }
  for (const [path, part] of [
    ...fetch.parts.map((part) => ["path", part] as const),
    ["id", fetch.id.asked] as const,
  ]) {
    if (typeof part === "string" || part.kind === source) continue;
    problems.push({
      path: ["fetch", path],
      message: `${part.text} is not in the callback, whose source is ${source}`,
    });
  }
  return problems;
}

/** What makes an event, or a payment, must not be the sender's to choose. */
function identityOf(declared: Declaration, { alg, coverage }: VerifySpec): DeclarationProblem[] {
  if (alg === "static") return [];
  return keyPlaces(declared)
    .filter(({ place }) => !coverage.covers(place))
    .map(({ path, place }) => ({
      path,
      message:
        `${place.text} is not covered by the proof, so that whoever repeats a callback could make a new ` +
        `payment of it: use what is signed (${coverage.claims.join(", ")})`,
    }));
}

interface NamedPlace {
  readonly path: readonly PropertyKey[];
  readonly place: Place;
}

function keyPlaces({ eventKey, subjectKey }: Declaration): readonly NamedPlace[] {
  const of = (key: string, parts: readonly Part[]) =>
    parts.flatMap((part, index) => (part.kind === "value" ? placesOf([key, index], part.value) : []));
  return [...of("event_key", eventKey), ...of("subject_key", subjectKey)];
}

function placesOf(path: readonly PropertyKey[], value: Value | null | undefined): NamedPlace[] {
  return value ? value.places.map((place) => ({ path, place })) : [];
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

/** A value of a form is not in a JSON body, nor the other way round, and beside a query there is no body. */
function foreignSource({ source, needs, fetch }: Declaration, specs: Specs): DeclarationProblem[] {
  const read = [...(fetch === null ? needs : []), ...specs.flatMap(([, spec]) => [...spec.needs])];
  const foreign = read.find((need) => need !== source && need !== "query");
  if (foreign === undefined) return [];
  return [
    {
      path: ["source"],
      message: `is ${source}, but ${foreign}: places are read: write the source the provider uses`,
    },
  ];
}

/** Facts are read again from a stored callback, whose secrets are gone. */
function readsSecrets(declared: Declaration, specs: Specs): DeclarationProblem[] {
  const headers = specs.map(([, { signature }]) => signature).filter(({ kind }) => kind === "header");
  const secrets = [...declared.redact, ...headers];
  return factPlaces(declared)
    .filter(({ place }) => secrets.some((secret) => isWithin(place, secret)))
    .map(({ path, place }) => ({
      path,
      message: `reads ${place.text}, which is secret: it is neither stored nor shown`,
    }));
}

/** It is that value, or a part of it. */
function isWithin({ text }: Place, outer: Place): boolean {
  return text === outer.text || (outer.kind === "json" && text.startsWith(`${outer.text}/`));
}

/** Every place that facts are read from, under the setting that names it. */
function factPlaces(declared: Declaration): readonly NamedPlace[] {
  const { amounts, blockchain, single, status } = declared;
  return [
    ...(single === null ? [] : [{ path: ["single"], place: single }]),
    ...keyPlaces(declared),
    ...placesOf(["event"], declared.event),
    ...placesOf(["event_id"], declared.eventId),
    ...placesOf(["payment_id"], declared.paymentId),
    ...placesOf(["reference"], declared.reference),
    ...status.at.flatMap((value, index) => placesOf(["status", "at", index], value)),
    ...Object.entries(amounts).flatMap(([name, { value, currency, network, whole }]) =>
      Object.entries({ value, currency, network, whole }).flatMap(([field, one]) =>
        placesOf(["amounts", name, field], one),
      ),
    ),
    ...placesOf(["occurred_at", "at"], declared.occurredAt?.at),
    ...placesOf(["livemode", "at"], declared.livemode?.at),
    ...Object.entries(blockchain ?? {}).flatMap(([name, value]) => placesOf(["blockchain", name], value)),
  ];
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
