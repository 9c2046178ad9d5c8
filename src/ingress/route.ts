/**
 * The pipeline from a provider's request to the response, from top to bottom: address, envelope,
 * verification, meaning, acceptance, reply. Nothing unverified gets past `verify`, and no success is
 * reported before the Inbox has the callback on disk.
 */
import { isBroken, type RelayConfig } from "../config/schema.ts";
import { count } from "../counters.ts";
import type { IngressBindings } from "./bindings.ts";
import { fault, log, type LogFields } from "../log.ts";
import type { Callback } from "../providers/callback.ts";
import { callbackIdOf } from "../providers/ids.ts";
import { because } from "../reasons.ts";
import type { SettingAside } from "../inbox/protocol.ts";
import { processCallback, type Processed } from "./process-callback.ts";
import { countRefused } from "./flood.ts";
import { addressOf, callerKeyOf } from "./caller.ts";
import { accountOf, locate, type Located } from "./locate.ts";
import { attemptFirst } from "../delivery/first-attempts.ts";
import { InboxClient } from "../inbox/client.ts";
import { raiseOnce } from "../inbox/raising.ts";
import { readCallback } from "./request.ts";
import { refuse, slowDown, succeed, unavailable } from "./reply.ts";
import { toStored } from "./stored-callback.ts";
import { refusedReports, type RefusedRequest } from "./refused-reports.ts";
import { rememberDuplicate } from "./shield.ts";
import { requestTarget } from "./request-target.ts";

/** Responds to one request below `/in/`. Never throws: a failure of ours is a 503. */
export async function receive(
  request: Request,
  config: RelayConfig,
  env: IngressBindings,
  ctx: Pick<ExecutionContext, "waitUntil">,
): Promise<Response> {
  const startedMs = Date.now();
  const { path } = requestTarget(request.url);
  const name = accountOf(path);
  if (!config.isAccepting || (name !== null && isBroken(config, name))) {
    // Nothing can be verified, so the provider has to come again. A name that is not ours is a stranger's text.
    const source = name !== null && config.brokenSources.has(name) ? name : null;
    log("refused", { source, reason: "misconfigured" });
    count(env, { what: "refused", name: source, outcome: "refused", reason: "misconfigured" });
    return unavailable();
  }
  const located = await locate(path, config, startedMs);
  if (!located) return await refusedReply({ request, why: { reason: "route" } }, config, env, ctx);
  try {
    return await receiveAt(located, request, config, env, ctx, startedMs);
  } catch (error) {
    fault("ingress", error, { source: located.source.name });
    return unavailable();
  }
}

async function receiveAt(
  located: Located,
  request: Request,
  config: RelayConfig,
  env: IngressBindings,
  ctx: Pick<ExecutionContext, "waitUntil">,
  nowMs: number,
): Promise<Response> {
  const { source } = located;
  const callback = await readCallback(request, located, nowMs);
  if (!callback.ok)
    return await refusedReply({ located, request, why: { reason: callback.error } }, config, env, ctx);

  const inbox = new InboxClient(env, config);
  // Only where it is asked for: most callbacks prove their sender by themselves.
  const caller = async () => await callerKeyOf(source.name, addressOf(request));
  const processed = await processCallback(source, callback.value, {
    inbox,
    config,
    env,
    nowMs,
    verification: null,
    attemptNow: true,
    caller,
    again: false,
  });
  switch (processed.kind) {
    case "refused":
      return await refusedReply(
        { located, request, why: processed, callback: callback.value },
        config,
        env,
        ctx,
      );

    case "deferred":
    case "quarantined": {
      if (processed.kind === "deferred" && source.onOutage === "503") {
        logOutcome(source.name, "unavailable", null, { reason: because(processed) });
        return processed.reason === "verifier_rate" ? slowDown() : unavailable();
      }
      const eventId = await callbackIdOf(source.provider, source.account, callback.value);
      const { verification = null, merchantReference = null } =
        processed.kind === "quarantined" ? processed : {};
      const kept = await inbox.setAside({
        source: source.name,
        eventId,
        callback: { ...toStored(source, callback.value, verification), caller: await caller() },
        merchantReference,
        why: asideOf(processed),
      });
      const reason = because(processed);
      if (kept.outcome === "full") {
        logOutcome(source.name, "full", null, { reason });
        count(env, { what: "refused", name: source.name, outcome: "full", reason });
        return slowDown();
      }
      logOutcome(source.name, kept.outcome, eventId, { reason });
      count(env, { what: "callback", name: source.name, outcome: kept.outcome, reason });
      // Not told before verification: the sender may be anybody.
      const told = processed.kind === "quarantined" ? reason : undefined;
      return await succeed(source, { outcome: kept.outcome, eventId, reason: told }, nowMs);
    }

    case "event": {
      const { accepted, shield, verification } = processed;
      const { outcome, eventId } = accepted;
      const warnings = "warnings" in accepted ? accepted.warnings : [];
      const reason = "reason" in accepted ? accepted.reason : undefined;
      // After the answer: the provider never waits for the CRM.
      if (outcome === "accepted" && accepted.attempts.length > 0)
        ctx.waitUntil(attemptFirst(accepted.attempts, inbox, config));
      if (outcome === "duplicate" && warnings.length === 0 && shield === "open") {
        ctx.waitUntil(rememberDuplicate(env.SEEN, eventId, callback.value.sha256));
      }
      // The key's id: once an old secret is seen here no more, it can be taken out.
      const isPlain = (outcome === "accepted" || outcome === "duplicate") && warnings.length === 0;
      if (config.log === "all" || !isPlain) {
        const shielded = shield === "hit";
        logOutcome(source.name, outcome, eventId, { reason, key: verification.key, shielded });
      }
      count(env, {
        what: "callback",
        name: source.name,
        outcome,
        reason: shield === "hit" ? "shielded" : reason,
      });
      return await succeed(source, { outcome, eventId, reason, warnings }, nowMs);
    }
  }
}

function asideOf(processed: Extract<Processed, { kind: "deferred" | "quarantined" }>): SettingAside["why"] {
  const { detail } = processed;
  return processed.kind === "deferred"
    ? { state: "deferred", reason: processed.reason, detail }
    : { state: "quarantined", reason: processed.reason, detail };
}

/** Sources whose address list has refused a request, in this isolate: one alert each. */
const refusedByList = new Set<string>();

interface Refused {
  readonly located?: Located;
  readonly request: Request;
  readonly why: RefusedRequest["why"];
  /** Where it was read. */
  readonly callback?: Callback;
}

async function refusedReply(
  { located, request, why, callback }: Refused,
  config: RelayConfig,
  env: IngressBindings,
  ctx: Pick<ExecutionContext, "waitUntil">,
): Promise<Response> {
  const source = located?.source.name ?? null;
  if (why.reason === "ip" && source !== null && !refusedByList.has(source)) {
    // The caller knew the secret address: more likely a new address of the provider than an attacker.
    refusedByList.add(source);
    ctx.waitUntil(raiseOnce(new InboxClient(env, config), "address_refused", { source }));
  }
  count(env, { what: "refused", name: source, outcome: "refused", reason: because(why) });
  refusedReports.add({ source: located?.source ?? null, why, request, callback: callback ?? null }, env, ctx);
  if (await countRefused(env, request, Date.now())) return slowDown();
  return refuse(why.reason, located?.route.methods.join(", "));
}

function logOutcome(source: string, outcome: string, event: string | null, more: LogFields): void {
  log("callback", { source, outcome, event, ...more });
}
