/** The OpenAPI 3.1 description of the operator API, made from the schemas that validate it. */
import { z } from "zod";
import {
  auditEntry,
  destinationView,
  dryRun,
  eventDetail,
  eventPage,
  ledgerView,
  listQuery,
  pauseBody,
  paymentTimeline,
  problem,
  replayResponse,
  replayBody,
  replayJob,
  replaysBody,
} from "./schemas.ts";

interface Operation {
  readonly method: "get" | "post";
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly responses: Readonly<Record<number, z.ZodType>>;
}

const OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/api/events",
    summary: "Events, newest first",
    query: listQuery,
    responses: { 200: eventPage },
  },
  {
    method: "get",
    path: "/api/events/{id}",
    summary: "One event with its attempts",
    responses: { 200: eventDetail },
  },
  {
    method: "post",
    path: "/api/events/{id}/replay",
    summary: "Send an event again, or run a quarantined callback again",
    body: replayBody,
    responses: { 202: replayResponse, 409: problem },
  },
  {
    method: "get",
    path: "/api/payments/{id}",
    summary: "A payment's time line",
    responses: { 200: paymentTimeline },
  },
  {
    method: "post",
    path: "/api/replays",
    summary: "Replay in bulk, or count what would be replayed",
    body: replaysBody,
    responses: { 200: dryRun, 202: replayJob },
  },
  {
    method: "get",
    path: "/api/replays/{id}",
    summary: "How far a bulk replay is",
    responses: { 200: replayJob },
  },
  {
    method: "post",
    path: "/api/replays/{id}/cancel",
    summary: "Stop a bulk replay",
    responses: { 200: replayJob },
  },
  {
    method: "get",
    path: "/api/destinations",
    summary: "Destinations and how they are",
    responses: { 200: z.object({ destinations: z.array(destinationView) }) },
  },
  {
    method: "post",
    path: "/api/destinations/{name}/pause",
    summary: "Hold deliveries; nothing is dropped",
    body: pauseBody,
    responses: { 200: z.object({ name: z.string(), paused: z.string() }) },
  },
  {
    method: "post",
    path: "/api/destinations/{name}/resume",
    summary: "Deliver what was held",
    responses: { 200: z.object({ name: z.string(), paused: z.null() }) },
  },
  { method: "get", path: "/api/ledger", summary: "The ledger", responses: { 200: ledgerView } },
  {
    method: "get",
    path: "/api/audit",
    summary: "Who did what, newest first",
    responses: { 200: z.object({ audit: z.array(auditEntry) }) },
  },
];

export function openApi(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) (paths[operation.path] ??= {})[operation.method] = describe(operation);
  return {
    openapi: "3.1.0",
    info: { title: "psp-relay operator API", version: "1" },
    components: { securitySchemes: { operator: { type: "http", scheme: "bearer" } } },
    security: [{ operator: [] }],
    paths,
  };
}

function describe({ path, summary, query, body, responses }: Operation): Record<string, unknown> {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema: jsonSchema(schema as z.ZodType, "input"),
  }));
  const content = (schema: z.ZodType, io: "input" | "output") => ({
    "application/json": { schema: jsonSchema(schema, io) },
  });
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body ? { requestBody: { content: content(body, "input") } } : {}),
    responses: Object.fromEntries([
      ...Object.entries(responses).map(([status, schema]) => [
        status,
        { description: summary, content: content(schema, "output") },
      ]),
      ["400", { description: "The request is not valid", content: content(problem, "output") }],
      ["401", { description: "Not an operator", content: content(problem, "output") }],
      [
        "429",
        { description: "Too many failed log-ins from this address", content: content(problem, "output") },
      ],
    ]),
  };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
