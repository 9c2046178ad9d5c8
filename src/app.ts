/**
 * Where a request goes: a callback straight to the ingress, everything else to the Hono router, which mounts the
 * routes people and their programs use and nothing else; one notFound, one onError.
 */
import { Hono } from "hono";
import { health } from "./api/health.ts";
import { api } from "./api/routes.ts";
import { configOf } from "./config/load.ts";
import { isLocalUrl } from "./config/local-only.ts";
import { consoleApp } from "./console/routes.tsx";
import { contractDocument } from "./contract/documents.ts";
import { jwks } from "./delivery/jwks.ts";
import type { Env } from "./env.ts";
import { receive } from "./ingress/route.ts";
import { refuse, unavailable } from "./ingress/reply.ts";
import { requestTarget } from "./ingress/request-target.ts";
import { CONTRACT_MAX_AGE_SECONDS, JWKS_MAX_AGE_SECONDS, MISCONFIGURED_RETRY_SECONDS } from "./limits.ts";
import { fault } from "./log.ts";

const NOT_HERE =
  "this configuration is for development: on a public host name it serves nothing (docs/operations.md#environments)";

const router = new Hono<{ Bindings: Env }>();

export const app = {
  /** Callbacks pass the router by: most requests are callbacks, and its work is a twentieth of what one costs. */
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    try {
      const { config } = configOf(env);
      // First of all: whatever is asked for, a relay that anybody can reach must not run on published secrets.
      if (config.isLocalOnly && !isLocalUrl(request.url)) return misconfigured();
      if (isCallback(request)) return await receive(request, config, env, ctx);
      return await router.fetch(request, env, ctx);
    } catch (error) {
      return failed(error);
    }
  },
};

function isCallback({ url }: Request): boolean {
  const { path } = requestTarget(url);
  return path === "/in" || path.startsWith("/in/");
}

/** To everything under a name that is not this machine's, where the configuration is for this machine only. */
function misconfigured(): Response {
  const headers = { "retry-after": String(MISCONFIGURED_RETRY_SECONDS), "cache-control": "no-store" };
  return Response.json({ status: "misconfigured", error: NOT_HERE }, { status: 503, headers });
}

function failed(error: unknown): Response {
  fault("app", error);
  return Response.json({ error: "internal error" }, { status: 500 });
}

router.route("/", api);

router.route("/healthz", health);

router.get("/.well-known/jwks.json", async (c) => {
  const { config } = configOf(c.env);
  // Where nobody can tell which keys there are: an empty set would have receivers forget those they know.
  if (!config.isAccepting && config.eventDestinations.length === 0) return unavailable();
  c.header("cache-control", `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
  return c.json(await jwks(config, Date.now()));
});

// Public: a description of what is sent, and nothing of what is configured here.
router.get("/schemas/:name", (c) => {
  const document = contractDocument(c.req.param("name"));
  if (document === null) return refuse("route");
  c.header("content-type", "application/json");
  c.header("cache-control", `public, max-age=${CONTRACT_MAX_AGE_SECONDS}`);
  return c.body(document);
});

router.route("/", consoleApp);

// The same 404 as the ingress: an address that exists must not be distinguishable from one that does not.
router.notFound(() => refuse("route"));

router.onError(failed);
