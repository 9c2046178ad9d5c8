/** The OpenAPI 3.1 description of the operator API, made from the schemas that validate it. */
import { z } from "zod";
import { OPERATIONS, type Operation } from "./operations.ts";
import { problem } from "./schemas.ts";

/** What a status means, whoever gives it. */
const MEANINGS: Readonly<Record<number, string>> = {
  200: "Done",
  202: "Accepted: it is carried out from now on",
  400: "The request is not valid: every problem with it, by its path",
  401: "Not an operator",
  404: "There is no such thing",
  409: "It is in a state in which the order makes no sense, or came to nothing: the reason",
  429: "Too many failed log-ins from this address; `retry-after` says how many seconds to wait",
  503: "The relay's configuration has problems (see /healthz)",
};

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

function describe(operation: Operation): Record<string, unknown> {
  const { id, path, summary, query, body, isPublic } = operation;
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
  const responses = Object.entries(responsesOf(operation)).map(([status, schema]) => [
    status,
    { description: MEANINGS[Number(status)], content: contentOf(schema, "output") },
  ]);
  return {
    operationId: id,
    summary,
    ...(isPublic ? { security: [] } : {}),
    parameters: [...inPath, ...inQuery],
    ...(body
      ? { requestBody: { required: !body.safeParse(undefined).success, content: contentOf(body, "input") } }
      : {}),
    responses: Object.fromEntries(responses) as unknown,
  };
}

/** Everything an operation may answer, by status. */
function responsesOf({ query, body, isPublic, responses }: Operation): Readonly<Record<number, z.ZodType>> {
  if (isPublic) return responses;
  const canBeWrong = query !== undefined || body !== undefined;
  return { ...responses, ...(canBeWrong ? { 400: problem } : {}), 401: problem, 429: problem, 503: problem };
}

function contentOf(schema: z.ZodType, io: "input" | "output"): unknown {
  return { "application/json": { schema: jsonSchema(schema, io) } };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
