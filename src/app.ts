/** The Hono app: mounts the HTTP routes, and nothing else; one notFound, one onError. */
import { Hono } from "hono";
import { health } from "./api/health.ts";
import { api } from "./api/routes.ts";
import { configOf } from "./config/load.ts";
import { consoleApp } from "./console/routes.tsx";
import { contractDocument } from "./contract/documents.ts";
import { jwks } from "./delivery/jwks.ts";
import type { Env } from "./env.ts";
import { receive } from "./ingress/route.ts";
import { refuse, unavailable } from "./ingress/reply.ts";
import { CONTRACT_MAX_AGE_SECONDS, JWKS_MAX_AGE_SECONDS } from "./limits.ts";
import { fault } from "./log.ts";

export const app = new Hono<{ Bindings: Env }>();

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
