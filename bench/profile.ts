/**
 * `npm run profile`: where the CPU time of an accepted, a delivered and a forged callback goes
 * (docs/performance.md#where-the-time-goes). The Worker and its objects share one isolate here, so one
 * profile has both; work of the runtime outside JavaScript is in no frame and not counted.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../tools/lib/ports.ts";
import { readArgs } from "../tools/lib/text.ts";
import { writeSection } from "./lib/documents.ts";
import { withSurroundings } from "./lib/surroundings.ts";
import { profileWhile } from "./lib/inspector.ts";
import { fresh, isRefusal, isSuccess, load, untilArrived, warmUp, warmUpHeld } from "./lib/load.ts";
import { machine, machineLine } from "./lib/machine.ts";
import { markdownTable } from "./lib/markdown.ts";
import { type Share, sharesOf, sourcesOf } from "./lib/profile.ts";
import { startSubject } from "./lib/subjects.ts";

const USAGE = `Usage: npm run profile -- [options]

  --write   write the tables into docs/performance.md`;

const EVENTS = 4_000;
const ROWS = 24;
const WORKER = "psp-relay";

const project = join(import.meta.dirname, "..");
const { values } = readArgs(USAGE, { options: { write: { type: "boolean", default: false } } });
await withSurroundings(project, {}, async (around, ends) => {
  const { crm, who } = ends;
  const sources = sourcesOf(readFileSync(join(around.relayBundle, "index.js"), "utf8"));
  const bench = { ...ends, quick: false };
  const parts = [machineLine(machine(project))];
  for (const title of ["Accepted", "Accepted and delivered", "Forged"] as const) {
    const inspectorPort = await freePort();
    const subject = await startSubject("relay", around, {}, inspectorPort);
    const isDelivered = title === "Accepted and delivered";
    const forger = { ...who, secret: "whsec_guessed" };
    try {
      await (isDelivered ? warmUp : warmUpHeld)(subject, bench);
      crm.forget();
      const send = async () =>
        await (title === "Forged"
          ? load(subject, fresh(forger, EVENTS), isRefusal)
          : load(subject, fresh(who, EVENTS), isSuccess));
      const work = isDelivered ? async () => await untilArrived(subject, bench, EVENTS, send) : send;
      const profile = await profileWhile(inspectorPort, WORKER, work);
      parts.push(`### ${title}`, table(sharesOf(profile, sources)));
    } finally {
      await subject.stop();
    }
  }
  const text = parts.join("\n\n");
  console.log(text);
  if (values.write) writeSection(join(project, "docs/performance.md"), "profile", text);
});

function table(shares: readonly Share[]): string {
  const rest = shares.slice(ROWS).reduce((sum, { share }) => sum + share, 0);
  const rows = [...shares.slice(0, ROWS), { where: "all else", share: rest }];
  return markdownTable(
    ["where", "of the busy time"],
    rows.map(({ where, share }) => [where, `${(share * 100).toFixed(1)} %`]),
  );
}
