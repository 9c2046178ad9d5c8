/** All commands of `relay`, in the order of its help. */
import { addCheck } from "./check.ts";
import { addDeploy } from "./deploy.ts";
import { addDestinations } from "./destinations.ts";
import { addDiagnose } from "./diagnose.ts";
import { addEvents } from "./events.ts";
import { addForget } from "./forget.ts";
import { Frame } from "./frame.ts";
import type { Io } from "./io.ts";
import { addInit } from "./init.ts";
import { addOrders } from "./orders.ts";
import { addProvider } from "./provider.ts";
import { addSimulate } from "./simulate.ts";
import { addStandIns } from "./stand-ins.ts";
import { addTail } from "./tail.ts";

/** Runs one command line (`argv` without node and the program's name); answers the exit code. */
export async function relay(argv: readonly string[], io: Io): Promise<number> {
  const frame = new Frame(io);
  addInit(frame);
  addCheck(frame);
  addDeploy(frame);
  addEvents(frame);
  addOrders(frame);
  addForget(frame);
  addDestinations(frame);
  addDiagnose(frame);
  addProvider(frame);
  addTail(frame);
  addSimulate(frame);
  addStandIns(frame);
  return await frame.run(argv);
}
