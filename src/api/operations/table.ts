/** Every operation of the relay, in the order of its description. */
import { testAlerts } from "./alert-test.ts";
import { listAlerts } from "./alerts.ts";
import { getConfiguration } from "./configuration.ts";
import { diagnoseCallback } from "./diagnose.ts";
import { getEvent, getPayment, listEvents } from "./events.ts";
import { forgetPayment } from "./forget.ts";
import { dismissEvent, replayEvent } from "./event-orders.ts";
import { listDestinations, pauseDestination, resumeDestination } from "./destinations.ts";
import { testDestination } from "./destination-test.ts";
import { getLedger, listAudit } from "./ledger.ts";
import { getMetrics } from "./metrics.ts";
import type { AnyOperation } from "./operation.ts";
import { dismissEvents, releaseEvents } from "./orders.ts";
import { listPayments } from "./payments.ts";
import { listRefused } from "./refused.ts";
import { cancelReplay, getReplay, listReplays, startReplay } from "./replays.ts";
import { getSeries } from "./series.ts";
import { listSources } from "./sources.ts";
import { tail } from "./tail.ts";

export const OPERATIONS: readonly AnyOperation[] = [
  listEvents,
  getEvent,
  replayEvent,
  dismissEvent,
  listPayments,
  getPayment,
  forgetPayment,
  dismissEvents,
  releaseEvents,
  startReplay,
  listReplays,
  getReplay,
  cancelReplay,
  listSources,
  listDestinations,
  pauseDestination,
  resumeDestination,
  testDestination,
  getMetrics,
  getSeries,
  listRefused,
  diagnoseCallback,
  tail,
  getLedger,
  getConfiguration,
  listAlerts,
  testAlerts,
  listAudit,
];
