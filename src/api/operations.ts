/** Every operation of the operator API with what it takes and what it answers, for its description. Pure data. */
import { z } from "zod";
import {
  auditView,
  bulkResponse,
  destinationsView,
  dismissalsBody,
  dismissBody,
  dismissResponse,
  dryRun,
  eventDetail,
  eventPage,
  forgetBody,
  forgetResponse,
  ledgerView,
  listQuery,
  pauseBody,
  pauseResponse,
  paymentTimeline,
  problem,
  releasesBody,
  replayBody,
  replayJob,
  replayJobs,
  replayResponse,
  replaysBody,
  stillOwed,
} from "./schemas.ts";

export interface Operation {
  readonly id: string;
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  /** Answered to anybody. */
  readonly isPublic?: true;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Besides what any operation may answer: 401, 429, 503, and 400 where there is something to get wrong. */
  readonly responses: Readonly<Record<number, z.ZodType>>;
}

export const OPERATIONS: readonly Operation[] = [
  {
    id: "describe",
    method: "get",
    path: "/api/openapi.json",
    summary: "This description",
    isPublic: true,
    responses: { 200: z.record(z.string(), z.unknown()) },
  },
  {
    id: "listEvents",
    method: "get",
    path: "/api/events",
    summary: "Events, newest first",
    query: listQuery,
    responses: { 200: eventPage },
  },
  {
    id: "getEvent",
    method: "get",
    path: "/api/events/{id}",
    summary: "One event with its attempts",
    responses: { 200: eventDetail, 404: problem },
  },
  {
    id: "replayEvent",
    method: "post",
    path: "/api/events/{id}/replay",
    summary:
      "Send an event again, run a quarantined callback again, release something set aside as a payment of its own, or take back a dismissal",
    body: replayBody,
    responses: { 202: replayResponse, 404: problem, 409: z.union([problem, replayResponse]) },
  },
  {
    id: "dismissEvent",
    method: "post",
    path: "/api/events/{id}/dismiss",
    summary: "Take an event off the lists of what needs a person; it is kept",
    body: dismissBody,
    responses: { 200: dismissResponse, 404: problem, 409: problem },
  },
  {
    id: "dismissEvents",
    method: "post",
    path: "/api/dismissals",
    summary: "Dismiss in bulk what needs a person, or count it",
    body: dismissalsBody,
    responses: { 200: z.union([bulkResponse, dryRun]) },
  },
  {
    id: "releaseEvents",
    method: "post",
    path: "/api/releases",
    summary:
      "Release in bulk, each as a payment of its own, what is set aside and needs a person, or count it",
    body: releasesBody,
    responses: { 200: z.union([bulkResponse, dryRun]) },
  },
  {
    id: "getPayment",
    method: "get",
    path: "/api/payments/{id}",
    summary: "A payment's time line",
    responses: { 200: paymentTimeline, 404: problem },
  },
  {
    id: "forgetPayment",
    method: "post",
    path: "/api/payments/{id}/forget",
    summary:
      "Erase what is personal about a payment: bodies, callbacks, references; amounts, ids and the order stay",
    body: forgetBody,
    responses: { 200: forgetResponse, 404: problem, 409: stillOwed },
  },
  {
    id: "startReplay",
    method: "post",
    path: "/api/replays",
    summary: "Replay in bulk, or count what would be replayed",
    body: replaysBody,
    responses: { 200: dryRun, 202: replayJob },
  },
  {
    id: "listReplays",
    method: "get",
    path: "/api/replays",
    summary: "Bulk replays",
    responses: { 200: replayJobs },
  },
  {
    id: "getReplay",
    method: "get",
    path: "/api/replays/{id}",
    summary: "How far a bulk replay is",
    responses: { 200: replayJob, 404: problem },
  },
  {
    id: "cancelReplay",
    method: "post",
    path: "/api/replays/{id}/cancel",
    summary: "Stop a bulk replay",
    responses: { 200: replayJob, 404: problem },
  },
  {
    id: "listDestinations",
    method: "get",
    path: "/api/destinations",
    summary: "Destinations and how they are",
    responses: { 200: destinationsView },
  },
  {
    id: "pauseDestination",
    method: "post",
    path: "/api/destinations/{name}/pause",
    summary: "Hold deliveries; nothing is dropped",
    body: pauseBody,
    responses: { 200: pauseResponse, 404: problem },
  },
  {
    id: "resumeDestination",
    method: "post",
    path: "/api/destinations/{name}/resume",
    summary: "Deliver what was held",
    responses: { 200: pauseResponse, 404: problem },
  },
  {
    id: "getLedger",
    method: "get",
    path: "/api/ledger",
    summary: "The ledger",
    responses: { 200: ledgerView },
  },
  {
    id: "listAudit",
    method: "get",
    path: "/api/audit",
    summary: "Who did what, newest first",
    responses: { 200: auditView },
  },
];
