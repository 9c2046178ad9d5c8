/** Signing in and out, and who is let in to a page: an operator's session, or else the sign-in page. */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { ApiBindings } from "../api/operations/bindings.ts";
import type { Operator } from "../api/operations/operation.ts";
import { operatorOfAccess } from "../api/access.ts";
import { authenticate } from "../api/auth.ts";
import { configOf } from "../config/load.ts";
import { addressOf } from "../ingress/caller.ts";
import { SESSION_SECONDS } from "../limits.ts";
import { AskAgain, SignIn } from "./pages/sign-in.tsx";
import { liveSecrets } from "../verify/secret.ts";
import { assetUrls } from "./parts/assets.ts";
import { isFromConsole, PAGE_HEADERS, safePath } from "./security.ts";
import { openSession, sealSession, SESSION_COOKIE, type Credential } from "./session.ts";

export type ConsoleContext = Context<{ Bindings: ApiBindings }>;

/** Whoever may sign in: nobody while the token has a problem, with a session from before as well. */
function credentialsOf(env: ApiBindings): (Credential & Operator)[] {
  return configOf(env).config.operators.flatMap(({ name, role, tokens }) =>
    liveSecrets(tokens, Date.now()).map(({ value }) => ({ name, role, token: value })),
  );
}

export async function operatorOf(c: ConsoleContext): Promise<Operator | null> {
  const ofAccess = await operatorOfAccess(c.req.raw, configOf(c.env).config.access);
  return ofAccess ?? (await openSession(getCookie(c, SESSION_COOKIE), credentialsOf(c.env), Date.now()));
}

/** The page as a response, with the headers every page has. */
export async function answer(c: ConsoleContext, page: unknown, status: number = 200): Promise<Response> {
  const html = `<!doctype html>${String(await (page as Promise<unknown>))}`;
  return c.body(html, status as 200, { ...PAGE_HEADERS, "content-type": "text/html; charset=utf-8" });
}

/** Elsewhere on this console, by GET. */
export function goTo(c: ConsoleContext, path: string): Response {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
  return c.redirect(path, 303);
}

/** What somebody gets who has not signed in: at `/` the sign-in page, elsewhere the way to it. */
export async function turnedAway(c: ConsoleContext): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  const assets = await assetUrls();
  if (c.req.method === "GET" && c.req.header("sec-fetch-site") === "cross-site")
    return await answer(c, <AskAgain assets={assets} path={pathname + search} />);
  if (pathname === "/")
    return await answer(c, <SignIn assets={assets} next={safePath(c.req.query("next"))} />, 200);
  const next = c.req.method === "GET" ? `?${String(new URLSearchParams({ next: pathname + search }))}` : "";
  return goTo(c, `/${next}`);
}

export async function signIn(c: ConsoleContext): Promise<Response> {
  if (!isFromConsole(c.req.raw)) return await forbidden(c);
  const form = await c.req.formData();
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : "";
  };
  return await letIn(c, text("token"), safePath(text("next")));
}

/** The link that `npm start` prints. An address is written into histories and logs, so only in development. */
export async function signInByLink(c: ConsoleContext): Promise<Response> {
  const token = c.req.query("token");
  if (token === undefined || configOf(c.env).config.environment !== "development") return goTo(c, "/");
  return await letIn(c, token, "/");
}

/** As the API lets in, with its limit of failed log-ins: whoever it knows not is told nothing more here. */
async function letIn(c: ConsoleContext, token: string, next: string): Promise<Response> {
  const authenticated = await authenticate(token, addressOf(c.req.raw), c.env);
  const refused = async (problem: string, code: number) =>
    await answer(c, <SignIn assets={await assetUrls()} next={next} problem={problem} />, code);
  if (!authenticated.ok && authenticated.retryAfterSeconds !== undefined) {
    const seconds = String(authenticated.retryAfterSeconds);
    c.header("retry-after", seconds);
    return await refused(`Too many failed log-ins from your address. Wait ${seconds} seconds.`, 429);
  }
  if (!authenticated.ok && authenticated.status === 503)
    return await refused(authenticated.problem.detail, 503);
  const credential = credentialsOf(c.env).find((one) => one.token === token);
  if (!authenticated.ok || !credential) return await refused("This token is not known.", 401);
  const endsAt = Math.floor(Date.now() / 1000) + SESSION_SECONDS;
  setCookie(c, SESSION_COOKIE, await sealSession(credential, endsAt), {
    httpOnly: true,
    secure: true,
    sameSite: "Strict",
    path: "/",
    maxAge: SESSION_SECONDS,
  });
  return goTo(c, next);
}

export async function signOut(c: ConsoleContext): Promise<Response> {
  if (!isFromConsole(c.req.raw)) return await forbidden(c);
  deleteCookie(c, SESSION_COOKIE, { path: "/", secure: true });
  return goTo(c, "/");
}

/** An order that no page of this console has given. */
export async function forbidden(c: ConsoleContext): Promise<Response> {
  return c.text("This request does not come from a page of the console.", 403, PAGE_HEADERS);
}
