/** A real Chromium for tests and screenshots: Debian's package, or whatever `CHROMIUM` names. Loopback only. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

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
