/** Does what the relay needs of the platform answer? Asked by an operator (`GET /healthz` with the token). */
import type { RelayConfig } from "../config/schema.ts";
import { withDeadline } from "../deadline.ts";
import { InboxClient } from "../inbox/client.ts";
import { BINDING_CHECK_DEADLINE_MS } from "../limits.ts";
import type { ApiBindings } from "./operations/bindings.ts";

export interface BindingCheck {
  readonly name: string;
  /** `missing`: not configured; `present`: it is there, and to ask it would have an effect; `failed`: see `error`. */
  readonly state: "answers" | "present" | "missing" | "failed";
  readonly error: string | null;
}

/** Bindings that are not asked: a message would be delivered, a limit would count, a feed would be watched. */
const NOT_ASKED = [
  "ACTIVITY",
  "DELIVERIES",
  "VERIFICATIONS",
  "UNVERIFIED",
  "QUESTIONS",
  "QUESTIONS_AGAIN",
  "LOGINS",
  "COUNTERS",
] as const;

/** Never throws: what fails is the answer. */
export async function checkBindings(env: ApiBindings, config: RelayConfig): Promise<BindingCheck[]> {
  return [
    ...(await Promise.all([
      asked("INBOX", env.INBOX, () =>
        new InboxClient(env, config).first(async (shard) => await shard.destinations()),
      ),
      asked("SEEN", env.SEEN, () => env.SEEN.get("no event has this id")),
    ])),
    ...[...NOT_ASKED, ...(sendsEmails(config) ? (["EMAIL"] as const) : [])].map((name): BindingCheck => {
      return { name, state: env[name] === undefined ? "missing" : "present", error: null };
    }),
  ];
}

function sendsEmails({ destinations }: RelayConfig): boolean {
  return [...destinations.values()].some(({ channel }) => channel?.kind === "email");
}

async function asked(name: string, binding: unknown, ask: () => PromiseLike<unknown>): Promise<BindingCheck> {
  if (binding === undefined) return { name, state: "missing", error: null };
  try {
    await withDeadline(Promise.resolve(ask()), BINDING_CHECK_DEADLINE_MS);
    return { name, state: "answers", error: null };
  } catch (error) {
    return { name, state: "failed", error: error instanceof Error ? error.message : String(error) };
  }
}
