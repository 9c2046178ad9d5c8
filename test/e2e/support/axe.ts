/** What axe finds serious on a page of a real browser. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** @param where before each finding, to know the page by */
export async function seriousOn(page: Page, where: string): Promise<string[]> {
  // By the debugger's protocol: the content security policy would not have it otherwise.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${where}: ${id}: ${nodes[0]?.html}`);
}
