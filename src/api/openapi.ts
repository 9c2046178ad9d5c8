/** The OpenAPI 3.1 description of the relay's API, made from the operations that its routes are made of. */
import { z } from "zod";
import { TAGS, noBody, type AnyOperation } from "./operations/operation.ts";
import { problem, TITLES, type RefusalStatus } from "./operations/problem.ts";

type Json = Record<string, unknown>;

/** What a status means that any operation may answer. */
const ANY: Readonly<Partial<Record<RefusalStatus, string>>> = {
  400: "The request is not valid: every mistake in it, each with its place",
  500: "The relay failed: it is in its log",
};
/** What it may answer before it knows who calls. */
const AUTHENTICATED: Readonly<Partial<Record<RefusalStatus, string>>> = {
  401: "Not an operator",
  429: "Too many failed log-ins from this address; `retry-after` says how many seconds to wait",
  503: "Nobody can be let in: no operator's token is configured that may be used (see /healthz)",
};
const DONE: Readonly<Record<number, string>> = {
  200: "Done",
  202: "Accepted: it is carried out from now on",
};

export function openApi(operations: readonly AnyOperation[]): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const operation of operations)
    (paths[operation.path] ??= {})[operation.method] = describe(operation, schemas);
  // Named ones that others refer to, and those referred to by them.
  jsonSchema(problem, "output", schemas);
  return {
    openapi: "3.1.0",
    info: {
      title: "psp-relay",
      version: "1",
      summary: "What happened to a payment's callbacks, and what to do about it",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "This relay" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ operator: [] }],
    paths,
    components: {
      securitySchemes: {
        operator: { type: "http", scheme: "bearer", description: "An operator's token" },
      },
      schemas,
    },
  };
}

function describe(operation: AnyOperation, schemas: Json): Json {
  const { id, summary, tag, params, query, body } = operation;
  const parametersIn = (place: "path" | "query", { shape }: z.ZodObject) =>
    Object.entries(shape).map(([name, schema]) => parameter(place, name, schema as z.ZodType, schemas));
  return {
    operationId: id,
    summary,
    tags: [tag],
    parameters: [...parametersIn("path", params), ...parametersIn("query", query)],
    ...(body === noBody ? {} : { requestBody: requestBody(body, schemas) }),
    responses: responsesOf(operation, schemas),
  };
}

function parameter(place: "path" | "query", name: string, of: z.ZodType, schemas: Json): Json {
  const { description, ...schema } = jsonSchema(of, "input", schemas);
  const required = place === "path" || !of.safeParse(undefined).success;
  // A list's values are apart by commas.
  const style = schema["type"] === "array" ? { style: "form", explode: false } : {};
  return { name, in: place, required, ...(description ? { description } : {}), ...style, schema };
}

function requestBody(body: z.ZodType, schemas: Json): Json {
  const required = !body.safeParse(undefined).success;
  return { required, content: { "application/json": { schema: jsonSchema(body, "input", schemas) } } };
}

function responsesOf(operation: AnyOperation, schemas: Json): Json {
  const { mediaType, responses, refusals, role, body } = operation;
  const contentOf = (schema: z.ZodType) =>
    mediaType === undefined
      ? { "application/json": { schema: jsonSchema(schema, "output", schemas) } }
      : { [mediaType]: { schema: { type: "string" } } };
  const found = Object.entries(responses).map(([status, schema]) => [
    status,
    {
      description: DONE[Number(status)] ?? "",
      content: contentOf(schema),
    },
  ]);
  const meanings = {
    ...ANY,
    ...AUTHENTICATED,
    ...(role === "operate" ? { 403: "The operator may read and give no orders" } : {}),
    ...(body === noBody ? {} : { 413: "The body is too large" }),
    ...refusals,
  };
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  const refused = Object.entries(meanings).map(([status, description]) => [
    status,
    { description: description ?? TITLES[Number(status) as RefusalStatus], content },
  ]);
  return Object.fromEntries([...found, ...refused]) as Json;
}

/** Schemas with a name go to `schemas` and are referred to. */
function jsonSchema(schema: z.ZodType, io: "input" | "output", schemas: Json): Json {
  const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io });
  for (const [name, definition] of Object.entries($defs)) schemas[name] ??= referring(definition);
  const { id } = own as { id?: string };
  if (id === undefined) return referring(own);
  schemas[id] ??= referring(own);
  return { $ref: `#/components/schemas/${id}` };
}

/** With references into the whole description instead of into the schema itself; the name is not part of it. */
function referring(schema: object): Json {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === "id" && typeof value === "string" ? undefined : value,
  );
  return JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}
