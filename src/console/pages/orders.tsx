/** An order in bulk: what it will do, to how many, and afterwards what came of it. */
import {
  DEFAULT_DRAIN_PER_SECOND,
  MAX_BULK_ORDER_EVENTS,
  MAX_DISMISS_REASON_CHARS,
  MAX_PER_SECOND,
} from "../../limits.ts";
import { Id } from "../parts/bits.tsx";
import type { FilterValues } from "../parts/filters.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { setAsideHref } from "../parts/set-aside-tabs.ts";
import { counted, countText, durationText } from "../parts/text.ts";

export const ORDERS = ["replays", "releases", "dismissals"] as const;
export type BulkOrder = (typeof ORDERS)[number];

const TITLES: Readonly<Record<BulkOrder, string>> = {
  replays: "Replay in bulk",
  releases: "Release in bulk",
  dismissals: "Dismiss in bulk",
};

interface PreviewProps {
  readonly frame: Frame;
  readonly order: BulkOrder;
  readonly filter: FilterValues;
  /** How many the filter finds now. */
  readonly matching: number;
}

export function OrderPreview({ frame, order, filter, matching }: PreviewProps) {
  const back = setAsideHref(filter);
  return (
    <Page frame={frame} title={TITLES[order]}>
      <h1>{TITLES[order]}</h1>
      <p class="preview">
        <strong>{counted(matching, "event")}</strong> {matching === 1 ? "is" : "are"} found by:{" "}
        {filterText(filter)}.
      </p>
      {matching > 0 && (
        <form method="post" action="/orders" class="card">
          <input type="hidden" name="order" value={order} />
          {Object.entries(filter).map(([name, value]) => (
            <input type="hidden" name={name} value={String(value)} />
          ))}
          <Consequence order={order} matching={matching} />
          <div class="actions">
            <a class="button" href={back}>
              Cancel
            </a>
            <button type="submit" class={order === "dismissals" ? "button primary danger" : "button primary"}>
              {order === "replays" && `Replay ${countText(matching)}`}
              {order === "releases" && `Release ${countText(Math.min(matching, MAX_BULK_ORDER_EVENTS))}`}
              {order === "dismissals" && `Dismiss ${countText(Math.min(matching, MAX_BULK_ORDER_EVENTS))}`}
            </button>
          </div>
        </form>
      )}
      {matching === 0 && (
        <a class="button" href={back}>
          Back
        </a>
      )}
    </Page>
  );
}

function Consequence({ order, matching }: { order: BulkOrder; matching: number }) {
  const atOnce =
    matching > MAX_BULK_ORDER_EVENTS &&
    `At most ${MAX_BULK_ORDER_EVENTS} at once: give the order again for the rest.`;
  if (order === "replays") {
    const seconds = matching / DEFAULT_DRAIN_PER_SECOND;
    return (
      <>
        <p>
          Sends {counted(matching, "event")} again, oldest first within each shard, at{" "}
          {DEFAULT_DRAIN_PER_SECOND} a second: about {durationText(Math.max(1, seconds) * 1000)}. It can be
          canceled while it runs.
        </p>
        <label>
          Events a second
          <input
            name="per_second"
            type="number"
            min="1"
            max={MAX_PER_SECOND}
            value={String(DEFAULT_DRAIN_PER_SECOND)}
            required
          />
        </label>
      </>
    );
  }
  if (order === "releases")
    return (
      <p>
        Forwards each as a payment of its own. Receivers cannot tell them from other payments: be sure that
        money really came for each. {atOnce}
      </p>
    );
  return (
    <>
      <p>
        Takes them off the lists of what needs a person. They are kept, and a replay takes them back. {atOnce}
      </p>
      <label>
        Why
        <input name="reason" required maxlength={MAX_DISMISS_REASON_CHARS} autocomplete="off" />
      </label>
    </>
  );
}

interface ResultProps {
  readonly frame: Frame;
  readonly order: BulkOrder;
  readonly filter: FilterValues;
  readonly result: {
    readonly succeeded: number;
    readonly failed: number;
    readonly failures: readonly { readonly id: string; readonly error: string }[];
    readonly more: boolean;
  };
}

export function OrderResult({ frame, order, filter, result }: ResultProps) {
  const { succeeded, failed, failures, more } = result;
  return (
    <Page frame={frame} title={TITLES[order]}>
      <h1>{TITLES[order]}</h1>
      <p class={failed === 0 ? "done" : "problem"} role="status">
        {countText(succeeded)} succeeded, {countText(failed)} failed.
        {more && " There are more: give the order again."}
      </p>
      {failures.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Event</th>
              <th scope="col">Why not</th>
            </tr>
          </thead>
          <tbody>
            {failures.map(({ id, error }) => (
              <tr>
                <th scope="row">
                  <Id of={id} href={`/events/${id}`} />
                </th>
                <td>{error}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p>
        <a class="button" href={setAsideHref(filter)}>
          Back
        </a>
      </p>
    </Page>
  );
}

function filterText(filter: FilterValues): string {
  const parts = Object.entries(filter)
    .filter(([name]) => name !== "cursor" && name !== "needs_person")
    .map(([name, value]) => `${name} ${String(value).replaceAll(",", " or ").replace(/^!/, "not ")}`);
  return parts.length === 0 ? "everything" : parts.join(", ");
}
