/** The messages of alerts, through the queue's consumer: what one shard has said, another does not say again. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { beforeEach, expect, it, vi } from "vitest";
import { loadConfig } from "../../src/config/schema.ts";
import { consume } from "../../src/delivery/consumer.ts";
import type { Reference } from "../../src/inbox/protocol.ts";
import { activity } from "../support/activity.ts";
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

it("each channel is told of its severities, owed until it has taken it, and told that it is over", async () => {
  const sent: Reference[] = interceptQueue();
  const team = { kind: "slack", secrets: ["TEAM_URL"] };
  const pager = { kind: "pagerduty", secrets: ["PAGER_KEY"], severities: ["critical"] };
  const quiet = { kind: "telegram", secrets: ["BOT_TOKEN"], chat: "1", severities: ["warning"] };
  const env = {
    ...changedEnv({ alert_channels: { team, pager, quiet } }),
    TEAM_URL: "https://hooks.slack.test/hidden",
    PAGER_KEY: "k".repeat(32),
    BOT_TOKEN: "123:hidden",
  };
  await deploy("8/0", env);
  const requests: { host: string; body: Record<string, unknown> }[] = [];
  let status = 503;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
    const request = input as Request;
    requests.push({ host: new URL(request.url).host, body: await request.json() });
    return new Response("answer", { status });
  });
  const { config } = loadConfig(env);
  /** Has the consumer attempt everything that was handed over. */
  const consumed = async (references: readonly Reference[]): Promise<void> => {
    const messages = references.map((body, i) => ({
      id: String(i),
      body,
      attempts: 1,
      ack: () => undefined,
      retry: () => undefined,
    }));
    const reprocess = () => Promise.reject(new Error("nothing is verified here"));
    await consume(messages, { env, config, reprocess });
  };
  /** The same as often as the schedule and the channels' rate make it wait; each is sent to once. */
  const sentTo = async (references: readonly Reference[]): Promise<string[]> => {
    requests.length = 0;
    await vi.waitFor(
      async () => {
        vi.setSystemTime(Date.now() + 1_000);
        await consumed(references);
        expect(requests.length).toBeGreaterThanOrEqual(references.length);
      },
      { interval: 1, timeout: 20_000 },
    );
    return requests.map(({ host }) => host).toSorted();
  };
  /** The channels' rate makes a reference wait for the alarm. */
  const handedOver = async (count: number) => {
    await vi.waitFor(
      async () => {
        vi.setSystemTime(Date.now() + 1_000);
        await runDurableObjectAlarm(inboxOf("8/0"));
        expect(sent.length).toBeGreaterThanOrEqual(count);
      },
      { interval: 1, timeout: 20_000 },
    );
    return sent.splice(0);
  };

  await inboxOf("8/0").raise("destination_gone", { destination: "crm" });
  const begun = await handedOver(2);
  expect(begun.map(({ destination }) => destination).toSorted()).toEqual(["@alerts.pager", "@alerts.team"]);
  expect(await sentTo(begun)).toEqual(["events.pagerduty.com", "hooks.slack.test"]);
  const owed = await inboxOf("8/0").ledger();
  expect(owed.counts.destinations).toMatchObject({
    "@alerts.team": { pending: 1 },
    "@alerts.pager": { pending: 1 },
  });

  status = 200;
  expect(await sentTo(begun)).toEqual(["events.pagerduty.com", "hooks.slack.test"]);
  const trigger = requests.find(({ host }) => host === "events.pagerduty.com")?.body;
  expect(trigger).toMatchObject({ event_action: "trigger", payload: { severity: "critical" } });

  // Of no severity that the pager is configured for, but for what it ends.
  const [over] = await activity().endWhatIsOver([], Date.now());
  expect(over).toMatchObject({ about: "destination_gone" });
  await inboxOf("8/0").raise("resolved", { was: "destination_gone", destination: "crm" });
  expect(await sentTo(await handedOver(2))).toEqual(["events.pagerduty.com", "hooks.slack.test"]);
  const resolve = requests.find(({ host }) => host === "events.pagerduty.com")?.body;
  expect(resolve).toEqual({
    routing_key: env.PAGER_KEY,
    event_action: "resolve",
    dedup_key: trigger?.dedup_key,
  });
  expect(outside.logged.join()).not.toMatch(/hidden|kkkk/);
});

it("a channel that cannot be reached is told of by the others", async () => {
  const sent: Reference[] = interceptQueue();
  const slack = (name: string) => ({ kind: "slack", secrets: [name] });
  const env = {
    ...changedEnv({ alert_channels: { a: slack("A_URL"), b: slack("B_URL") } }),
    A_URL: "https://hooks.slack.test/a",
    B_URL: "https://hooks.slack.test/b",
  };
  await deploy("8/0", env);
  await inboxOf("8/0").pause("@alerts.a", "gone");
  await vi.waitFor(() => expect(sent.map(({ destination }) => destination)).toEqual(["@alerts.b"]));
});
