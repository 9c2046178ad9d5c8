/**
 * A captured callback against a configuration: which check fails and why, and what would have to be otherwise for it
 * to verify (docs/cli.md#diagnose). Stores nothing and sends nothing, but a question to a provider's verifier when it
 * is told to; the result names secrets and holds none.
 */
import { configOf } from "../config/load.ts";
import { textOf, type Problem } from "../config/problems.ts";
import { isBroken } from "../config/schema.ts";
import { accountOf } from "../ingress/locate.ts";
import { requestTarget } from "../ingress/request-target.ts";
import { because } from "../reasons.ts";
import { absoluteUrl, headerOf, withHeader, type Case } from "./captured.ts";
import { examine, STAGES, type Ask, type Examination, type Outcome, type Stage } from "./examine.ts";
import { explain } from "./explain.ts";
import { notesOn } from "./notes.ts";
import { accountsOf } from "./relay-table.ts";
import { search } from "./search.ts";

export interface Diagnosis {
  /** `event`: it would be accepted. `unasked`: only the provider's verifier can tell. `misconfigured`: nothing is checked. */
  readonly outcome: Outcome["kind"] | "misconfigured";
  /** `provider/account`; null when the address leads nowhere. */
  readonly source: string | null;
  /** Checks that it passes, in their order. */
  readonly passed: readonly Stage[];
  /** The check that decided, and the relay's reason with its particulars. */
  readonly failed: { readonly check: Stage; readonly reason: string } | null;
  readonly why: string;
  /** By what the sender is believed, once it is. */
  readonly verified_by: { readonly method: string; readonly key: string | null } | null;
  /** Each is a smallest set of things that would have to be otherwise; empty when none was found. */
  readonly would_verify: readonly (readonly string[])[];
  readonly notes: readonly string[];
  /** What the CRM would be told, in short. */
  readonly event: {
    readonly id: string;
    readonly payment_id: string;
    readonly status: string | null;
    readonly merchant_reference: string | null;
    readonly amount: string | null;
  } | null;
}

/** @param ask asks a provider's verifier; null: nobody is asked */
export async function diagnose(given: Case, ask: Ask | null): Promise<Diagnosis> {
  const problems = problemsAt(given);
  if (problems.length > 0) return misconfigured(problems.map(textOf));
  const { prepared, notes } = withSender(given);
  const examination = await examine(prepared, ask);
  const { outcome, stage, source } = examination;
  const solutions = outcome.kind === "refused" ? await search(prepared, examination, ask) : [];
  const isFine = outcome.kind === "event";
  return {
    outcome: outcome.kind,
    source,
    passed: STAGES.slice(0, STAGES.indexOf(stage) + (isFine ? 1 : 0)),
    failed: "reason" in outcome ? { check: stage, reason: because(outcome) } : null,
    why: whyOf(examination),
    verified_by:
      "verification" in outcome
        ? { method: outcome.verification.method, key: outcome.verification.key }
        : null,
    would_verify: solutions.map(({ changes }) => changes.map(({ text }) => text)),
    notes: [...notes, ...(isFine ? [] : notesOn(given))],
    event: isFine ? eventOf(outcome) : null,
  };
}

/** The problems because of which the address answers 503, whatever it is sent. */
function problemsAt({ request, env }: Case): readonly Problem[] {
  const { config, problems } = configOf(env);
  const name = accountOf(requestTarget(absoluteUrl(request)).path);
  if (name === null || !isBroken(config, name)) return [];
  return problems.filter(
    ({ about }) =>
      about.kind === "relay" ||
      (about.kind === "source" && (about.name === name || name.startsWith(`${about.name}/`))),
  );
}

function misconfigured(problems: readonly string[]): Diagnosis {
  return {
    outcome: "misconfigured",
    source: null,
    passed: [],
    failed: null,
    why: "the configuration has problems here: everything is answered 503",
    verified_by: null,
    would_verify: [],
    notes: problems,
    event: null,
  };
}

/** A capture rarely says who sent it, since Cloudflare adds that: it is taken to come from a listed address. */
function withSender(given: Case): { prepared: Case; notes: string[] } {
  const listed = accountsOf(given.env).flatMap(({ provider, account, settings }) =>
    given.request.url.includes(`/in/${provider}/${account}`) && Array.isArray(settings.allow_ips)
      ? (settings.allow_ips as unknown[])
      : [],
  );
  const [first] = listed;
  if (typeof first !== "string" || headerOf(given.request, "cf-connecting-ip") !== null) {
    return { prepared: given, notes: [] };
  }
  const address = first.split("/")[0] ?? first;
  const request = withHeader(given.request, "cf-connecting-ip", address);
  return {
    prepared: { ...given, request },
    notes: ["the capture does not say who sent it: the address list (allow_ips) is not checked"],
  };
}

function whyOf({ outcome }: Examination): string {
  switch (outcome.kind) {
    case "event":
      return "it verifies, and would be accepted";
    case "unasked":
      return `only ${outcome.host} can tell whether the token is genuine, and was not asked`;
    case "refused":
      return explain(outcome.reason, false);
    case "quarantined":
      return explain(outcome.reason, true);
    case "deferred":
      return explain(outcome.reason, false);
  }
}

function eventOf({ event }: Extract<Outcome, { kind: "event" }>): Diagnosis["event"] {
  const { payment_id, status, merchant_reference, amount } = event.data;
  const shown = amount && [amount.value, amount.currency, amount.network].filter(Boolean).join(" ");
  return { id: event.id, payment_id, status, merchant_reference, amount: shown };
}
