/** What every page is given: who looks, the relay as that operator sees it, and the frame around the page. */
import { configOf } from "../config/load.ts";
import { textOf } from "../config/problems.ts";
import type { RelayConfig } from "../config/schema.ts";
import { InboxClient } from "../inbox/client.ts";
import { doneSentence } from "./done.ts";
import { answer, forbidden, operatorOf, turnedAway, type ConsoleContext } from "./gate.tsx";
import { Problem } from "./pages/problem.tsx";
import { assetUrls } from "./parts/assets.ts";
import type { Frame } from "./parts/layout.tsx";
import { Relay } from "./relay.ts";
import { isFromConsole } from "./security.ts";

export interface Session {
  readonly c: ConsoleContext;
  readonly relay: Relay;
  readonly config: RelayConfig;
  readonly frame: Frame;
  /** Shows a page. */
  show(page: unknown, status?: number): Promise<Response>;
  /** Shows why something cannot be shown or done. */
  problem(outcome: { readonly status: number; readonly detail: string }, back?: string): Promise<Response>;
}

export type Page = (session: Session) => Promise<Response>;

/** Lets operators in and nobody else; an order (POST) only from a form of this console. */
export function forOperators(page: Page): (c: ConsoleContext) => Promise<Response> {
  return async (c) => {
    const operator = await operatorOf(c);
    if (!operator) return await turnedAway(c);
    if (c.req.method === "POST" && !isFromConsole(c.req.raw)) return await forbidden(c);
    const { config, problems } = configOf(c.env);
    const frame: Frame = {
      assets: await assetUrls(),
      environment: config.environment,
      problems: problems.map(textOf),
      operator: { name: operator.name, role: operator.role },
      nowMs: Date.now(),
      path: c.req.path,
      done: doneSentence(c.req.query("done"), c.req.query("count")),
    };
    const problem: Session["problem"] = async ({ status, detail }, back) =>
      await answer(
        c,
        <Problem frame={frame} status={status} detail={detail} {...(back === undefined ? {} : { back })} />,
        status,
      );
    return await page({
      c,
      relay: new Relay({
        env: c.env,
        config,
        inbox: await InboxClient.open(c.env, config),
        operator: { name: operator.name, role: operator.role },
      }),
      config,
      frame,
      show: async (shown, status) => await answer(c, shown, status),
      problem,
    });
  };
}
