/** Alerts that a Worker notices: told by way of a shard, whose log, channels and incidents they are in then. */
import type { AlertName } from "../alert.ts";
import { alert, fault, type LogFields } from "../log.ts";
import { AlertGate } from "./alerts.ts";
import type { InboxClient } from "./client.ts";

/** By the first shard that takes it, so that the same one knows what was said already; by the log where none does. */
export async function raise(inbox: InboxClient, about: AlertName, fields: LogFields): Promise<void> {
  for (const name of inbox.shardNames) {
    try {
      await inbox.ask(name, async (shard) => {
        await shard.raise(about, fields);
      });
      return;
    } catch (error) {
      fault("raise", error, { shard: name });
    }
  }
  alert(about, fields);
}

/** What this isolate has told of lately. */
const told = new AlertGate();

/**
 * The same for what any isolate may notice, as often as a stranger has it: an isolate tells a shard once in a quarter
 * of an hour, and the log each time. Never rejects.
 */
export async function raiseOnce(inbox: InboxClient, about: AlertName, fields: LogFields): Promise<void> {
  if (told.admit(about, fields, Date.now()) === null) alert(about, fields);
  else await raise(inbox, about, fields);
}
