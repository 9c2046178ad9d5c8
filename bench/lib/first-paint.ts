/** When a real browser has painted something of a page. */
import type { BrowserContext } from "playwright-core";

/** From the navigation to the first text or picture on the screen, in ms; what was fetched before is in the cache. */
export async function firstPaintMs(context: BrowserContext, url: string): Promise<number> {
  const page = await context.newPage();
  try {
    await page.goto(url, { waitUntil: "load" });
    const paint = await page.waitForFunction(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    );
    return (await paint.jsonValue()) ?? Number.NaN;
  } finally {
    await page.close();
  }
}
