/**
 * `npm run scale`: what an operation takes in a shard that has little, much and very much in it
 * (docs/scale.md). The database is filled directly, with copies of events that the relay itself wrote.
 */
import { join } from "node:path";
import { giveUp, readArgs } from "../tools/lib/text.ts";
import { writeSection } from "./lib/documents.ts";
import { machine, machineLine } from "./lib/machine.ts";
import { measureOperations } from "./lib/scale-operations.ts";
import { type Column, scaleReport } from "./lib/scale-report.ts";
import { inSurroundings, type Size, startFilled } from "./lib/scale-subject.ts";

const USAGE = `Usage: npm run scale -- [options]

  --quick  a tenth of the events: whether it runs, and which way the figures go
  --json   the figures as JSON, nothing else
  --write  write the table into docs/scale.md`;

const project = join(import.meta.dirname, "..");
const { values } = readArgs(USAGE, {
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
if (values.write && values.quick) giveUp("--write is for a whole run: without --quick");

const unit = values.quick ? 10_000 : 100_000;
const sizes: readonly Size[] = [
  { delivered: 0, owed: 0 },
  { delivered: unit, owed: 0 },
  { delivered: unit, owed: unit },
  { delivered: 10 * unit, owed: unit },
];

const say = values.json ? (line: string) => void process.stderr.write(`${line}\n`) : console.log;
const on = machine(project);
say(machineLine(on));
await inSurroundings(project, async (around) => {
  const columns: Column[] = [];
  for (const size of sizes) {
    const filled = await startFilled(around, size);
    try {
      say(`${filled.events} events, ${size.owed} owed, ${Math.round(filled.bytes / 1e6)} MB`);
      const operations = await measureOperations(filled, around, size.owed);
      for (const { name, ms, rowsRead, rowsWritten } of operations) {
        say(`  ${name}: ${ms.toFixed(1)} ms, ${rowsRead} rows read, ${rowsWritten} written`);
      }
      columns.push({ size, bytes: filled.bytes, operations });
    } finally {
      await filled.host.stop();
    }
  }
  const report = scaleReport(on, columns);
  console.log(values.json ? JSON.stringify({ machine: on, columns }, null, 2) : `\n${report}`);
  if (values.write) writeSection(join(project, "docs/scale.md"), "scale", report);
});
