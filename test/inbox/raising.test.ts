/**
 * Alerts that a Worker notices. They were in the log alone: nobody's pager heard that every key of a destination had
 * expired, or that a provider's new address was refused.
 */
import { beforeEach, expect, it, vi } from "vitest";
import type { AlertName } from "../../src/alert.ts";
import { configOf } from "../../src/config/load.ts";
import { InboxClient } from "../../src/inbox/client.ts";
import type { Reference } from "../../src/inbox/protocol.ts";
import { raise, raiseOnce } from "../../src/inbox/raising.ts";
import { ALERT_REPEAT_MS } from "../../src/limits.ts";
import { activity } from "../support/activity.ts";
import { changedEnv, deploy } from "../support/deploy.ts";
import { interceptQueue } from "../support/queue.ts";
import { bindings, freshRelay, inboxOf, shards, type Outside } from "../support/worker.ts";

let outside: Outside;
let sent: Reference[];

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  sent = interceptQueue();
});

const inbox = () => new InboxClient(bindings, configOf(bindings).config);
const said = () => outside.lines("alert").map(({ about }) => about);
const incidents = async () => (await activity().incidents()).map(({ about, count }) => [about, count]);

it("is owed to each channel, and an incident", async () => {
  await deploy(
    "8/0",
    changedEnv({
      alert_channels: { office: { kind: "email", from: "a@example.com", to: ["b@example.com"] } },
    }),
  );
  await raise(inbox(), "no_live_key", { destination: "crm" });
  await vi.waitFor(() => expect(sent.map(({ destination }) => destination)).toEqual(["@alerts.office"]));
  await vi.waitFor(async () => expect(await incidents()).toEqual([["no_live_key", 1]]));
  expect(said()).toEqual(["no_live_key"]);
});

it("is told to a shard once in a quarter of an hour by an isolate, and to the log each time", async () => {
  const tell = async (about: AlertName) => await raiseOnce(inbox(), about, { destination: "of-this-test" });
  for (let n = 0; n < 3; n += 1) await tell("no_live_key");
  await vi.waitFor(async () => expect(await incidents()).toEqual([["no_live_key", 1]]));
  expect(said()).toHaveLength(3);
  vi.setSystemTime(Date.now() + ALERT_REPEAT_MS);
  await tell("no_live_key");
  await vi.waitFor(async () => expect(await incidents()).toEqual([["no_live_key", 2]]));
});

it("goes to another shard where the first does not answer, and to the log where none does", async () => {
  const asked: string[] = [];
  const away = (names: readonly string[]) => {
    const getByName = (name: string) => {
      asked.push(name);
      if (names.includes(name)) throw new Error("the shard is away");
      return inboxOf(name);
    };
    return new InboxClient({ INBOX: { getByName } }, configOf(bindings).config);
  };
  await raise(away(["8/0"]), "no_live_key", { destination: "crm" });
  expect(asked).toEqual(["8/0", "8/1"]);
  await vi.waitFor(async () => expect(await incidents()).toEqual([["no_live_key", 1]]));
  await raise(away(shards), "no_live_key", { destination: "crm" });
  expect(said()).toEqual(["no_live_key", "no_live_key"]);
  expect(await incidents()).toEqual([["no_live_key", 1]]);
});
