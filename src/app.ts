/** The Hono app: mounts the HTTP routes, and nothing else; one notFound, one onError. */
import { Hono, type Context, type Next } from "hono";
import { health } from "./api/health.ts";
import { api } from "./api/routes.ts";
import { configOf } from "./config/load.ts";
import { isLocalHost } from "./config/local-only.ts";
import { consoleApp } from "./console/routes.tsx";
import { contractDocument } from "./contract/documents.ts";
import { jwks } from "./delivery/jwks.ts";
import type { Env } from "./env.ts";
import { receive } from "./ingress/route.ts";
import { refuse, unavailable } from "./ingress/reply.ts";
import { CONTRACT_MAX_AGE_SECONDS, JWKS_MAX_AGE_SECONDS, MISCONFIGURED_RETRY_SECONDS } from "./limits.ts";
import { fault } from "./log.ts";

const NOT_HERE =
  "this configuration is for development: on a public host name it serves nothing (docs/operations.md#environments)";

/** A configuration that is for one machine answers 503 to everything under a name that is not that machine's. */
async function localOnly(c: Context<{ Bindings: Env }>, next: Next): Promise<Response | undefined> {
  const { config } = configOf(c.env);
  if (!config.isLocalOnly || isLocalHost(new URL(c.req.url).hostname)) {
    await next();
    return undefined;
  }
  c.header("retry-after", String(MISCONFIGURED_RETRY_SECONDS));
  c.header("cache-control", "no-store");
  return c.json({ status: "misconfigured", error: NOT_HERE }, 503);
}

export const app = new Hono<{ Bindings: Env }>();

// First of all: whatever is asked for, a relay that anybody can reach must not run on published secrets.
app.use(localOnly);

app.all("/in/*", async (c) => await receive(c.req.raw, configOf(c.env).config, c.env, c.executionCtx));

app.route("/", api);

app.route("/healthz", health);

app.get("/.well-known/jwks.json", async (c) => {
  const { config } = configOf(c.env);
  // Where nobody can tell which keys there are: an empty set would have receivers forget those they know.
  if (!config.isAccepting && config.eventDestinations.length === 0) return unavailable();
  c.header("cache-control", `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
  return c.json(await jwks(config, Date.now()));
});

// Public: a description of what is sent, and nothing of what is configured here.
app.get("/schemas/:name", (c) => {
  const document = contractDocument(c.req.param("name"));
  if (document === null) return refuse("route");
  c.header("content-type", "application/json");
  c.header("cache-control", `public, max-age=${CONTRACT_MAX_AGE_SECONDS}`);
  return c.body(document);
});

app.route("/", consoleApp);

// The same 404 as the ingress: an address that exists must not be distinguishable from one that does not.
app.notFound(() => refuse("route"));

app.onError((error, c) => {
  fault("app", error);
  return c.json({ error: "internal error" }, 500);
});
