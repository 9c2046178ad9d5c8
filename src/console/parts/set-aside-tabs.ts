/** The lists of what was set aside or waits: each a filter of the API, so that orders in bulk find what the list shows. */
import type { ListedEventJson } from "../../api/operations/schemas.ts";
import { hrefWith, type FilterValues } from "./filters.tsx";
import { TODO_BY_STATE } from "./words.ts";

export interface Tab {
  /** In the address. */
  readonly id: string;
  readonly name: string;
  readonly filter: FilterValues;
  /** What to do about what is in it. */
  readonly todo: string;
  /** What would be there. */
  readonly empty: string;
  /** A replay does something about it; the rest can only be released. */
  readonly canReplay: boolean;
  /** By what it is grouped. */
  readonly by: "reason" | "destination";
}

const SECOND_PAYMENTS = ["second_payment", "same_order"];

export const TABS: readonly [Tab, ...Tab[]] = [
  {
    id: "quarantined",
    name: "quarantined",
    filter: { state: "quarantined", reasons: "!second_payment" },
    todo: TODO_BY_STATE.quarantined ?? "",
    empty: "Authentic callbacks that cannot be used come here.",
    canReplay: false,
    by: "reason",
  },
  {
    id: "second-payments",
    name: "second payments",
    filter: { needs_person: "true", reasons: SECOND_PAYMENTS.join(",") },
    todo: "The same order came again under another proof. Compare reference, sum and transaction: another payment is released as new, the same one dismissed.",
    empty: "An order that is paid twice, or seems to be, comes here.",
    canReplay: false,
    by: "reason",
  },
  {
    id: "conflicting",
    name: "conflicting",
    filter: { state: "conflicting" },
    todo: TODO_BY_STATE.conflicting ?? "",
    empty: "A repeat that says something else than the event it repeats comes here.",
    canReplay: false,
    by: "reason",
  },
  {
    id: "superseded",
    name: "superseded",
    filter: { state: "superseded", needs_person: "true", reasons: "!same_order" },
    todo: TODO_BY_STATE.superseded ?? "",
    empty: "Only what was superseded with a warning is listed here.",
    canReplay: false,
    by: "reason",
  },
  {
    id: "dead",
    name: "dead",
    filter: { state: "dead" },
    todo: TODO_BY_STATE.dead ?? "",
    empty: "What a destination has not accepted until the end of its schedule comes here.",
    canReplay: true,
    by: "destination",
  },
  {
    id: "parked",
    name: "parked",
    filter: { state: "parked" },
    todo: TODO_BY_STATE.parked ?? "",
    empty: "What is owed to a destination that is paused or not configured comes here.",
    canReplay: true,
    by: "destination",
  },
  {
    id: "deferred",
    name: "deferred",
    filter: { state: "deferred" },
    todo: TODO_BY_STATE.deferred ?? "",
    empty: "Callbacks whose verifier cannot be asked wait here, and are asked about again by themselves.",
    canReplay: true,
    by: "reason",
  },
];

/** The list that an event which needs a person is in. */
export function tabOf({ state, reason }: Pick<ListedEventJson, "state" | "reason">): Tab {
  const isSecond = SECOND_PAYMENTS.includes(reason?.split(":")[0] ?? "") && state !== "dead";
  return tabNamed(isSecond ? "second-payments" : state);
}

/** By its name in an address, or by a state. */
export function tabNamed(name: string | undefined): Tab {
  return TABS.find(({ id }) => id === name) ?? TABS[0];
}

/** The list that a filter is of, where it is of one. */
export function setAsideHref({ state, reasons }: FilterValues): string {
  const isOfSeconds =
    reasons !== undefined && reasons.split(",").every((one) => SECOND_PAYMENTS.includes(one));
  return hrefOf(tabNamed(isOfSeconds ? "second-payments" : state));
}

export function hrefOf({ id }: Tab, more: FilterValues = {}): string {
  return hrefWith("/set-aside", { tab: id }, more);
}
