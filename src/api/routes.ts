/**
 * The relay's API over HTTP: one route for each operation of the table, and nothing that an operation knows.
 * A request becomes the operation's input, its outcome a response.
 */
import { Hono } from "hono";
import { configOf } from "../config/load.ts";
import { InboxClient } from "../inbox/client.ts";
import { fault } from "../log.ts";
import { operatorOf } from "./auth.ts";
import { inputOf } from "./request.ts";
import { problemResponse, responseOf } from "./response.ts";
import type { ApiBindings } from "./operations/bindings.ts";
import { call } from "./operations/call.ts";
import type { AnyOperation } from "./operations/operation.ts";
import { refused } from "./operations/problem.ts";
import { ALL_OPERATIONS } from "./table.ts";

export const api = new Hono<{ Bindings: ApiBindings }>();

for (const [path, operations] of Map.groupBy(ALL_OPERATIONS, ({ path }) => path)) {
  const pattern = path.replaceAll(/\{(\w+)\}/g, ":$1");
  for (const operation of operations) {
    api.on(operation.method, pattern, (c) => answer(operation, c.req.raw, c.req.param(), c.env));
  }
  const allow = operations.map(({ method }) => method.toUpperCase()).join(", ");
  api.all(pattern, (c) => methodNotAllowed(c.req.raw, c.env, allow));
}

/** What is not there is told to operators only. */
api.all("/api/*", async (c) => {
  const operator = await operatorOf(c.req.raw, c.env);
  return problemResponse(operator.ok ? refused(404, "there is no such operation") : operator);
});

async function answer(
  operation: AnyOperation,
  request: Request,
  params: Readonly<Record<string, string>>,
  env: ApiBindings,
): Promise<Response> {
  const authenticated = await operatorOf(request, env);
  if (!authenticated.ok) return problemResponse(authenticated);
  const { operator } = authenticated;
  const input = await inputOf(operation, request, params);
  if ("ok" in input) return problemResponse(input);
  const { config } = configOf(env);
  try {
    const context = { env, config, inbox: await InboxClient.open(env, config), operator };
    return responseOf(operation, await call(operation, context, input));
  } catch (error) {
    fault("api", error, { operation: operation.id });
    return problemResponse(refused(500, "the relay failed: it is in its log"));
  }
}

async function methodNotAllowed(request: Request, env: ApiBindings, allow: string): Promise<Response> {
  const operator = await operatorOf(request, env);
  return operator.ok ? problemResponse(refused(405, `only ${allow}`), { allow }) : problemResponse(operator);
}
