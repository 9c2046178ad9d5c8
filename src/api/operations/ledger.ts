/** The ledger, and who gave which orders. */
import { z } from "zod";
import type { InboxClient } from "../../inbox/client.ts";
import { addUp, type Ledger } from "../../inbox/ledger.ts";
import { instant, nextCursor, pageQuery } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { badCursor, pageOf } from "./pages.ts";
import { instantOf } from "./views.ts";

const ledgerView = z
  .object({
    sources: z.record(
      z.string(),
      z.object({
        authentic: z.int(),
        accepted: z.int(),
        duplicate: z.int(),
        superseded: z.int(),
        deferred: z.int(),
        quarantined: z.int(),
        refused: z.int(),
      }),
    ),
    destinations: z.record(
      z.string(),
      z.object({
        owed: z.int(),
        delivered: z.int(),
        pending: z.int(),
        parked: z.int(),
        dead: z.int(),
        dismissed: z.int(),
      }),
    ),
    remainder: z
      .record(z.string(), z.int())
      .describe("what does not add up, by name; empty when everything does"),
  })
  .meta({ id: "Ledger" });

export const getLedger = operation({
  id: "getLedger",
  method: "get",
  path: "/api/ledger",
  summary: "Everything accepted and owed, counted, and whether it adds up",
  tag: "watching",
  role: "read",
  responses: { 200: ledgerView },
  run: async ({ inbox }) => done(200, await ledgerOf(inbox)),
});

/** The ledger over all shards. */
export async function ledgerOf(inbox: InboxClient): Promise<Ledger> {
  return addUp(await inbox.all((shard) => shard.ledger()));
}

const auditEntry = z.object({
  at: instant,
  actor: z.string().describe("the operator's name"),
  action: z.string(),
  detail: z.string().describe("JSON"),
});

export const listAudit = operation({
  id: "listAudit",
  method: "get",
  path: "/api/audit",
  summary: "Who did what, newest first",
  tag: "watching",
  role: "read",
  query: z.strictObject(pageQuery),
  responses: { 200: z.object({ audit: z.array(auditEntry), cursor: nextCursor }) },
  async run({ inbox }, { query }) {
    const page = await pageOf(
      inbox,
      query,
      (shard, from, limit) => shard.auditLog(from, limit),
      ({ at }) => at,
    );
    if (!page) return badCursor();
    const audit = page.items.map(({ at, actor, action, detail }) => ({
      at: instantOf(at),
      actor,
      action,
      detail,
    }));
    return done(200, { audit, cursor: page.cursor });
  },
});
