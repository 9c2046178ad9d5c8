/** What a declared provider sends, from a sample callback of it: signed as its declaration says. */
import { readFileSync } from "node:fs";
import type { Declaration } from "../../../src/providers/declared/declaration.ts";
import type { Part } from "../../../src/providers/declared/values.ts";
import type { Place } from "../../../src/verify/spec/places.ts";
import type { VerifySpec } from "../../../src/verify/spec/spec.ts";
import type { Callback } from "../callbacks.ts";
import type { RelayConfig } from "../relay-config.ts";
import type { Step } from "../scenarios.ts";
import type { Secrets } from "../secrets.ts";
import { readSample, SAMPLED } from "./read-sample.ts";
import { requestOf, type Sample } from "./samples.ts";
import { senderOf, type Sender } from "./sender.ts";
import { put, sign, type UnsignedRequest } from "./sign.ts";

export interface DeclaredScenario {
  readonly about: string;
  steps(payment: string, now: Date): Promise<readonly Step[]>;
}

/** Any local address: a scheme that signs the whole of it is not simulated. */
const ADDRESS = "http://127.0.0.1:8787";
const WRONG_SECRETS: Readonly<Record<string, string>> = { hex: "00", base64: "AAAA", whsec: "whsec_AAAA" };

/**
 * @param file of a sample, for a provider that ships none
 * @throws where the account is not configured, its secret is not set, or there is no sample
 */
export function declaredScenarios(
  relay: RelayConfig,
  secrets: Secrets,
  name: string,
  account: string,
  file: string | undefined,
): Record<string, DeclaredScenario> {
  const of = senderOf({ relay, secrets }, name, account);
  const sender: Sending = { ...of, sample: sampleOf(name, file) };
  const { declared, scheme } = of;
  const outcome = declared.fetch === null ? "accepted" : "deferred";
  const again = declared.fetch === null ? "duplicate" : "deferred";
  const one = async (
    text: string,
    payment: string,
    now: Date,
    expected: Step["expected"],
  ): Promise<Step> => ({
    name: text,
    callback: await callbackOf(sender, payment, now),
    expected,
  });
  return {
    success: {
      about: "the sample, as another payment each time",
      steps: async (payment, now) => [await one("success", payment, now, { status: 200, outcome })],
    },
    duplicate: {
      about: "the provider repeats a callback that got a 2xx",
      steps: async (payment, now) => [
        await one("first", payment, now, { status: 200, outcome }),
        await one("repeated", payment, now, { status: 200, outcome: again }),
      ],
    },
    ...(scheme === null ? {} : { "wrong-secret": wrongSecret(sender, scheme) }),
  };
}

function wrongSecret(sender: Sending, { key }: VerifySpec): DeclaredScenario {
  return {
    about: "a forger who does not know the secret",
    steps: async (payment, now) => [
      {
        name: "wrong secret",
        callback: await callbackOf({ ...sender, secret: WRONG_SECRETS[key] ?? "wrong" }, payment, now),
        expected: { status: 401, outcome: null },
      },
    ],
  };
}

function sampleOf(name: string, file: string | undefined): Sample {
  if (file !== undefined) return JSON.parse(readFileSync(file, "utf8")) as Sample;
  if (SAMPLED.has(name)) return readSample(name);
  throw new Error(
    `${name} ships no sample: give one with --sample <file> (docs/adding-a-provider.md#simulating-it)`,
  );
}

interface Sending extends Sender {
  readonly sample: Sample;
}

async function callbackOf(sender: Sending, payment: string, now: Date): Promise<Callback> {
  const { name, declared, scheme, sample, secret, path } = sender;
  const unsigned: UnsignedRequest = {
    ...requestOf(sample, `${ADDRESS}${path}`),
    method: declared.methods[0] ?? "POST",
  };
  const merchants = [...declared.equals].map(
    ([setting, place]) => [place, String(sender.settings[setting])] as const,
  );
  const ids = idPlaces(declared).map((place) => [place, payment] as const);
  let ours = unsigned;
  for (const [place, text] of [...ids, ...merchants]) ours = withText(ours, place, text);
  const sent = scheme === null || secret === null ? ours : await sign(scheme, secret, ours, now.getTime());
  const { method, headers, body } = sent;
  return { provider: name, method, path: sent.url.slice(ADDRESS.length), headers, body };
}

/** What names an event and a payment: the payment's name stands there. */
function idPlaces({ eventKey, subjectKey, fetch }: Declaration): readonly Place[] {
  if (fetch !== null) return [fetch.id.asked];
  return [...eventKey, ...subjectKey].flatMap((part: Part) =>
    part.kind === "value" && part.as !== "amount"
      ? part.value.places.filter(({ text }) => !TYPE.test(text))
      : [],
  );
}

/** A type that is part of a key (`/type`, `/event`) stays what it is. */
const TYPE = /(?:^|[/:_])(?:type|kind|event|status_context)$/;

/** The request with this text there; unchanged where the sample has nothing there: it knows best what callbacks have. */
function withText(request: UnsignedRequest, place: Place, text: string): UnsignedRequest {
  if (place.kind === "header" && !(place.name in request.headers)) return request;
  try {
    return put(request, place, text);
  } catch {
    return request;
  }
}
