/**
 * `GET /healthz`: to anybody one word, to an operator what is wrong (docs/operations.md#problems-of-the-configuration).
 * Also for machines that switch traffic over: 503 only where no callback can be accepted, since a degraded relay is
 * worth more than none.
 */
import { Hono } from "hono";
import { configOf } from "../config/load.ts";
import type { Loaded } from "../config/schema.ts";
import { operatorOf } from "./auth.ts";
import { checkBindings } from "./binding-checks.ts";
import type { ApiBindings } from "./operations/bindings.ts";
import { problemResponse } from "./response.ts";

export const health = new Hono<{ Bindings: ApiBindings }>();

health.get("/", async (c) => {
  const { status, config, problems } = configOf(c.env);
  if (c.req.header("authorization") === undefined) return c.json({ status }, codeOf(status));
  const operator = await operatorOf(c.req.raw, c.env);
  if (!operator.ok) return problemResponse(operator);
  c.header("cache-control", "no-store");
  const bindings = await checkBindings(c.env, config);
  return c.json(
    {
      status,
      environment: config.environment,
      // Of this machine: a clock that is off refuses genuine signatures as stale.
      time: new Date().toISOString(),
      bindings,
      problems: problems.map(({ path, message, about }) => ({ path: path.join("."), message, about })),
    },
    codeOf(status),
  );
});

function codeOf(status: Loaded["status"]): 200 | 503 {
  return status === "misconfigured" ? 503 : 200;
}
