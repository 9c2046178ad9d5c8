/** The pages that show something. */
import { configOf } from "../config/load.ts";
import { textOf } from "../config/problems.ts";
import { CONSOLE_OVERVIEW_PAYMENTS, CONSOLE_PAGE_EVENTS } from "../limits.ts";
import type { Page, Session } from "./frame.tsx";
import { goTo } from "./gate.tsx";
import { Destinations } from "./pages/destinations.tsx";
import { Overview } from "./pages/overview.tsx";
import { Payment } from "./pages/payment.tsx";
import { Payments } from "./pages/payments.tsx";
import { SetAside, TABS } from "./pages/set-aside.tsx";
import { Settings } from "./pages/settings.tsx";
import { filterFrom } from "./parts/filters.tsx";
import { startOf } from "./parts/getting-started.tsx";
import { eventsOf, paymentPage, queryOf } from "./payments.ts";

const startAt = ({ c, config }: Session) => startOf(config, new URL(c.req.url).origin);

export const overview: Page = async (session) => {
  const { relay, frame, show, problem } = session;
  const [ledger, destinations, waiting, newest] = await Promise.all([
    relay.ledger(),
    relay.destinations(),
    relay.events({ needs_person: "true", limit: String(CONSOLE_PAGE_EVENTS) }),
    paymentPage(relay, {}, frame.nowMs, CONSOLE_OVERVIEW_PAYMENTS),
  ]);
  if (!ledger.ok) return await problem(ledger);
  if (!destinations.ok) return await problem(destinations);
  if (!waiting.ok) return await problem(waiting);
  if (!newest.ok) return await problem(newest);
  return await show(
    <Overview
      frame={frame}
      ledger={ledger.view}
      destinations={destinations.view.destinations}
      waiting={{ events: waiting.view.events, more: waiting.view.cursor !== null }}
      newest={newest.view.rows}
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
  const found = await paymentPage(relay, { ...filter, q: q || undefined }, frame.nowMs);
  if (!found.ok) return await problem(found, "/payments");
  return await show(
    <Payments
      frame={frame}
      rows={found.view.rows}
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
  const filter = filterFrom(c.req.query());
  const tab = TABS.find((state) => state === filter.state) ?? "quarantined";
  const [found, replays] = await Promise.all([
    relay.events({
      ...queryOf(filter, frame.nowMs),
      state: tab,
      needs_person: tab === "superseded" ? "true" : undefined,
      limit: String(CONSOLE_PAGE_EVENTS),
    }),
    relay.replays(),
  ]);
  if (!found.ok) return await problem(found, "/set-aside");
  if (!replays.ok) return await problem(replays);
  return await show(
    <SetAside
      frame={frame}
      tab={tab}
      filter={filter}
      events={found.view.events}
      cursor={found.view.cursor}
      replays={replays.view.replays}
    />,
  );
};

export const destinations: Page = async ({ relay, frame, show, problem }) => {
  const found = await relay.destinations();
  if (!found.ok) return await problem(found);
  return await show(<Destinations frame={frame} destinations={found.view.destinations} />);
};

export const settings: Page = async (session) => {
  const { relay, frame, show, problem } = session;
  const audit = await relay.audit();
  if (!audit.ok) return await problem(audit);
  const problems = configOf(session.c.env).problems.map(textOf);
  return await show(
    <Settings frame={frame} problems={problems} audit={audit.view.audit} start={startAt(session)} />,
  );
};
