/**
 * The console (docs/console.md): the operator API for eyes. Every page and every order is an operation of the API,
 * called as the operator who has signed in; every order comes from a form of this console.
 */
import { Hono } from "hono";
import type { ApiBindings } from "../api/operations/bindings.ts";
import { assetAt } from "./parts/assets.ts";
import { operatorOf, signIn, signInByLink, signOut } from "./gate.tsx";
import { forOperators, type Page } from "./frame.tsx";
import * as look from "./look.tsx";
import * as orders from "./orders.tsx";
import { refuse } from "../ingress/reply.ts";

export const consoleApp = new Hono<{ Bindings: ApiBindings }>();

consoleApp.get("/assets/:file", async (c) => {
  const { pathname } = new URL(c.req.url);
  return (await assetAt(pathname, (await operatorOf(c)) !== null)) ?? refuse("route");
});
consoleApp.get("/sign-in", signInByLink);
consoleApp.post("/sign-in", signIn);
consoleApp.post("/sign-out", signOut);

const PAGES: Readonly<Record<string, Page>> = {
  "/": look.overview,
  "/payments": look.payments,
  "/payments/:id": look.payment,
  "/events/:id": look.event,
  "/live": look.live,
  "/live/feed": look.feed,
  "/set-aside": look.setAside,
  "/refused": look.refused,
  "/destinations": look.destinations,
  "/settings": look.settings,
  "/orders": orders.preview,
};
for (const [path, page] of Object.entries(PAGES)) consoleApp.get(path, forOperators(page));

const ORDERS: Readonly<Record<string, Page>> = {
  "/events/:id/replay": orders.replay,
  "/events/:id/release": orders.release,
  "/events/:id/dismiss": orders.dismiss,
  "/destinations/:name/pause": orders.pause,
  "/destinations/:name/resume": orders.resume,
  "/destinations/:name/test": orders.testDestination,
  "/refused/diagnose": orders.diagnose,
  "/replays/:id/cancel": orders.cancel,
  "/settings/test-alerts": orders.testAlerts,
  "/orders": orders.inBulk,
};
for (const [path, order] of Object.entries(ORDERS)) consoleApp.post(path, forOperators(order));
