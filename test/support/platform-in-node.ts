/**
 * `cloudflare:workers` and `cloudflare:test` for plain Node, in place of workerd: `npm run mutate` runs the
 * tests of the ingress and the Inbox thousands of times, and here a run costs a tenth.
 *
 * Objects are real Inboxes over a real SQLite, calls to them are copied as RPC copies them, and queues bring
 * each message once. There are no input gates, no limits of the platform and no network; what depends on
 * those is tested in workerd (`npm test`).
 */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { scheduler } from "node:timers/promises";
import type { Inbox } from "../../src/inbox/inbox.ts";
import type { Reference } from "../../src/inbox/protocol.ts";
import { testBindings } from "./bindings.ts";

Object.assign(globalThis, { scheduler });

export class DurableObject {
  readonly ctx: object;
  readonly env: object;

  constructor(ctx: object, env: object) {
    this.ctx = ctx;
    this.env = env;
  }
}

// ---- storage -------------------------------------------------------------------------------------------

type Row = Record<string, SQLOutputValue | ArrayBuffer>;

/** SQLite gives blobs as views, workerd as buffers. */
function asWorkerd(row: Record<string, SQLOutputValue>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? new Uint8Array(value).buffer : value,
    ]),
  );
}

function asNode(value: unknown): SQLInputValue {
  return (value instanceof ArrayBuffer ? new Uint8Array(value) : value) as SQLInputValue;
}

class Storage {
  readonly #database = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, StatementSync>();
  #isWritten = false;
  alarmAtMs: number | null = null;

  readonly sql = {
    exec: (statements: string, ...bindings: unknown[]) => {
      if (/^\s*(?:INSERT|UPDATE|DELETE|REPLACE|WITH)\b/i.test(statements)) this.#isWritten = true;
      // Only one statement can be prepared, and only migrations have more.
      if (bindings.length === 0 && /;\s*\S/.test(statements)) {
        this.#database.exec(statements);
        return Object.assign([].values(), { toArray: () => [], one: () => undefined });
      }
      const rows = this.#statement(statements)
        .all(...bindings.map(asNode))
        .map(asWorkerd);
      const one = () => {
        if (rows.length !== 1) throw new Error(`one row expected, not ${rows.length}`);
        return rows[0];
      };
      return Object.assign(rows.values(), { toArray: () => rows, one });
    },
  };

  #statement(text: string): StatementSync {
    const statement = this.#prepared.get(text) ?? this.#database.prepare(text);
    if (/^\s*(?:SELECT|INSERT|UPDATE|DELETE)\b/i.test(text)) this.#prepared.set(text, statement);
    return statement;
  }

  /** As if it were new: emptying the tables costs a tenth of making them. */
  wipe(): void {
    this.alarmAtMs = null;
    if (!this.#isWritten) return;
    this.#isWritten = false;
    const tables = this.#database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'migrations'")
      .all();
    for (const { name } of tables) this.#database.exec(`DELETE FROM ${String(name)}`);
  }

  transactionSync<T>(work: () => T): T {
    this.#database.exec("SAVEPOINT work");
    try {
      const result = work();
      this.#database.exec("RELEASE work");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK TO work; RELEASE work");
      throw error;
    }
  }

  /** Nothing is awaited inside, so that none comes between. */
  transaction = <T>(work: () => T): Promise<T> => Promise.resolve(this.transactionSync(work));

  getAlarm = () => Promise.resolve(this.alarmAtMs);
  setAlarm = (atMs: number) => {
    this.alarmAtMs = atMs;
    return Promise.resolve();
  };
  deleteAlarm = () => {
    this.alarmAtMs = null;
    return Promise.resolve();
  };
}

// ---- objects -------------------------------------------------------------------------------------------

interface Life {
  readonly storage: Storage;
  instance: Inbox | null;
}

const lives = new Map<string, Life>();
const unused: Storage[] = [];

function lifeOf(name: string): Life {
  const life = lives.get(name) ?? { storage: unused.pop() ?? new Storage(), instance: null };
  lives.set(name, life);
  return life;
}

async function inboxOf(name: string): Promise<Inbox> {
  const life = lifeOf(name);
  if (life.instance === null) {
    const { Inbox } = await import("../../src/inbox/inbox.ts");
    const ctx = {
      storage: life.storage,
      id: { name },
      waitUntil: (promise: Promise<unknown>) => void promise.catch(() => undefined),
      blockConcurrencyWhile: (work: () => Promise<unknown>) => work(),
    };
    life.instance ??= new Inbox(ctx as never, env as never);
  }
  return life.instance;
}

/** A stub: every method is a call whose arguments and result are copies. */
function stubOf(name: string): object {
  return new Proxy(
    { name },
    {
      get(_, method: string) {
        if (method === "then") return undefined;
        if (method === "name") return name;
        return async (...given: unknown[]) => {
          const inbox = (await inboxOf(name)) as unknown as Record<string, (...args: unknown[]) => unknown>;
          const call = inbox[method];
          if (call === undefined) throw new TypeError(`no method ${method}`);
          return structuredClone(await call.apply(inbox, structuredClone(given)));
        };
      },
    },
  );
}

// ---- the environment -----------------------------------------------------------------------------------

class Shelf {
  readonly values = new Map<string, string>();
  get = (key: string) => Promise.resolve(this.values.get(key) ?? null);
  put = (key: string, value: string) => {
    this.values.set(key, value);
    return Promise.resolve();
  };
  delete = (key: string) => {
    this.values.delete(key);
    return Promise.resolve();
  };
}

/** Brings each message to the Worker once; what it asks to have again comes back by the sweep. */
function queueOf(queue: string): object {
  return {
    sendBatch: (sent: Iterable<{ readonly body: Reference }>) => {
      const messages = [...sent].map(({ body }) => ({
        body: structuredClone(body),
        attempts: 1,
        ack: () => undefined,
        retry: () => undefined,
      }));
      setImmediate(() => {
        void worker().then((main) =>
          main.queue(
            { queue, messages, ackAll: () => undefined, retryAll: () => undefined } as never,
            env as never,
          ),
        );
      });
      return Promise.resolve({ metadata: { metrics: {} } });
    },
  };
}

async function worker() {
  return (await import("../../src/index.ts")).default;
}

const shelf = new Shelf();

export const env = {
  ...testBindings,
  INBOX: { getByName: stubOf },
  SEEN: shelf,
  DELIVERIES: queueOf("deliveries"),
  VERIFICATIONS: queueOf("verifications"),
};

export const exports = {
  default: {
    fetch: async (request: Request) => {
      const ctx = createExecutionContext();
      return await (await worker()).fetch(request, env as never, ctx as never);
    },
  },
};

// ---- cloudflare:test -----------------------------------------------------------------------------------

interface Context {
  readonly promises: Promise<unknown>[];
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
}

export function createExecutionContext(): Context {
  const promises: Promise<unknown>[] = [];
  return {
    promises,
    waitUntil: (promise) => {
      promises.push(promise.catch(() => undefined));
    },
    passThroughOnException: () => undefined,
  };
}

export async function waitOnExecutionContext({ promises }: Context): Promise<void> {
  while (promises.length > 0) await Promise.all(promises.splice(0));
}

export function reset(): Promise<void> {
  for (const { storage } of lives.values()) {
    storage.wipe();
    unused.push(storage);
  }
  lives.clear();
  shelf.values.clear();
  return Promise.resolve();
}

const nameOf = (stub: object) => (stub as { readonly name: string }).name;

export async function runInDurableObject<T>(
  stub: object,
  work: (instance: Inbox, state: { readonly storage: Storage }) => T,
): Promise<Awaited<T>> {
  const instance = await inboxOf(nameOf(stub));
  return await work(instance, { storage: lifeOf(nameOf(stub)).storage });
}

export async function runDurableObjectAlarm(stub: object): Promise<boolean> {
  const { storage } = lifeOf(nameOf(stub));
  const instance = await inboxOf(nameOf(stub));
  if (storage.alarmAtMs === null) return false;
  storage.alarmAtMs = null;
  await instance.alarm();
  return true;
}

/** The object is forgotten, what it stored stays. */
export function evictDurableObject(stub: object): Promise<void> {
  lifeOf(nameOf(stub)).instance = null;
  return Promise.resolve();
}
