/**
 * `npm run bench:declared`: what accepting a callback of a declared provider costs beside the same one in code, in one
 * relay on workerd (docs/performance.md#a-declared-provider-beside-one-in-code): CryptoPay's callbacks to its own address,
 * and to that of a declaration of the same scheme and meaning. Rounds in turns, so that the machine is the same for
 * both; nothing is delivered. The ratio counts. Exit code 1 where the declared one costs more than MOST times the other.
 */
import { join } from "node:path";
import type { Callback, CryptopayCredentials } from "../tools/lib/callbacks.ts";
import { type RelayConfig } from "../tools/lib/relay-config.ts";
import { send } from "../tools/lib/send.ts";
import { giveUp, parseCount, readArgs } from "../tools/lib/text.ts";
import { writeSection } from "./lib/documents.ts";
import { withSurroundings } from "./lib/surroundings.ts";
import { fresh, isSuccess, load } from "./lib/load.ts";
import { machine, machineLine } from "./lib/machine.ts";
import { markdownTable } from "./lib/markdown.ts";
import { median } from "./lib/stats.ts";
import { ACCOUNT, startSubject, type Subject } from "./lib/subjects.ts";

const USAGE = `Usage: npm run bench:declared -- [options]

  --rounds <n>      (9) after one that warms up
  --callbacks <n>   (2000) in a round, of each
  --write           write the table into docs/performance.md`;

const project = join(import.meta.dirname, "..");
const { values } = readArgs(USAGE, {
  options: {
    rounds: { type: "string", default: "9" },
    callbacks: { type: "string", default: "2000" },
    write: { type: "boolean", default: false },
  },
});
const rounds = parseCount("rounds", values.rounds, 3);
const callbacks = parseCount("callbacks", values.callbacks, 100);
if (process.platform !== "linux") giveUp("CPU time is read from /proc: npm run bench:declared needs Linux");

/** A declared provider costs at most this much of the same one in code. */
const MOST = 1.3;
const DECLARED = "declared";
const KINDS = ["code", "declared"] as const;
type Kind = (typeof KINDS)[number];

/** Stripe's preset is CryptoPay's scheme under another header. */
function declare(relay: RelayConfig): void {
  const verify = {
    alg: "hmac-sha256",
    sig: "header:x-cryptopay-signature",
    format: "kv:comma:v1",
    content: "{sig:t}.{raw}",
    time: { from: "sig:t" },
  };
  relay["providers"] = { [DECLARED]: { extends: "stripe", verify } };
  const { secrets = [], destinations } = relay.sources["cryptopay"]?.[ACCOUNT] ?? {};
  relay.sources[DECLARED] = { [ACCOUNT]: { secrets, ...(destinations && { destinations }) } };
}

function callbacksOf(kind: Kind, who: CryptopayCredentials, count: number): Callback[] {
  const made = fresh(who, count);
  if (kind === "code") return made;
  return made.map((callback) => ({ ...callback, path: callback.path.replace("cryptopay", DECLARED) }));
}

/** Microseconds of CPU of the whole relay a callback. */
async function costOf(subject: Subject, kind: Kind, who: CryptopayCredentials): Promise<number> {
  const { cpuMicros } = await load(subject, callbacksOf(kind, who, callbacks), isSuccess);
  return cpuMicros / callbacks;
}

/** A callback that is only set aside is answered 200 as well, and costs something else. */
async function mustBeAccepted(subject: Subject, kind: Kind, who: CryptopayCredentials): Promise<void> {
  const [callback] = callbacksOf(kind, who, 1);
  if (!callback) throw new Error("no callback was made");
  const { outcome, status } = await send(callback, subject.url);
  if (outcome !== "accepted") throw new Error(`${kind}: ${status} ${outcome ?? "without an outcome"}`);
}

const on = machineLine(machine(project));
await withSurroundings(project, { adjust: declare }, async (around, { who }) => {
  const subject = await startSubject("relay", around);
  const costs: Record<Kind, number[]> = { code: [], declared: [] };
  const ratios: number[] = [];
  try {
    await subject.hold();
    for (const kind of KINDS) await mustBeAccepted(subject, kind, who);
    for (let round = 0; round <= rounds; round += 1) {
      const cost = { code: 0, declared: 0 };
      for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
        cost[kind] = await costOf(subject, kind, who);
      }
      if (round === 0) continue;
      for (const kind of KINDS) costs[kind].push(cost[kind]);
      ratios.push(cost.declared / cost.code);
      console.log(`round ${round}: code ${cost.code.toFixed(0)} µs, declared ${cost.declared.toFixed(0)} µs`);
    }
  } finally {
    await subject.stop();
  }
  const range = (of: readonly number[], digits: number) =>
    `${Math.min(...of).toFixed(digits)} to ${Math.max(...of).toFixed(digits)}`;
  const ratio = median(ratios);
  const text = [
    on,
    markdownTable(
      ["", `median of ${rounds} rounds of ${callbacks} callbacks each`, "over the rounds"],
      [
        ...KINDS.map((kind) => [
          `${kind}, CPU a callback`,
          `${median(costs[kind]).toFixed(0)} µs`,
          `${range(costs[kind], 0)} µs`,
        ]),
        ["declared / code", ratio.toFixed(2), range(ratios, 2)],
      ],
    ),
  ].join("\n\n");
  console.log(`\n${text}`);
  if (values.write) writeSection(join(project, "docs/performance.md"), "declared", text);
  process.exitCode = ratio <= MOST ? 0 : 1;
});
