/** Who is let in to the console, and what keeps it to itself. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { api } from "../../src/api/routes.ts";
import { consoleApp } from "../../src/console/routes.tsx";
import { MAX_FAILED_LOGINS, SESSION_SECONDS } from "../../src/limits.ts";
import { assetUrls } from "../../src/console/parts/assets.ts";
import { ask, cookieOf, elementsOf, ORIGIN, submit, Visitor } from "../support/console.ts";
import { secrets } from "../support/bindings.ts";
import { bindings, freshRelay } from "../support/worker.ts";

/** A day of its own for every test, since the isolate remembers addresses that failed to log in. */
let day = 0;

beforeEach(async () => {
  await freshRelay(new Date(Date.UTC(2036, 0, (day += 1))));
});

const PAGES = [
  "/payments",
  "/payments/pay_1",
  "/events/evt_1",
  "/set-aside",
  "/destinations",
  "/settings",
  "/orders",
];

describe("without a session", () => {
  it("the root is the sign-in page, and shows nothing of the relay", async () => {
    const response = await ask("/");
    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html).toContain('name="token"');
    expect(html).not.toContain("broker-eu");
  });

  it.each(PAGES)("%s leads to the sign-in page, which leads back", async (path) => {
    const response = await ask(path);
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(`/?next=${encodeURIComponent(path)}`);
    expect(await (await ask(response.headers.get("location") ?? "")).text()).toContain(`value="${path}"`);
  });

  it.each([
    "/events/evt_1/replay",
    "/destinations/crm/pause",
    "/orders",
    "/replays/rpl_1/cancel",
    "/settings/test-alerts",
  ])("no order is taken at %s", async (path) => {
    expect((await submit(path, {})).status).toBe(303);
  });

  it("nothing answers but what is meant for everybody", async () => {
    // The sign-in page; files are looked at below.
    const others = new Set(["/", "/sign-in", "/sign-out", "/assets/:file"]);
    const asked = [...api.routes, ...consoleApp.routes].flatMap(({ method, path }) => {
      const methods = method === "ALL" ? ["GET", "POST"] : [method];
      return others.has(path) ? [] : methods.map((one) => ({ method: one, path }));
    });
    expect(asked.length).toBeGreaterThan(40);
    for (const { method, path } of asked) {
      const response = await ask(path.replaceAll(/:\w+|\*/g, "x"), { method });
      const isApi = path.startsWith("/api/") || path === "/metrics";
      expect([method, path, response.status]).toEqual([method, path, isApi ? 401 : 303]);
    }
  });

  it("only what the sign-in page needs is served of the files", async () => {
    const served = await Promise.all(
      Object.entries(await assetUrls()).map(async ([name, url]) => [name, (await ask(url)).status]),
    );
    expect(Object.fromEntries(served)).toEqual({
      "console.css": 200,
      "icon.svg": 200,
      "console.js": 404,
      "live.js": 404,
      "uplot.css": 404,
      "uplot.js": 404,
      "charts.js": 404,
    });
  });

  it("a link from another site asks again by itself, because strict cookies do not come with it", async () => {
    const response = await ask("/payments?q=4711", { headers: { "sec-fetch-site": "cross-site" } });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('content="0;url=/payments?q=4711"');
  });
});

describe("signing in", () => {
  it("sets a cookie that no script reads and no other site sends", async () => {
    const response = await submit("/sign-in", { token: secrets.ADMIN_TOKEN, next: "/payments?q=4711" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("/payments?q=4711");
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^__Host-relay-session=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(cookie).not.toContain(secrets.ADMIN_TOKEN);
  });

  it("with a wrong token sets none, and says so", async () => {
    const response = await submit("/sign-in", { token: "guessed" });
    expect(response.status).toBe(401);
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  it("is limited like any other log-in, with the right token as well", async () => {
    for (let i = 0; i < MAX_FAILED_LOGINS; i += 1) await submit("/sign-in", { token: "guessed" });
    const response = await submit("/sign-in", { token: secrets.ADMIN_TOKEN });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it.each(["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"])(
    "never leads to %s",
    async (next) => {
      const response = await submit("/sign-in", { token: secrets.ADMIN_TOKEN, next });
      expect(response.headers.get("location")).toBe("/");
    },
  );

  it("from another site is refused", async () => {
    const headers = { origin: "https://evil.test" };
    expect((await submit("/sign-in", { token: secrets.ADMIN_TOKEN }, { headers })).status).toBe(403);
  });

  it("by a link works in development", async () => {
    const response = await ask(`/sign-in?token=${secrets.ADMIN_TOKEN}`);
    expect(cookieOf(response)).not.toBe("");
  });

  it("by a link does not work anywhere else: addresses are written into logs", async () => {
    const RELAY = JSON.stringify({
      sources: { ipay: { main: { secrets: ["IPAY_TOKEN"], token_at: "body:/token" } } },
      destinations: { crm: { url: "https://crm.example.com/", secrets: ["CRM_SIGNING_SECRET"] } },
    });
    const response = await ask(`/sign-in?token=${secrets.ADMIN_TOKEN}`, {}, { ...bindings, RELAY });
    expect(response.headers.get("set-cookie")).toBeNull();
  });
});

describe("a session", () => {
  it("opens every page", async () => {
    const visitor = await Visitor.signIn();
    for (const path of ["/", "/payments", "/set-aside", "/destinations", "/settings", "/refused", "/live"])
      expect([path, (await visitor.get(path)).status]).toEqual([path, 200]);
  });

  it("ends by itself", async () => {
    const visitor = await Visitor.signIn();
    vi.setSystemTime(Date.now() + SESSION_SECONDS * 1000 + 1000);
    expect((await visitor.get("/payments")).status).toBe(303);
  });

  it("ends when the token it was opened with is rotated", async () => {
    const cookie = cookieOf(await submit("/sign-in", { token: secrets.ADMIN_TOKEN }));
    const rotated = { ...bindings, ADMIN_TOKEN: "another-token-of-the-operator" };
    expect((await ask("/payments", { headers: { cookie } }, rotated)).status).toBe(303);
    expect((await ask("/payments", { headers: { cookie } })).status).toBe(200);
  });

  it("is forged by nobody: a later end or another name does not fit its MAC", async () => {
    const cookie = cookieOf(await submit("/sign-in", { token: secrets.ADMIN_TOKEN }));
    const [name = "", value = ""] = cookie.split("=");
    const [who, end, mac] = value.split("~");
    for (const forged of [
      `${who}~${Number(end) + 1}~${mac}`,
      `root~${end}~${mac}`,
      `${who}~${end}~${"0".repeat(64)}`,
    ])
      expect((await ask("/payments", { headers: { cookie: `${name}=${forged}` } })).status).toBe(303);
  });

  it("ends by signing out", async () => {
    const visitor = await Visitor.signIn();
    const response = await visitor.order("/sign-out");
    expect(response.headers.get("set-cookie")).toMatch(/^__Host-relay-session=;.*Max-Age=0/);
  });
});

describe("an order", () => {
  it.each([
    ["of another site", { origin: "https://evil.test" }],
    ["of a page without an origin", { origin: "null" }],
    ["of a sibling host", { origin: ORIGIN, "sec-fetch-site": "same-site" }],
    ["of nobody knows whom", {}],
  ])("%s is refused, even with the cookie", async (_, headers: Record<string, string>) => {
    const cookie = cookieOf(await submit("/sign-in", { token: secrets.ADMIN_TOKEN }));
    const response = await submit(
      "/destinations/crm/pause",
      { why: "forged" },
      { headers: { ...headers, cookie } },
    );
    expect(response.status).toBe(403);
    const visitor = await Visitor.signIn();
    expect(await visitor.page("/destinations")).not.toContain("forged");
  });
});

describe("every page", () => {
  it("says what it may load: files of this host, nothing inline, no frame around it", async () => {
    const visitor = await Visitor.signIn();
    for (const response of [
      await ask("/"),
      await visitor.get("/"),
      await visitor.get("/payments/pay_none"),
    ]) {
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; /);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  it("has no inline script and no inline style, and loads nothing from elsewhere", async () => {
    const visitor = await Visitor.signIn();
    for (const path of ["/", "/payments", "/set-aside", "/destinations", "/settings", "/refused", "/live"]) {
      const elements = await elementsOf(await visitor.page(path));
      for (const { name, attributes } of elements) {
        expect([...attributes.keys()].filter((key) => key === "style" || key.startsWith("on"))).toEqual([]);
        if (name === "script") expect(attributes.get("src")).toMatch(/^\/assets\//);
        if (name === "link") expect(attributes.get("href")).toMatch(/^\/assets\//);
        expect(name).not.toBe("style");
      }
    }
  });

  it("names files by the hash of their content, to be kept for ever", async () => {
    const visitor = await Visitor.signIn();
    for (const [name, url] of Object.entries(await assetUrls())) {
      const response = await visitor.get(url);
      expect([name, response.status]).toEqual([name, 200]);
      expect(response.headers.get("cache-control")).toContain("immutable");
      expect((await visitor.get(url.replace(/\.[0-9a-f]{12}\./, ".000000000000."))).status).toBe(404);
    }
  });
});

it("with problems in the configuration says so on every page, and in the settings which", async () => {
  const cookie = cookieOf(await submit("/sign-in", { token: secrets.ADMIN_TOKEN }));
  const page = async (path: string) =>
    await (await ask(path, { headers: { cookie } }, { ...bindings, RELAY: "{" })).text();
  expect(await page("/payments")).toContain("The configuration has 1 problem");
  expect(await page("/settings")).toContain("is no table, and no JSON text of one");
});
