/** The ledger, and who gave which orders. */
import { z } from "zod";
import type { InboxClient } from "../../inbox/client.ts";
import { addUp, type Ledger } from "../../inbox/ledger.ts";
import { nextCursor, pageQuery } from "./fields.ts";
import { done, operation } from "./operation.ts";
import { badCursor, pageOf } from "./pages.ts";
import { auditEntry, ledgerView } from "./schemas.ts";
import { instantOf } from "./views.ts";

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
