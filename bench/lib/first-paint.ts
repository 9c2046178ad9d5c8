/** When a real browser has painted something of a page. */
import type { CDPSession, Page } from "playwright-core";

/**
 * Measures a tab: from the navigation to the first text or picture on the screen, in ms. In a tab that has shown a page of
 * the same console before, what they have in common is in the cache. Nothing is evaluated on the page before the browser
 * says that it has painted: that alone takes longer than many pages.
 */
export async function firstPaintOf(tab: Page): Promise<(url: string) => Promise<number>> {
  const session = await tab.context().newCDPSession(tab);
  await session.send("Page.enable");
  await session.send("Page.setLifecycleEventsEnabled", { enabled: true });
  return async (url) => {
    await painted(session, url);
    await tab.waitForLoadState("load");
    // The page is told of it a moment after the browser has said so.
    const paint = await tab.waitForFunction(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    );
    return (await paint.jsonValue()) ?? Number.NaN;
  };
}

/** Goes there, and waits for the first paint of that document and no other. */
async function painted(session: CDPSession, url: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const documents = new Set<string>();
  let wanted: string | undefined;
  const heed = ({ name, loaderId }: { readonly name: string; readonly loaderId: string }) => {
    if (name !== "firstContentfulPaint") return;
    documents.add(loaderId);
    if (loaderId === wanted) resolve();
  };
  session.on("Page.lifecycleEvent", heed);
  try {
    const { loaderId, errorText } = await session.send("Page.navigate", { url });
    if (loaderId === undefined || errorText !== undefined)
      throw new Error(`${url}: ${errorText ?? "no page"}`);
    wanted = loaderId;
    if (!documents.has(loaderId)) await promise;
  } finally {
    session.off("Page.lifecycleEvent", heed);
  }
}
