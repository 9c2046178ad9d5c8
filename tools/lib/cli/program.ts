/** All commands of `relay`, in the order of its help. */
import { addDestinations } from "./destinations.ts";
import { addDiagnose } from "./diagnose.ts";
import { addEvents } from "./events.ts";
import { addForget } from "./forget.ts";
import { Frame } from "./frame.ts";
import type { Io } from "./io.ts";
import { addOrders } from "./orders.ts";
import { addSimulate } from "./simulate.ts";
import { addStandIns } from "./stand-ins.ts";

/** Runs one command line (`argv` without node and the program's name); answers the exit code. */
export async function relay(argv: readonly string[], io: Io): Promise<number> {
  const frame = new Frame(io);
  addEvents(frame);
  addOrders(frame);
  addForget(frame);
  addDestinations(frame);
  addDiagnose(frame);
  addSimulate(frame);
  addStandIns(frame);
  return await frame.run(argv);
}
