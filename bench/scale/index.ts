/**
 * The relay's Worker with a counter on its statements, for `npm run scale` only: never part of a deployment.
 * Everything goes to the real Worker but requests below /scale/, which tell what the statements read and
 * wrote, and call what has no address of its own.
 */
import worker, { Inbox as RelayInbox } from "../../src/index.ts";
import type { Env } from "../../src/env.ts";
import type { Reference } from "../../src/inbox/protocol.ts";
import { writeShardState } from "./shard-state.ts";

// Whatever else wrangler.toml names of it; the Inbox below stands for its own.
export * from "../../src/index.ts";

type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;

/** Worker and objects are one isolate locally, so that the one can ask what the others did. */
let cursors: Cursor[] = [];
let isCounting = false;

function countStatements(sql: SqlStorage): void {
  if (isCounting) return;
  isCounting = true;
  // Every object of this isolate has the same prototype.
  const prototype = Object.getPrototypeOf(sql) as SqlStorage;
  const exec = prototype.exec;
  prototype.exec = function counted<T extends Record<string, SqlStorageValue>>(
    this: SqlStorage,
    query: string,
    ...values: SqlStorageValue[]
  ) {
    const cursor = exec.call(this, query, ...values) as SqlStorageCursor<T>;
    cursors.push(cursor);
    return cursor;
  };
}

export class Inbox extends RelayInbox {
  constructor(ctx: DurableObjectState, env: Env) {
    countStatements(ctx.storage.sql);
    super(ctx, env);
  }

  async runAlarm(): Promise<void> {
    await this.alarm();
  }

  /** To be called in a life of its own: what this one has in memory is not what is written. */
  writeState(): void {
    writeShardState(this.ctx.storage);
  }
}

interface ScaleCall {
  readonly shard: string;
  readonly references?: readonly Reference[];
}

export default {
  ...worker,
  async fetch(request, env, ctx): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/scale/")) return await worker.fetch(request, env, ctx);
    if (pathname === "/scale/rows") {
      const sum = { read: 0, written: 0 };
      for (const cursor of cursors) {
        sum.read += cursor.rowsRead;
        sum.written += cursor.rowsWritten;
      }
      cursors = [];
      return Response.json(sum);
    }
    const { shard, references = [] } = await request.json<ScaleCall>();
    const inbox = (env.INBOX as unknown as DurableObjectNamespace<Inbox>).getByName(shard);
    if (pathname === "/scale/alarm") await inbox.runAlarm();
    else if (pathname === "/scale/state") await inbox.writeState();
    else await inbox.lease(references);
    return Response.json({});
  },
} satisfies ExportedHandler<Env, Reference>;
