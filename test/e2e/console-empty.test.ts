/** The console of a relay that nothing has come to, in a real Chromium: what somebody sees on the first day. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complaintsOf, openBrowser, overhangPx, PHONE, whyNoBrowser } from "../../tools/lib/browser.ts";
import { ipay } from "../../tools/lib/callbacks.ts";
import { fromCurl } from "../../tools/lib/cli/curl-line.ts";
import { seriousOn } from "./support/axe.ts";
import { System } from "./support/system.ts";

const noBrowser = whyNoBrowser();
if (noBrowser !== null) console.warn(`the console is not tested in a browser: ${noBrowser}`);

/** What each page says as long as there is nothing. */
const PAGES = [
  ["/", "No callback has come yet."],
  ["/payments", "No callback has come yet."],
  ["/live", "Waiting for the next callback."],
  ["/set-aside", "Authentic callbacks that cannot be used come here."],
  ["/refused", "Nothing was refused lately."],
  ["/destinations", "0 delivered"],
  ["/settings", "No alert has been raised."],
] as const;

describe.skipIf(noBrowser !== null)("a relay that nothing has come to", () => {
  let system: System;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    system = await System.open();
    browser = await openBrowser();
    context = await browser.newContext({ baseURL: system.relay.url, viewport: PHONE });
    page = await context.newPage();
    complaints = complaintsOf(page);
    await page.goto(`/sign-in?token=${system.secrets["ADMIN_TOKEN"]}`);
  });

  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });

  it.each(PAGES)("%s says so, on a phone, and axe finds nothing serious", async (path, says) => {
    await page.goto(path);
    expect(await page.textContent("main")).toContain(says);
    expect(await overhangPx(page)).toBe(0);
    expect(await seriousOn(page, path)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("shows a line that reaches the relay, and then that it was refused and why", async () => {
    await page.goto("/");
    const line = (await page.textContent("main code:has-text('curl -i')")) ?? "";
    const { url, method, headers, body } = fromCurl(line, () => Buffer.of());
    const reply = await fetch(url, { method, headers: Object.fromEntries(headers), body });
    expect(reply.status).toBe(401);
    await system.waitUntil("the refused callback", async () => {
      await page.goto("/refused");
      return ((await page.textContent("main")) ?? "").includes("missing_token") ? true : undefined;
    });
  });

  it("shows the first callback by itself, in its charts as well", async () => {
    await page.goto("/");
    expect(await page.locator(".chart").count()).toBe(0);
    await system.sendAccepted(ipay(system.who.ipay, { payment: "first", now: new Date() }));
    await page.waitForSelector(".chart:has(canvas) .total:has-text('1 in all')");
    expect(await page.locator(".chart").count()).toBe(await page.locator(".chart canvas").count());
    expect(complaints).toEqual([]);
  });
});
