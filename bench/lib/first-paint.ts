/** When a real browser has painted something of a page. */
import type { Page } from "playwright-core";

/**
 * From the navigation to the first text or picture on the screen, in ms, in a tab that has shown a page of the same
 * console before: what they have in common is in the cache.
 */
export async function firstPaintMs(tab: Page, url: string): Promise<number> {
  await tab.goto(url, { waitUntil: "load" });
  const paint = await tab.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  return (await paint.jsonValue()) ?? Number.NaN;
}
