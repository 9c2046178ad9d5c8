/** The messages of alerts, through the queue's consumer: what one shard has said, another does not say again. */
import { beforeEach, expect, it, vi } from "vitest";
import { loadConfig } from "../../src/config/schema.ts";
import { consume } from "../../src/delivery/consumer.ts";
import type { Reference } from "../../src/inbox/protocol.ts";
import { changedEnv, deploy } from "../support/deploy.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay, inboxOf, type Outside } from "../support/worker.ts";

let outside: Outside;
const alerts = { url: "http://crm.test/alerts", secrets: ["CRM_SIGNING_SECRET"] };

beforeEach(async () => {
  outside = await freshRelay("2036-03-01T00:00:00.000Z");
});

it("a receiver that is gone is told once, whichever shards have noticed it, and nothing stays owed", async () => {
  const sent: Reference[] = interceptQueue();
  const env = changedEnv({ alerts, destinations: { elsewhere: {} } });
  for (const shard of ["8/0", "8/1", "8/2"]) {
    await deploy(shard, env);
    await inboxOf(shard).pause("elsewhere", "gone");
  }
  await vi.waitFor(() => expect(sent).toHaveLength(3));
  const acknowledged: string[] = [];
  const messages = sent.map((body, i) => ({
    id: String(i),
    body,
    attempts: 1,
    ack: () => void acknowledged.push(String(i)),
    retry: () => undefined,
  }));
  const { config } = loadConfig({ ...env });
  const reprocess = () => Promise.reject(new Error("nothing is verified here"));
  await consume(messages, { env, config, reprocess });
  expect(acknowledged.toSorted()).toEqual(["0", "1", "2"]);
  expect(outside.delivered.map(({ url }) => url)).toEqual(["http://crm.test/alerts"]);
  expect(JSON.parse(outside.delivered[0]?.body ?? "{}")).toMatchObject({
    about: "destination_gone",
    destination: "elsewhere",
    severity: "critical",
    environment: "development",
  });
  for (const shard of ["8/0", "8/1", "8/2"])
    expect(await inboxOf(shard).lease(sent.filter((one) => one.shard === shard))).toEqual([{ kind: "done" }]);
});
