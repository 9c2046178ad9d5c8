/** A declared provider's sample and its cases through the relay's own checks, without a relay: what came otherwise than expected. */
import { examine, type Outcome } from "../../../src/diagnose/examine.ts";
import type { RelayConfig } from "../relay-config.ts";
import type { Secrets } from "../secrets.ts";
import { requestOf, type Expected, type Sample, type SampleCase } from "./samples.ts";
import { saidBy } from "./said.ts";
import { senderOf } from "./sender.ts";
import { put, sign, type UnsignedRequest } from "./sign.ts";

export interface Judged {
  readonly name: string;
  /** Empty: as expected. */
  readonly wrong: readonly string[];
}

/** @throws where the account cannot send: it is not configured, has no secret set, or the sample cannot be signed */
export async function judgeSample(
  configuration: { readonly relay: RelayConfig; readonly secrets: Secrets },
  provider: string,
  account: string,
  sample: Sample,
  nowMs: number,
): Promise<Judged[]> {
  const { declared, scheme, settings, secret, path } = senderOf(configuration, provider, account);
  if (scheme === null || secret === null || declared.fetch !== null)
    throw new Error(`${provider} asks an API, which a test does not`);
  const { relay, secrets } = configuration;
  const url = `https://relay.invalid${path}`;

  let own: string | null = null;
  const judge = async (name: string, varied: SampleCase | null): Promise<Judged> => {
    let unsigned: UnsignedRequest = {
      ...requestOf(sample, url, varied ?? undefined),
      method: declared.methods[0] ?? "POST",
    };
    for (const [setting, place] of declared.equals) {
      if (varied?.set?.[place.text] === undefined) unsigned = put(unsigned, place, String(settings[setting]));
    }
    const sent = await sign(scheme, secret, unsigned, nowMs);
    const request = {
      ...sent,
      headers: Object.entries(sent.headers),
      body: new TextEncoder().encode(sent.body),
    };
    const { outcome } = await examine({ request, env: { ...secrets, RELAY: relay }, nowMs }, null);
    if (varied === null) own = idOf(outcome);
    const result = { ...resultOf(outcome), same_event: own !== null && idOf(outcome) === own };
    return { name, wrong: differences(result, varied?.expect ?? sample.expect) };
  };
  const judged = [await judge("the sample", null)];
  for (const one of sample.cases) judged.push(await judge(one.name, one));
  return judged;
}

/** What `Expected` can ask for, as the outcome has it. */
function resultOf(outcome: Outcome): Readonly<Record<string, unknown>> {
  if (outcome.kind === "event") return { ...saidBy(outcome.event), warnings: outcome.event.data.warnings };
  return { [outcome.kind]: "reason" in outcome ? outcome.reason : outcome.host };
}

const idOf = (outcome: Outcome) => (outcome.kind === "event" ? outcome.event.id : null);

function differences(said: Readonly<Record<string, unknown>>, expected: Expected): string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    // What the account does not take is set aside as well.
    const got = said[name === "aside" ? "quarantined" : name];
    if (JSON.stringify(got) === JSON.stringify(value)) return [];
    const instead = got === undefined ? JSON.stringify(said) : JSON.stringify(got);
    return [`${name}: expected ${JSON.stringify(value)}, and it is ${instead}`];
  });
}
