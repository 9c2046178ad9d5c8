/** How a destination is, in a word and a shape, the same on every page. */
import type { DestinationJson } from "../../api/operations/schemas.ts";
import { agoText } from "./text.ts";

export function DestinationState({ of, nowMs }: { of: DestinationJson; nowMs: number }) {
  if (of.misconfigured !== null)
    return (
      <span class="state state-parked" title={of.misconfigured}>
        held: its configuration has a problem
      </span>
    );
  if (of.host === null) return <span class="state state-parked">not configured</span>;
  if (of.paused !== null)
    return (
      <span class="state state-parked" title={of.paused}>
        paused
      </span>
    );
  if (of.probe_at !== null)
    return (
      <span class="state state-dead" title={`${of.breakers_open} shards have stopped sending and probe it`}>
        breaker open, probe {agoText(Date.parse(of.probe_at), nowMs)}
      </span>
    );
  return <span class="state state-delivered">delivering</span>;
}
