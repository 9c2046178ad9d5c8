/**
 * Addresses that fail to log in too often. Each isolate knows what it has seen itself, and what the rate limit
 * of its Cloudflare location told it after a failure: that limit cannot be asked without being counted, and
 * an operator's right token must not use it up.
 */
import { FAILED_LOGIN_ENTRIES, FAILED_LOGINS_MS, MAX_FAILED_LOGINS } from "../limits.ts";
import { fault } from "../log.ts";
import { RecentMap } from "../recent-map.ts";
import type { ApiBindings } from "./operations/bindings.ts";

interface Failures {
  count: number;
  /** Epoch ms. */
  readonly untilMs: number;
}

export class FailedLogins {
  readonly #byAddress = new RecentMap<Failures>(FAILED_LOGIN_ENTRIES);

  /** How many seconds this address has to wait before anything it sends is compared; 0: it need not. */
  waitOf(address: string, nowMs: number): number {
    const failures = this.#byAddress.get(address);
    if (!failures || failures.count < MAX_FAILED_LOGINS || failures.untilMs <= nowMs) return 0;
    return Math.ceil((failures.untilMs - nowMs) / 1000);
  }

  /** One more has failed; was it the one too many? */
  async add(address: string, env: Pick<ApiBindings, "LOGINS">, nowMs: number): Promise<boolean> {
    const before = this.#byAddress.get(address);
    const failures =
      before && before.untilMs > nowMs ? before : { count: 0, untilMs: nowMs + FAILED_LOGINS_MS };
    failures.count = (await isOverLimit(address, env)) ? MAX_FAILED_LOGINS : failures.count + 1;
    this.#byAddress.set(address, failures);
    return failures.count >= MAX_FAILED_LOGINS;
  }
}

async function isOverLimit(address: string, { LOGINS }: Pick<ApiBindings, "LOGINS">): Promise<boolean> {
  try {
    return LOGINS !== undefined && !(await LOGINS.limit({ key: address })).success;
  } catch (error) {
    fault("logins", error);
    return false;
  }
}
