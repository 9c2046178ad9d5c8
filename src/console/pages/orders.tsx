/** An order in bulk: what it will do, to how many, and afterwards what came of it. */
import {
  DEFAULT_DRAIN_PER_SECOND,
  MAX_BULK_ORDER_EVENTS,
  MAX_DISMISS_REASON_CHARS,
  MAX_PER_SECOND,
} from "../../limits.ts";
import { Id } from "../parts/bits.tsx";
import { filterText, type FilterValues } from "../parts/filters.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { List } from "../parts/list.tsx";
import { setAsideHref } from "../parts/set-aside-tabs.ts";
import { counted, countText, durationText } from "../parts/text.ts";

export const ORDERS = ["replays", "releases", "dismissals"] as const;
export type BulkOrder = (typeof ORDERS)[number];

const TITLES: Readonly<Record<BulkOrder, string>> = {
  replays: "Replay in bulk",
  releases: "Release in bulk",
  dismissals: "Dismiss in bulk",
};

const VERBS: Readonly<Record<BulkOrder, string>> = {
  replays: "Replay",
  releases: "Release",
  dismissals: "Dismiss",
};

function Fields({ of }: { of: Readonly<Record<string, string | undefined>> }) {
  return (
    <>
      {Object.entries(of).map(
        ([name, value]) => value !== undefined && <input type="hidden" name={name} value={value} />,
      )}
    </>
  );
}

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
          <Fields of={{ order, ...filter }} />
          <Consequence order={order} matching={matching} />
          <div class="actions">
            <a class="button" href={back}>
              Cancel
            </a>
            <button type="submit" class={order === "dismissals" ? "button primary danger" : "button primary"}>
              {VERBS[order]} {countText(matching)}
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
  const inParts =
    matching > MAX_BULK_ORDER_EVENTS &&
    `They are dealt with in parts of ${MAX_BULK_ORDER_EVENTS}, and it can be stopped between two of them.`;
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
        money really came for each. {inParts}
      </p>
    );
  return (
    <>
      <p>
        Takes them off the lists of what needs a person. They are kept, and a replay takes them back.{" "}
        {inParts}
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
  readonly order: "releases" | "dismissals";
  readonly filter: FilterValues;
  /** Of a dismissal: why. */
  readonly reason: string;
  /** How many earlier parts of the order have dealt with. */
  readonly before: number;
  readonly result: {
    readonly succeeded: number;
    readonly failed: number;
    readonly failures: readonly { readonly id: string; readonly error: string }[];
    readonly more: boolean;
    readonly remaining: number;
  };
}

const DONE = { releases: "released", dismissals: "dismissed" } as const;

/** What came of one part, and how far the whole order is: its next part is given by the page's script, or by hand. */
export function OrderResult({ frame, order, filter, reason, before, result }: ResultProps) {
  const { failed, failures, more, remaining } = result;
  const dealtWith = before + result.succeeded;
  const all = dealtWith + remaining;
  // What failed is found again by the next part: only progress is a reason to go on.
  const goesOn = more && result.succeeded > 0;
  const back = setAsideHref(filter);
  return (
    <Page frame={frame} title={TITLES[order]}>
      <h1>{TITLES[order]}</h1>
      <p class={failed === 0 ? "done" : "problem"} role="status">
        {countText(dealtWith)} of {counted(all, "event")} {DONE[order]}, {countText(failed)} failed,{" "}
        {countText(remaining)} remain.
      </p>
      <progress class="whole" max={Math.max(1, all)} value={dealtWith} aria-label="Progress of the order" />
      {goesOn && (
        <form method="post" action="/orders" data-goes-on>
          <Fields of={{ order, ...filter, reason, dealt_with: String(dealtWith) }} />
          <div class="actions">
            <a class="button" href={back}>
              Stop
            </a>
            <button type="submit" class="button primary">
              Go on
            </button>
          </div>
        </form>
      )}
      {failures.length > 0 && (
        <List columns={["Event", "Why not"]}>
          {failures.map(({ id, error }) => (
            <tr>
              <th scope="row">
                <Id of={id} href={`/events/${id}`} />
              </th>
              <td>{error}</td>
            </tr>
          ))}
        </List>
      )}
      {!goesOn && (
        <p>
          <a class="button" href={back}>
            Back
          </a>
        </p>
      )}
    </Page>
  );
}
