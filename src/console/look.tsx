/** The pages that show something. */
import type { TestedChannel } from "../api/operations/alert-test.ts";
import type { TestedDestination } from "../api/operations/destination-test.ts";
import {
  CONSOLE_ALERTS,
  CONSOLE_AUDIT,
  CONSOLE_OVERVIEW_PAYMENTS,
  CONSOLE_PAGE_EVENTS,
  CONSOLE_REFUSED,
  CONSOLE_REPLAYS,
} from "../limits.ts";
import type { Page, Session } from "./frame.tsx";
import { goTo } from "./gate.tsx";
import { Destinations } from "./pages/destinations.tsx";
import { Live } from "./pages/live.tsx";
import { Overview } from "./pages/overview.tsx";
import { Payment } from "./pages/payment.tsx";
import { Payments } from "./pages/payments.tsx";
import { Refused, type Diagnosed } from "./pages/refused.tsx";
import { SetAside } from "./pages/set-aside.tsx";
import { Settings } from "./pages/settings.tsx";
import { RANGES } from "./parts/charts.tsx";
import { filterFrom } from "./parts/filters.tsx";
import { startOf } from "./parts/getting-started.tsx";
import { tabNamed } from "./parts/set-aside-tabs.ts";
import { eventsOf, queryOf } from "./payments.ts";

const startAt = ({ c, config }: Session) => startOf(config, new URL(c.req.url).origin);

export const overview: Page = async (session) => {
  const { relay, frame, show, problem } = session;
  const range = RANGES.find((one) => one === session.c.req.query("range")) ?? "hour";
  const [ledger, sources, destinations, waiting, newest, series, hour] = await Promise.all([
    relay.ledger(),
    relay.sources(),
    relay.destinations(),
    relay.events({ needs_person: "true", limit: String(CONSOLE_PAGE_EVENTS) }),
    relay.payments({ limit: String(CONSOLE_OVERVIEW_PAYMENTS) }),
    relay.series(range),
    range === "hour" ? null : relay.series("hour"),
  ]);
  if (!ledger.ok) return await problem(ledger);
  if (!sources.ok) return await problem(sources);
  if (!destinations.ok) return await problem(destinations);
  if (!waiting.ok) return await problem(waiting);
  if (!newest.ok) return await problem(newest);
  if (!series.ok) return await problem(series);
  if (hour?.ok === false) return await problem(hour);
  return await show(
    <Overview
      frame={frame}
      ledger={ledger.view}
      sources={sources.view.sources}
      destinations={destinations.view.destinations}
      waiting={{ events: waiting.view.events, more: waiting.view.cursor !== null }}
      newest={newest.view.payments}
      series={series.view}
      hour={hour?.view ?? series.view}
      start={startAt(session)}
    />,
  );
};

const EVENT_ID = /^evt_[0-9a-f]{32}$/;
const PAYMENT_ID = /^pay_[0-9a-f]{32}$/;

export const payments: Page = async (session) => {
  const { c, relay, frame, config, show, problem } = session;
  const filter = filterFrom(c.req.query());
  const q = filter.q?.trim() ?? "";
  // An id leads to what it names.
  if (PAYMENT_ID.test(q)) return goTo(c, `/payments/${q}`);
  if (EVENT_ID.test(q)) return goTo(c, `/events/${q}`);
  const found = await relay.payments({
    ...queryOf({ ...filter, q: q || undefined }, frame.nowMs),
    limit: String(CONSOLE_PAGE_EVENTS),
  });
  if (!found.ok) return await problem(found, "/payments");
  return await show(
    <Payments
      frame={frame}
      rows={found.view.payments}
      filter={filter}
      cursor={found.view.cursor}
      sources={[...config.sources.keys()]}
      start={startAt(session)}
    />,
  );
};

export const payment: Page = async (session) => await timeLine(session, session.c.req.param("id") ?? "");

/** An event's page is its payment's, at the event; a callback without a payment has a page of its own. */
export const event: Page = async (session) => {
  const { c, relay, problem } = session;
  const found = await relay.event(c.req.param("id") ?? "");
  if (!found.ok) return await problem(found, "/payments");
  const { id, payment_id: paymentId } = found.view;
  if (paymentId === null) return await timeLine(session, id);
  const done = new URL(c.req.url).search;
  return goTo(c, `/payments/${paymentId}${done}#${id}`);
};

async function timeLine({ relay, frame, show, problem }: Session, id: string): Promise<Response> {
  const [events, destinations] = await Promise.all([eventsOf(relay, id), relay.destinations()]);
  if (events === null)
    return await problem(
      { status: 404, detail: `Nothing is kept of ${id}. It may have been purged.` },
      "/payments",
    );
  if (!destinations.ok) return await problem(destinations);
  return await show(
    <Payment frame={frame} id={id} events={events} destinations={destinations.view.destinations} />,
  );
}

export const setAside: Page = async ({ c, relay, frame, show, problem }) => {
  const { state, ...filter } = filterFrom(c.req.query());
  const tab = tabNamed(c.req.query("tab") ?? state);
  const [found, replays] = await Promise.all([
    relay.events({
      ...queryOf({ ...filter, ...tab.filter }, frame.nowMs),
      limit: String(CONSOLE_PAGE_EVENTS),
    }),
    relay.replays({ cursor: c.req.query("replays") || undefined, limit: String(CONSOLE_REPLAYS) }),
  ]);
  if (!found.ok) return await problem(found, "/set-aside");
  if (!replays.ok) return await problem(replays, "/set-aside");
  return await show(
    <SetAside
      frame={frame}
      tab={tab}
      filter={filter}
      events={found.view.events}
      cursor={found.view.cursor}
      replays={replays.view}
    />,
  );
};

export const refused: Page = async (session) => await showRefused(session, null);

/** @param diagnosed a callback that was just pasted, and what came of it */
export async function showRefused(
  { c, relay, frame, show, problem }: Session,
  diagnosed: Diagnosed | null,
): Promise<Response> {
  const source = c.req.query("source") || undefined;
  const [found, sources] = await Promise.all([
    relay.refused({ source, limit: String(CONSOLE_REFUSED) }),
    relay.sources(),
  ]);
  if (!found.ok) return await problem(found, "/refused");
  if (!sources.ok) return await problem(sources, "/refused");
  const { groups, newest } = found.view;
  return await show(
    <Refused
      frame={frame}
      groups={groups}
      newest={newest}
      source={source}
      sources={sources.view.sources}
      diagnosed={diagnosed}
    />,
  );
}

export const live: Page = async ({ c, config, frame, show }) =>
  await show(
    <Live
      frame={frame}
      sources={[...config.sources.keys()]}
      what={c.req.query("what")}
      source={c.req.query("source")}
    />,
  );

/** The feed itself, for the page's own script: it comes with the session's cookie, and with where it was. */
export const feed: Page = async ({ c, relay }) => {
  const { what, source } = c.req.query();
  const opened = await relay.tail({
    after: c.req.header("last-event-id"),
    what: what || undefined,
    source: source || undefined,
  });
  if (!opened.ok) return c.text(opened.detail, opened.status as 400);
  return new Response(opened.view, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
};

export const destinations: Page = async (session) => await showDestinations(session, null);

/** @param tested what came of a test event that was just sent */
export async function showDestinations(
  { relay, frame, show, problem }: Session,
  tested: TestedDestination | null,
): Promise<Response> {
  const [found, hour] = await Promise.all([relay.destinations(), relay.series("hour")]);
  if (!found.ok) return await problem(found);
  if (!hour.ok) return await problem(hour);
  return await show(
    <Destinations frame={frame} destinations={found.view.destinations} hour={hour.view} tested={tested} />,
  );
}

export const settings: Page = async (session) => await showSettings(session, null);

/** @param tested what came of a test of the channels of alerts that was just made */
export async function showSettings(
  session: Session,
  tested: readonly TestedChannel[] | null,
): Promise<Response> {
  const { c, relay, frame, show, problem } = session;
  const [configuration, sources, open, alerts, audit] = await Promise.all([
    relay.configuration(),
    relay.sources(),
    relay.alerts({ state: "open", limit: String(CONSOLE_ALERTS) }),
    relay.alerts({ limit: String(CONSOLE_ALERTS) }),
    relay.audit({ cursor: c.req.query("audit") || undefined, limit: String(CONSOLE_AUDIT) }),
  ]);
  if (!configuration.ok) return await problem(configuration);
  if (!sources.ok) return await problem(sources);
  if (!open.ok) return await problem(open);
  if (!alerts.ok) return await problem(alerts);
  if (!audit.ok) return await problem(audit, "/settings");
  const isOpen = new Set(open.view.alerts.map(({ id }) => id));
  return await show(
    <Settings
      frame={frame}
      origin={new URL(c.req.url).origin}
      configuration={configuration.view}
      sources={sources.view.sources}
      alerts={[...open.view.alerts, ...alerts.view.alerts.filter(({ id }) => !isOpen.has(id))]}
      audit={audit.view.audit}
      auditCursor={audit.view.cursor}
      tested={tested}
    />,
  );
}
