/**
 * What an account takes: live or test events, and on which chains. Pure; decided over facts, after
 * verification, so that a callback against the account's policy is kept and seen, and never forwarded.
 */
import type { Because, QuarantinedReason } from "../reasons.ts";
import type { Facts, SourceSettings } from "./provider.ts";

/** Why these facts are set aside, or null. */
export function setAsideBy(settings: SourceSettings, facts: Facts): Because<QuarantinedReason> | null {
  return testEvent(settings, facts) ?? foreignNetwork(settings, facts);
}

/** A test account takes test events, a live one live events; what the provider does not flag is what the account is. */
function testEvent({ mode }: SourceSettings, { livemode }: Facts): Because<QuarantinedReason> | null {
  if (livemode === undefined || mode === "both" || livemode === (mode === "live")) return null;
  return { reason: "test_event" };
}

/** A coin of the right name on a chain the merchant has no wallet on is no money. */
function foreignNetwork(
  { networks }: SourceSettings,
  { amount, blockchain }: Facts,
): Because<QuarantinedReason> | null {
  if (networks === null || (amount === null && blockchain === null)) return null;
  const network = amount?.network ?? blockchain?.network ?? null;
  if (network !== null && networks.includes(network)) return null;
  return { reason: "unknown_currency", detail: `network:${network ?? "none"}` };
}
