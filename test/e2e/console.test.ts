/** The console in a real Chromium, against a real relay: what an operator does, by pointer and by keyboard. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { complaintsOf, openBrowser, overhangPx, PHONE, whyNoBrowser } from "../../tools/lib/browser.ts";
import { cryptopay, cryptopaySigned, ipay } from "../../tools/lib/callbacks.ts";
import { sampleDay } from "../../tools/lib/sample-day.ts";
import { BREAKER_FAILURES, DEFAULT_INBOX_SHARDS, MAX_BULK_ORDER_EVENTS } from "../../src/limits.ts";
import { seriousOn } from "./support/axe.ts";
import { System } from "./support/system.ts";

const noBrowser = whyNoBrowser();
if (noBrowser !== null) console.warn(`the console is not tested in a browser: ${noBrowser}`);

const DESKTOP = { width: 1180, height: 760 };
const PAGES = ["/", "/payments", "/live", "/refused", "/set-aside", "/destinations", "/settings"];
/** What a page's script adds or changes last. */
const LAST_TO_COME: Readonly<Record<string, string>> = {
  "/": ".chart canvas",
  "/live": "#feed-state:has-text('live')",
};
/** How far things have moved on a page by themselves, as Chromium scores it: 0, nothing has. */
const LAYOUT_SHIFT = `new Promise((done) => {
  const sum = (list) => list.reduce((all, { value }) => all + value, 0);
  const observer = new PerformanceObserver((list) => done(sum(list.getEntries())));
  observer.observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum(observer.takeRecords()))));
})`;
/** A script, an element and an end of whatever they stand in. */
const PLANTED = `"'></title><script>window.planted=1</script><img src=x onerror="window.planted=1">`;

describe.skipIf(noBrowser !== null)("the console in Chromium", () => {
  let system: System;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    system = await System.open();
    browser = await openBrowser();
    const day = sampleDay(system.who, new Date());
    for (const callback of day.before) await system.send(callback);
    await system.waitUntil("the deliveries", async () =>
      (await system.ledger()).destinations["crm"]?.["pending"] === 0 ? true : undefined,
    );
  });

  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });

  beforeEach(async () => {
    await open({ viewport: DESKTOP });
  });

  afterEach(async () => {
    await context.close();
    if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join("; ")}`);
  });

  async function open(options: Parameters<Browser["newContext"]>[0]): Promise<void> {
    await context?.close();
    context = await browser.newContext({ ...options, baseURL: system.relay.url });
    page = await context.newPage();
    complaints = complaintsOf(page);
  }

  async function signIn(): Promise<void> {
    await page.goto("/");
    await page.fill("#token", system.secrets["ADMIN_TOKEN"] ?? "");
    await page.press("#token", "Enter");
    await page.waitForSelector("h1:has-text('Is money moving?')");
  }

  const arrivalsOf = (id: string) => system.crm.received().find((event) => event.id === id)?.arrivals ?? 0;

  it("signs in with the token only, and out again", async () => {
    await page.goto("/payments?q=order-4711");
    await page.fill("#token", "guessed");
    await page.press("#token", "Enter");
    await page.waitForSelector("[role=alert]");
    // The browser reports the 401 of a page that it shows.
    complaints = complaints.filter((text) => !text.includes("401"));
    await page.fill("#token", system.secrets["ADMIN_TOKEN"] ?? "");
    await page.press("#token", "Enter");
    await page.waitForURL("**/payments?q=order-4711");
    await page.click("text=Sign out");
    await page.waitForSelector("#token");
    await page.goto("/payments");
    expect(await page.locator("#token").count()).toBe(1);
  });

  it("finds a payment by its reference, and tells its whole story", async () => {
    await signIn();
    await page.fill("#search", "order-4711");
    await page.press("#search", "Enter");
    await page.click("[data-rows] a.row");
    await page.waitForURL("**/payments/pay_*");
    expect(await page.textContent("h1")).toContain("2000.00 USD");
    expect(await page.locator(".time-line > li").count()).toBe(3);
    expect(await page.textContent("#why")).toBe("All of it has arrived");
    await page.locator(".bodies summary").first().click();
    expect(await page.locator(".sides pre").first().textContent()).toContain('"order_id": "order-4711"');
  });

  it("replays an event after asking once", async () => {
    const id = await system.sendAccepted(ipay(system.who.ipay, { payment: "replayed", now: new Date() }));
    await system.arrival(id);
    await signIn();
    await page.goto(`/events/${id}`);
    await page.click("button:has-text('Replay…')");
    await page.click("dialog[open] button:has-text('Cancel')");
    await page.click("button:has-text('Replay…')");
    expect(await page.textContent("dialog[open] p")).toContain("with the same webhook-id");
    await page.click("dialog[open] button:has-text('Send it again')");
    await page.waitForSelector("text=1 delivery will be made again.");
    await system.waitUntil("the second arrival", () => (arrivalsOf(id) === 2 ? true : undefined));
  });

  it("dismisses what waits for a person, and says by whom and why", async () => {
    await signIn();
    await page.click("text=1 second payment");
    await page.click("tr:has-text('second_payment') th a");
    await page.click("button:has-text('Dismiss…')");
    await page.fill("dialog[open] input[name=reason]", "refunded by hand");
    await page.click("dialog[open] button:has-text('Dismiss it')");
    await page.waitForSelector(".why:has-text('refunded by hand')");
    await page.goto("/settings");
    expect(await page.textContent("main")).toContain("dismiss");
  });

  it("pauses a destination with a reason and resumes it: nothing is lost", async () => {
    await signIn();
    await page.goto("/destinations");
    await page.click("button:has-text('Pause…')");
    await page.fill("dialog[open] input[name=why]", "maintenance until 14:00");
    await page.click("dialog[open] button:has-text('Pause crm')");
    await page.waitForSelector(".state:has-text('paused')");
    const id = await system.sendAccepted(ipay(system.who.ipay, { payment: "held", now: new Date() }));
    await page.goto(`/events/${id}`);
    expect(await page.textContent(".whys")).toContain("crm is paused: “maintenance until 14:00”");
    await page.goto("/destinations");
    await page.click("button:has-text('Resume…')");
    await page.click("dialog[open] button:has-text('Resume crm')");
    await page.waitForSelector(".state:has-text('delivering')");
    await system.arrival(id);
  });

  it("closes an open breaker, and what was owed is sent at once", async () => {
    system.crm.setFailure("503");
    const ids: string[] = [];
    const breakersOpen = async () => {
      const { destinations } = await system.ask<{ destinations: { breakers_open: number }[] }>(
        "destinations",
      );
      return destinations[0]?.breakers_open ?? 0;
    };
    try {
      // Each shard has a breaker of its own.
      const most = BREAKER_FAILURES * DEFAULT_INBOX_SHARDS;
      while ((await breakersOpen()) === 0 && ids.length < most) {
        const payment = `broken-${ids.length}`;
        ids.push(await system.sendAccepted(ipay(system.who.ipay, { payment, now: new Date() })));
      }
      await signIn();
      await page.goto("/destinations");
      await page.waitForSelector(".state:has-text('breaker open, probe in')");
      await page.click("button:has-text('Close the breaker…')");
      expect(await page.textContent("dialog[open] p")).toContain("without waiting for the next probe");
    } finally {
      system.crm.setFailure(null);
    }
    await page.click("dialog[open] button:has-text('Close it')");
    await page.waitForSelector(".done:has-text('The breaker is closed')");
    await page.waitForSelector(".state:has-text('delivering')");
    expect(await page.locator("button:has-text('Close the breaker…')").count()).toBe(0);
    await system.arrivals(ids);
    // The trouble is over for whoever was told of it.
    await page.goto("/settings");
    await page.waitForSelector("tr:has-text('breaker_open') .state:has-text('closed')");
    expect(await page.locator("tr:has-text('breaker_open'):has-text('crm')").count()).toBe(1);
  });

  it("says why something is not there yet", async () => {
    system.crm.setFailure("503");
    const id = await system.sendAccepted(
      cryptopay(system.who.cryptopay, { payment: "late", reference: "late", now: new Date() }),
    );
    try {
      await system.waitUntil("a failure", () => (system.crm.failures() > 0 ? true : undefined));
      await signIn();
      await page.goto(`/events/${id}`);
      expect(await page.textContent(".whys")).toMatch(/crm answered 503|crm keeps failing/);
      expect(await page.textContent(".attempts")).toContain("503");
    } finally {
      system.crm.setFailure(null);
    }
    await system.arrival(id);
  });

  it("shows what happens as it happens, and nothing while it is paused", async () => {
    await signIn();
    await page.keyboard.press("g");
    await page.keyboard.press("l");
    await page.waitForSelector("#feed-state:has-text('live')");
    const send = async (payment: string) =>
      await system.sendAccepted(ipay(system.who.ipay, { payment, now: new Date() }));
    const first = await send("live-1");
    await page.waitForSelector(`#feed tr:has-text('callback') a[title="${first}"]`);
    await page.waitForSelector(`#feed tr:has-text('attempt') a[title="${first}"]`);
    await page.click("#feed-pause");
    const second = await send("live-2");
    await page.waitForSelector("#feed-pause:has-text('more')");
    expect(await page.locator(`#feed a[title="${second}"]`).count()).toBe(0);
    await page.click("#feed-pause");
    await page.locator(`#feed a[title="${second}"]`).first().click();
    await page.waitForURL("**/payments/pay_*");
  });

  it("shows what was refused, with the reason and what it usually means", async () => {
    await signIn();
    await page.goto("/refused");
    expect(await page.textContent("main")).toContain("bad_token");
    expect(await page.textContent("main")).toContain("changed at the provider");
    expect(await page.textContent("main")).not.toContain("tok_forged");
  });

  it("runs nothing of what a provider planted", async () => {
    const now = new Date();
    const ids = [
      await system.sendAccepted(ipay(system.who.ipay, { payment: PLANTED, reference: PLANTED, now })),
      await system.sendAccepted(
        cryptopay(system.who.cryptopay, { payment: "planted", reference: PLANTED, now }),
      ),
    ];
    const kept = await system.send(cryptopaySigned(system.who.cryptopay, `{"id":${PLANTED}`, now));
    await signIn();
    const query = encodeURIComponent(PLANTED);
    for (const path of [
      ...PAGES,
      ...ids.map((id) => `/events/${id}`),
      `/events/${kept.eventId}`,
      `/payments?q=${query}`,
    ]) {
      await page.goto(path);
      expect(await page.evaluate("window.planted")).toBeUndefined();
    }
    // It was there, as text.
    await page.goto(`/events/${ids[0]}`);
    expect(await page.textContent("main")).toContain("<script>");
  });

  it("can be used by keyboard alone", async () => {
    const reference = "by-keyboard";
    const id = await system.sendAccepted(
      cryptopay(system.who.cryptopay, { payment: reference, reference, now: new Date() }),
    );
    await system.arrival(id);
    await page.goto("/");
    // The field has the focus by itself, a moment after the page is there.
    await page.waitForSelector("input:focus");
    await page.keyboard.type(system.secrets["ADMIN_TOKEN"] ?? "");
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1:has-text('Is money moving?')");
    // Keys are the script's, which comes after the page's text.
    await page.waitForLoadState();
    await page.keyboard.press("/");
    await page.keyboard.type(reference);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/payments?q=${reference}`);
    await page.waitForSelector("[data-rows] a.row");
    await page.keyboard.press("j");
    expect(await page.locator("a.row:focus").count()).toBe(1);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/payments/pay_*");
    await page.keyboard.press("r");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Escape");
    await page.keyboard.press("r");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".done");
    await system.waitUntil("the second arrival", () => (arrivalsOf(id) === 2 ? true : undefined));
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.waitForURL("**/destinations");
    await page.keyboard.press("?");
    await page.waitForSelector("#keys[open]");
    await page.keyboard.press("Escape");
    // Everything else by tab: what has the focus is seen to have it.
    await page.keyboard.press("Tab");
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
  });

  it("fits a phone without scrolling sideways", async () => {
    await open({ viewport: PHONE, isMobile: true });
    await signIn();
    const payment = await firstPayment();
    for (const path of [...PAGES, payment, "/set-aside?tab=dead"]) {
      await page.goto(path);
      expect([path, await overhangPx(page)]).toEqual([path, 0]);
    }
  });

  it.each(["light", "dark"] as const)("has nothing that axe finds serious, in %s", async (colorScheme) => {
    await open({ viewport: DESKTOP, colorScheme });
    await page.goto("/");
    expect(await seriousOn(page, "/ (signed out)")).toEqual([]);
    await signIn();
    const payment = await firstPayment();
    for (const path of [
      ...PAGES,
      payment,
      "/orders?order=dismissals&state=quarantined",
      "/set-aside?tab=dead",
    ]) {
      await page.goto(path);
      for (const summary of await page.locator(".bodies summary").all()) await summary.click();
      expect(await seriousOn(page, path)).toEqual([]);
    }
    await page.goto("/destinations");
    await page.click("button:has-text('Pause…')");
    expect(await seriousOn(page, "a dialog")).toEqual([]);
  });

  it("has strong lines and no faint text where somebody asks for contrast", async () => {
    await open({ viewport: DESKTOP, contrast: "more" });
    await signIn();
    const colour = async (selector: string, property: string) =>
      await page.evaluate(
        `getComputedStyle(document.querySelector("${selector}")).getPropertyValue("${property}")`,
      );
    const text = await colour("main", "color");
    expect(await colour("main .note", "color")).toBe(text);
    expect(await colour("main .scroll", "border-top-color")).toBe(text);
    for (const path of PAGES) {
      await page.goto(path);
      expect(await seriousOn(page, path)).toEqual([]);
    }
  });

  it("diagnoses a refused callback in place, and keeps no secret on the page", async () => {
    await signIn();
    await page.goto("/refused");
    await page.locator("summary:has-text('Diagnose a callback')").first().click();
    const form = page.locator("details[open] form").first();
    await form.locator("[name=body]").fill(`{"token":"tok_guessed"}`);
    await form.locator("[name=secret]").fill("a-secret-to-try");
    await form.locator("button:has-text('Diagnose')").click();
    await page.waitForSelector(".diagnosis");
    expect(await page.textContent(".diagnosis")).toContain("Address: passes");
    expect(await page.content()).not.toContain("a-secret-to-try");
  });

  it("sends a destination a test event after asking once, which is no payment", async () => {
    await signIn();
    await page.goto("/destinations");
    await page.click("button:has-text('Send a test event…')");
    expect(await page.textContent("dialog[open]")).toContain("no amount");
    await page.click("dialog[open] button:has-text('Send it')");
    await page.waitForSelector(".done:has-text('was taken: 2')");
    const id = /evt_[0-9a-f]{32}/.exec((await page.textContent(".done")) ?? "")?.[0];
    expect(system.crm.received().find((event) => event.id === id)).toMatchObject({ arrivals: 1 });
    await page.goto(`/payments?q=${id}`);
    await page.waitForSelector("text=There is no such thing");
    // The browser reports the 404 of a page that it shows.
    complaints = complaints.filter((text) => !text.includes("404"));
  });

  it("leads from what needs a person to its list, and from a group of it to an order about that group alone", async () => {
    await system.send(cryptopaySigned(system.who.cryptopay, `{"id":`, new Date()));
    await signIn();
    await page.click(".attention a:has-text('quarantined')");
    await page.waitForURL("**/set-aside?tab=quarantined");
    await page.locator("section:has(code:text-is('json')) a:has-text('Dismiss these')").click();
    await page.waitForSelector(".preview");
    expect(await page.textContent(".preview")).toContain("reasons json");
    await page.click("a:has-text('Cancel')");
    await page.waitForURL("**/set-aside?tab=quarantined");
  });

  it("goes through an order of several parts by itself, and can be stopped between two", async () => {
    const count = 2 * MAX_BULK_ORDER_EVENTS + 1;
    for (let i = 0; i < count; i += 1)
      await system.send(cryptopaySigned(system.who.cryptopay, `{"part":${i}`, new Date()));
    await signIn();
    const dismissThese = async () => {
      await page.goto("/set-aside?tab=quarantined");
      await page.locator("section:has(code:text-is('json')) a:has-text('Dismiss these')").click();
      await page.fill("[name=reason]", "not ours");
      await page.click("button:has-text('Dismiss')");
    };
    await dismissThese();
    await page.waitForSelector("[role=status]:has-text('200 of')");
    await page.click("a:has-text('Stop')");
    await page.waitForURL("**/set-aside?tab=quarantined");
    await dismissThese();
    await page.waitForSelector("[role=status]:has-text('0 failed, 0 remain.')");
    expect(await page.locator("[data-goes-on]").count()).toBe(0);
  });

  it("draws its charts, and moves nothing on a page by doing so", async () => {
    await signIn();
    for (const path of PAGES) {
      await page.goto(path);
      const last = LAST_TO_COME[path];
      if (last !== undefined) await page.waitForSelector(last);
      expect([path, await page.evaluate(LAYOUT_SHIFT)]).toEqual([path, 0]);
    }
  });

  it("shows times in UTC or in local time, by one switch that is remembered", async () => {
    await open({ viewport: DESKTOP, timezoneId: "Asia/Tokyo" });
    await signIn();
    const payment = await firstPayment();
    await page.goto(payment);
    const time = page.locator("time[data-time=exact]").first();
    const utc = Date.parse(`${(await time.textContent())?.replace(" ", "T")}Z`);
    expect(utc).toBe(Date.parse((await time.getAttribute("datetime")) ?? ""));
    await page.click("[data-zone]");
    await page.reload();
    const local = Date.parse(`${(await time.textContent())?.replace(" ", "T")}Z`);
    expect(local - utc).toBe(9 * 3_600_000);
    expect(await page.textContent("[data-zone]")).toBe("Asia/Tokyo");
    // The axes of the charts as well: they are drawn anew, with nothing of before left.
    await page.goto("/");
    const drawn = await page.waitForSelector(".chart canvas");
    const count = await page.locator(".chart canvas").count();
    await page.click("[data-zone]");
    expect(await drawn.evaluate<boolean, { isConnected: boolean }>((canvas) => canvas.isConnected)).toBe(
      false,
    );
    expect(await page.locator(".chart canvas").count()).toBe(count);
  });

  async function firstPayment(): Promise<string> {
    await page.goto("/payments?q=order-4711");
    return (await page.getAttribute("[data-rows] a.row", "href")) ?? "";
  }
});
