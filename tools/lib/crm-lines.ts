/** The sample CRM's one line per request, for people. */
import type { Happening } from "./crm-server.ts";
import type { Money } from "./ledger.ts";

function money(amount: Money | null): string {
  return amount === null ? "-" : `${amount.value} ${amount.currency}`;
}

function clock(at: string): string {
  return at.slice(11, 23);
}

/** `time type amount payment seq provider/account reference attempt first|again`, then any flags. */
export function crmLine(happening: Happening): string {
  switch (happening.kind) {
    case "refused": {
      const { firstAt, id, why } = happening.refused;
      return `${clock(firstAt)} REFUSED (not verified: ${why}) ${id ?? "without webhook-id"}`;
    }
    case "failed": {
      const { event, mode, attempt, at } = happening;
      return `${clock(at)} failing on purpose (${mode}) ${event.type} ${event.id} attempt ${attempt ?? "?"}`;
    }
    case "event": {
      const { received: r, first, arrival } = happening;
      const flags = r.flags.length > 0 ? `  !! ${r.flags.join("; ")}` : "";
      return [
        clock(arrival.at),
        r.type.padEnd(18),
        money(r.amount).padEnd(26),
        r.payment_id.slice(0, 12),
        `seq ${r.sequence}`,
        `${r.provider}/${r.account}`,
        r.merchant_reference ?? "-",
        `attempt ${arrival.attempt ?? "?"}${arrival.replay ? " (replay)" : ""}`,
        (first ? "first" : `again (${r.arrivals})`) + flags,
      ].join("  ");
    }
  }
}
