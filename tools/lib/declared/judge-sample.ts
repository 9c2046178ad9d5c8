/** A declared provider's sample and its cases through the relay's own checks, without a relay: what came otherwise than expected. */
import { declarationOf } from "../../../src/config/providers.ts";
import { examine, type Outcome } from "../../../src/diagnose/examine.ts";
import type { RelayConfig } from "../relay-config.ts";
import type { Secrets } from "../secrets.ts";
import { requestOf, type Expected, type Sample, type SampleCase } from "./samples.ts";
import { put, sign, type UnsignedRequest } from "./sign.ts";

export interface Judged {
  readonly name: string;
  /** Empty: as expected. */
  readonly wrong: readonly string[];
}

/** @throws where the account cannot send: it is not configured, has no secret set, or the sample cannot be signed */
export async function judgeSample(
  { relay, secrets }: { readonly relay: RelayConfig; readonly secrets: Secrets },
  provider: string,
  account: string,
  sample: Sample,
  nowMs: number,
): Promise<Judged[]> {
  const declared = declarationOf(provider, (relay["providers"] ?? {}) as Readonly<Record<string, unknown>>);
  const settings = relay.sources[provider]?.[account];
  if (declared === null)
    throw new Error(`${provider} is no declared provider, or has a problem: relay check`);
  if (settings === undefined) throw new Error(`no account "${account}" of ${provider} is configured`);
  const spec = declared.schemes.get(settings.scheme ?? "") ?? declared.verify;
  if (spec === null || declared.fetch !== null)
    throw new Error(`${provider} asks an API, which a test does not`);
  const secretOf = (names: unknown) => (Array.isArray(names) ? secrets[String(names[0])] : undefined);
  const secret = secretOf(settings.secrets);
  if (!secret) throw new Error(`the secret of ${provider}/${account} is in no .dev.vars`);
  const pathSecret = secretOf(settings["path_secrets"]);
  const url = `https://relay.invalid/in/${provider}/${account}${pathSecret === undefined ? "" : `/${pathSecret}`}`;

  const judge = async (name: string, varied: SampleCase | null): Promise<Judged> => {
    let unsigned: UnsignedRequest = {
      ...requestOf(sample, url, varied ?? undefined),
      method: declared.methods[0] ?? "POST",
    };
    for (const [setting, place] of declared.equals) {
      if (varied?.set?.[place.text] === undefined) unsigned = put(unsigned, place, String(settings[setting]));
    }
    const sent = await sign(spec, secret, unsigned, nowMs);
    const request = {
      ...sent,
      headers: Object.entries(sent.headers),
      body: new TextEncoder().encode(sent.body),
    };
    const { outcome } = await examine({ request, env: { ...secrets, RELAY: relay }, nowMs }, null);
    return { name, wrong: differences(saidBy(outcome), varied?.expect ?? sample.expect) };
  };
  const judged = [await judge("the sample", null)];
  for (const one of sample.cases) judged.push(await judge(one.name, one));
  return judged;
}

/** What `Expected` can ask for, as the outcome has it. */
function saidBy(outcome: Outcome): Readonly<Record<string, unknown>> {
  if (outcome.kind !== "event") {
    return { [outcome.kind]: "reason" in outcome ? outcome.reason : outcome.host };
  }
  const { kind, data } = outcome.event;
  const noun = data.direction === "out" ? "payout" : "payment";
  return {
    type: kind === "provider" ? "provider.event" : `${noun}.${data.status ?? "updated"}`,
    status: data.status,
    direction: data.direction,
    amount: data.amount?.value ?? "",
    currency: data.amount?.currency ?? "",
    network: data.amount?.network ?? "",
    amount_requested: data.amount_requested?.value ?? "",
    amount_net: data.amount_net?.value ?? "",
    amount_refunded: data.amount_refunded?.value ?? "",
    amount_of_refund: data.amount_of_refund?.value ?? "",
    fee: data.fee?.value ?? "",
    merchant_reference: data.merchant_reference,
    occurred_at: data.occurred_at ?? "",
    event_id: data.provider.event_id ?? "",
    warnings: data.warnings,
  };
}

function differences(said: Readonly<Record<string, unknown>>, expected: Expected): string[] {
  const all = { ...said, quarantined: said["quarantined"] ?? said["aside"] };
  return Object.entries(expected).flatMap(([name, value]) => {
    const got: unknown = (all as Readonly<Record<string, unknown>>)[name];
    if (JSON.stringify(got) === JSON.stringify(value)) return [];
    const instead = got === undefined ? JSON.stringify(said) : JSON.stringify(got);
    return [`${name}: expected ${JSON.stringify(value)}, and it is ${instead}`];
  });
}
