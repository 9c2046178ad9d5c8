/** The machine the relay runs on: it fails without warning, and comes back with what was on its disk. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler";
import { type Group, spawnGroup, waitForHttp } from "../processes.ts";
import { wranglerEnvironment } from "../wrangler-env.ts";
import type { RuntimeFile, RuntimeOptions } from "./runtime.ts";

const START_DEADLINE_MS = 60_000;

/** When a kill began, and when nothing of the relay was left (epoch ms). */
export interface Kill {
  readonly fromMs: number;
  readonly toMs: number;
}

export class Host {
  readonly url: string;
  readonly kills: Kill[] = [];
  readonly #options: string;
  readonly #scratch: string;
  #group: Group | null = null;

  constructor(options: RuntimeOptions, scratch: string) {
    this.url = `http://127.0.0.1:${options.port}`;
    this.#scratch = scratch;
    this.#options = join(scratch, "runtime.json");
    const { workerOptions } = workerOptionsOf(join(options.project, "wrangler.toml"));
    const { modulesRules: _, ...worker } = workerOptions as Record<string, object>;
    writeFileSync(this.#options, JSON.stringify({ ...options, worker } satisfies RuntimeFile));
  }

  /** Begins to start; `ready` resolves when it listens. */
  async spawn(): Promise<void> {
    this.#group = await spawnGroup(
      "the relay",
      process.execPath,
      [join(import.meta.dirname, "runtime.ts"), this.#options],
      { env: wranglerEnvironment(this.#scratch) },
    );
  }

  async ready(): Promise<void> {
    const group = this.#group;
    await waitForHttp(`${this.url}/healthz`, {
      deadlineMs: START_DEADLINE_MS,
      ...(group ? { group } : {}),
    });
  }

  /** SIGKILL to Node and workerd at once, as in a power cut. */
  async kill(): Promise<void> {
    const fromMs = Date.now();
    await this.#group?.kill9();
    this.kills.push({ fromMs, toMs: Date.now() });
  }

  async stop(): Promise<void> {
    await this.#group?.stop();
  }

  /** The process group: Node and workerd. */
  get group(): number {
    if (this.#group === null) throw new Error("the relay was not started");
    return this.#group.pid;
  }

  lastLines(count: number): readonly string[] {
    return this.#group?.lines().slice(-count) ?? [];
  }
}
