/** The orders: each is given to the API, and leads to a page that shows what came of it. */
import type { Page, Session } from "./frame.tsx";
import { goTo } from "./gate.tsx";
import { showDestinations, showRefused, showSettings } from "./look.tsx";
import { OrderPreview, OrderResult, ORDERS, type BulkOrder } from "./pages/orders.tsx";
import { EVER, filterFrom, instantFrom, type FilterValues } from "./parts/filters.tsx";
import { withDone, type DoneCode } from "./done.ts";
import { setAsideHref } from "./parts/set-aside-tabs.ts";
import { queryOf } from "./payments.ts";
import type { Outcome } from "./relay.ts";

type Form = Readonly<Record<string, string>>;

async function formOf({ c }: Session): Promise<Form> {
  const entries = [...(await c.req.formData())].flatMap(([name, value]) =>
    typeof value === "string" && value !== "" ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}

export const replay: Page = async (session) => {
  const { c, relay, problem } = session;
  const id = c.req.param("id") ?? "";
  const { destination } = await formOf(session);
  const outcome = await relay.replay(id, destination === undefined ? {} : { destination });
  if (!outcome.ok) return await problem(outcome, `/events/${id}`);
  const { deliveries, became } = outcome.view;
  if (typeof became === "string") return goTo(c, withDone(`/events/${became}`, "ran"));
  return goTo(c, withDone(`/events/${id}`, "replayed", deliveries));
};

export const release: Page = async ({ c, relay, problem }) => {
  const id = c.req.param("id") ?? "";
  const outcome = await relay.replay(id, { as: "new_payment" });
  if (!outcome.ok) return await problem(outcome, `/events/${id}`);
  return goTo(c, withDone(`/events/${outcome.view.became ?? id}`, "released"));
};

export const dismiss: Page = async (session) => {
  const { c, relay, problem } = session;
  const id = c.req.param("id") ?? "";
  const { reason = "" } = await formOf(session);
  const outcome = await relay.dismiss(id, { reason });
  if (!outcome.ok) return await problem(outcome, `/events/${id}`);
  return goTo(c, withDone(`/events/${id}`, "dismissed"));
};

export const pause: Page = async (session) => {
  const { why } = await formOf(session);
  const outcome = await session.relay.pause(session.c.req.param("name") ?? "", { why });
  return await settled(session, outcome, "/destinations", "paused");
};

/** For the relay one order: it ends a pause, and closes the breaker. */
export const resume: Page = async (session) => {
  const { of } = await formOf(session);
  const outcome = await session.relay.resume(session.c.req.param("name") ?? "");
  const done = of === "breaker" ? "breaker_closed" : "resumed";
  return await settled(session, outcome, "/destinations", done);
};

/** Shown at once and nowhere else: what came of it is kept by nobody. */
export const testDestination: Page = async (session) => {
  const outcome = await session.relay.testDestination(session.c.req.param("name") ?? "");
  if (!outcome.ok) return await session.problem(outcome, "/destinations");
  return await showDestinations(session, outcome.view);
};

/** Likewise: nothing of what was pasted is kept. */
export const diagnose: Page = async (session) => {
  const { form = "", url = "", headers = "", body = "", at = "", secret } = await formOf(session);
  const outcome = await session.relay.diagnose({
    url,
    headers: headersOf(headers),
    // Browsers send the lines of a form's text with CR and LF, however they were pasted.
    body: body.replaceAll("\r\n", "\n"),
    ...(secret === undefined ? {} : { secret }),
    ...(at === "" ? {} : { at }),
  });
  if (!outcome.ok) return await session.problem(outcome, "/refused");
  return await showRefused(session, { form, pasted: { url, headers, body, at }, diagnosis: outcome.view });
};

/** `name: value` a line; what is none is left out. */
function headersOf(text: string): [string, string][] {
  return text.split("\n").flatMap((line): [string, string][] => {
    const [, name, value] = /^([^\s:]+)\s*:(.*)$/.exec(line.trim()) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value.trim()]];
  });
}

/** Likewise. */
export const testAlerts: Page = async (session) => {
  const outcome = await session.relay.testAlerts();
  if (!outcome.ok) return await session.problem(outcome, "/settings");
  return await showSettings(session, outcome.view.channels);
};

export const cancel: Page = async (session) => {
  const outcome = await session.relay.cancelReplay(session.c.req.param("id") ?? "");
  return await settled(session, outcome, "/set-aside?tab=dead", "canceled");
};

async function settled(
  { c, problem }: Session,
  outcome: Outcome<unknown>,
  back: string,
  done: DoneCode,
): Promise<Response> {
  return outcome.ok ? goTo(c, withDone(back, done)) : await problem(outcome, back);
}

// ---- in bulk ---------------------------------------------------------------------------------------------

const orderNamed = (name: string | undefined) => ORDERS.find((order) => order === name) ?? "replays";

/** What comes while an order is carried out in parts was not among what was counted. */
function untilNow(order: BulkOrder, filter: FilterValues, nowMs: number): FilterValues {
  if (order === "replays") return filter;
  const now = new Date(nowMs + 1).toISOString();
  return { ...filter, from: instantFrom(filter.from, nowMs), to: filter.to ?? now };
}

/** How many the order is about. */
export const preview: Page = async (session) => {
  const { c, frame, show, problem } = session;
  const order = orderNamed(c.req.query("order"));
  const filter = untilNow(order, filterFrom(c.req.query()), frame.nowMs);
  const counted = await give(session, order, filter, { dry_run: true, reason: "counted" });
  if (!counted.ok) return await problem(counted, "/set-aside");
  const matching = "matching" in counted.view ? counted.view.matching : 0;
  return await show(<OrderPreview frame={frame} order={order} filter={filter} matching={matching} />);
};

export const inBulk: Page = async (session) => {
  const { c, frame, show, problem } = session;
  const {
    order: name,
    reason = "",
    per_second: perSecond,
    dealt_with: dealtWith,
    ...form
  } = await formOf(session);
  const order = orderNamed(name);
  const filter = filterFrom(form);
  const outcome = await give(session, order, filter, { reason, per_second: Number(perSecond) });
  if (!outcome.ok) return await problem(outcome, "/set-aside");
  if ("total" in outcome.view) return goTo(c, withDone(setAsideHref(filter), "replays", outcome.view.total));
  if ("matching" in outcome.view) return goTo(c, "/set-aside");
  if (order === "replays") return goTo(c, "/set-aside");
  const parts = { reason, before: countFrom(dealtWith), result: outcome.view };
  return await show(<OrderResult frame={frame} order={order} filter={filter} {...parts} />);
};

/** A number that a page of ours has written into its form; anything else counts as none. */
function countFrom(text: string | undefined): number {
  const count = Number(text ?? 0);
  return Number.isSafeInteger(count) && count >= 0 ? count : 0;
}

/** Fields of a filter that are lists: apart by commas in an address, and an array in an order. */
const LISTS = new Set(["source", "state", "type", "destination", "reasons"]);

function give(
  { relay, frame }: Session,
  order: BulkOrder,
  filter: FilterValues,
  {
    reason,
    per_second: perSecond,
    dry_run = false,
  }: { reason: string; per_second?: number; dry_run?: boolean },
) {
  const { cursor: _, needs_person: needsPerson, ...wanted } = queryOf(filter, frame.nowMs);
  const about = {
    ...Object.fromEntries(
      Object.entries(wanted).map(([name, value]) => [name, LISTS.has(name) ? value?.split(",") : value]),
    ),
    ...(needsPerson === undefined ? {} : { needs_person: needsPerson === "true" }),
    dry_run,
  };
  if (order === "replays")
    return relay.startReplay({
      ...about,
      from: wanted["from"] ?? EVER,
      ...(perSecond === undefined ? {} : { per_second: perSecond }),
    });
  return relay.bulk(order, order === "dismissals" ? { ...about, reason } : about);
}
