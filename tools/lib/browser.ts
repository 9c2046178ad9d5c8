/** A real Chromium for tests, measurements and screenshots: Debian's package, or whatever `CHROMIUM` names. Loopback only. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Why there is no browser to be had; null: there is one. */
export function whyNoBrowser(): string | null {
  return existsSync(EXECUTABLE) ? null : `there is no ${EXECUTABLE} (Debian: apt-get install chromium)`;
}

/** Nothing is asked of the network: no updates, no suggestions, no synchronisation. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** What the browser complains about from now on: errors of scripts, and what the content security policy forbids. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}

/** The narrowest window that every page has to fit. */
export const PHONE = { width: 360, height: 740 };

/** By how many pixels the page is wider than its window. */
export function overhangPx(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
