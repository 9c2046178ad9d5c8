/**
 * Threads for Vitest that outlive a test file, for `npm run mutate`: to start one and to load the libraries in it
 * takes longer than most of the tests. The project's own modules are evaluated anew for every file and every
 * change, as Vitest does wherever it isolates; only what comes from `node_modules` stays loaded.
 */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Plugin } from "vitest/config";
import type { PoolOptions, PoolWorker, WorkerRequest } from "vitest/node";

/** Each use leaves listeners behind, and now and then what a test that failed has begun. */
const MAX_USES = 50;

interface Kept {
  readonly thread: Worker;
  uses: number;
}

const idle: Kept[] = [];

class KeptThread implements PoolWorker {
  readonly name = "kept-threads";
  readonly #options: PoolOptions;
  readonly #listeners: [event: string, listener: (arg: unknown) => void][] = [];
  #kept: Kept | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  readonly on = (event: string, listener: (arg: unknown) => void) => {
    this.#listeners.push([event, listener]);
    this.#thread.on(event, listener);
  };

  readonly off = (event: string, listener: (arg: unknown) => void) => {
    this.#thread.off(event, listener);
  };

  readonly send = (message: WorkerRequest) => {
    // A thread that is told to stop listens to nothing any more: it is not told.
    if (message.type === "stop")
      this.#thread.emit("message", { type: "stopped", __vitest_worker_response__: true });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    else this.#thread.postMessage(message);
  };

  readonly deserialize = (data: unknown) => data;

  readonly start = (): Promise<void> => {
    this.#kept = idle.pop() ?? { thread: newThread(this.#options), uses: 0 };
    this.#kept.uses += 1;
    return Promise.resolve();
  };

  readonly stop = async (): Promise<void> => {
    const kept = this.#kept;
    if (!kept) return;
    for (const [event, listener] of this.#listeners.splice(0)) kept.thread.off(event, listener);
    if (kept.uses < MAX_USES) idle.push(kept);
    else await kept.thread.terminate();
  };

  get #thread(): Worker {
    if (!this.#kept) throw new Error("the thread was not started");
    return this.#kept.thread;
  }
}

function newThread({ distPath, env, execArgv }: PoolOptions): Worker {
  const thread = new Worker(join(distPath, "workers/threads.js"), {
    env,
    execArgv,
    stdout: true,
    stderr: true,
  });
  thread.stdout.resume();
  thread.stderr.resume();
  thread.setMaxListeners(0);
  return thread;
}

/** Whatever pool was asked for, by whoever runs Vitest. */
export const keptThreads: Plugin = {
  name: "kept-threads",
  configureVitest: ({ project, vitest }) => {
    project.config.pool = "kept-threads";
    project.config.poolRunner = {
      name: "kept-threads",
      createPoolWorker: (options: PoolOptions) => new KeptThread(options),
    };
    vitest.onClose(async () => {
      await Promise.all(idle.splice(0).map(({ thread }) => thread.terminate()));
    });
  },
};
