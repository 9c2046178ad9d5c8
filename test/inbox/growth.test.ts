/** More shards than before: what the old ones know stays where it is, and nothing is accepted twice. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { InboxClient } from "../../src/inbox/client.ts";
import { admitShards, SHARD_REGISTRY, shardOf } from "../../src/inbox/shard.ts";
import { configFrom } from "../support/config.ts";
import { relay } from "../support/bindings.ts";
import { acceptance, paymentId, type Stated } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { bindings, freshRelay, inboxOf, type Outside } from "../support/worker.ts";

const OLD = 8;
const NEW = 16;

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

function envOf(shards: number, before?: number) {
  const RELAY = { ...relay, inbox_shards: shards, ...(before ? { inbox_shards_before: before } : {}) };
  return { ...bindings, RELAY: JSON.stringify(RELAY) };
}

/** The Worker's side after a deployment with these numbers. */
function clientOf(shards: number, before?: number): InboxClient {
  const env = envOf(shards, before);
  return new InboxClient(env, configFrom(env));
}

/** Gives an object the configuration of a deployment. */
async function deployTo(name: string, env: object): Promise<void> {
  await inboxOf(name).destinations();
  await evictDurableObject(inboxOf(name));
  await runInDurableObject(inboxOf(name), (instance) => {
    Object.defineProperty(instance, "env", { value: env });
  });
}

/** The old and the new home of a payment, both with the new configuration. */
async function grow(payment: string, before: number | undefined): Promise<{ old: string; home: string }> {
  const [old, home] = await Promise.all([shardOf(paymentId(payment), OLD), shardOf(paymentId(payment), NEW)]);
  await deployTo(old, envOf(NEW, before));
  await deployTo(home, envOf(NEW, before));
  return { old, home };
}

const sum = async (client: InboxClient) =>
  (await client.all(async (shard) => (await shard.list({}, null, 100)).events.length)).reduce(
    (a, b) => a + b,
    0,
  );

describe("an installation with more shards than before", () => {
  const accept = (client: InboxClient, stated: Stated) => client.accept(acceptance(stated));

  it("goes on in the old home with a payment that it knows, and begins new ones in the new home", async () => {
    await accept(clientOf(OLD), { event: "e1", payment: "known", status: "pending" });
    const { old } = await grow("known", OLD);
    const { home } = await grow("fresh", OLD);
    const grown = clientOf(NEW, OLD);
    expect(await accept(grown, { event: "e1", payment: "known", status: "pending" })).toMatchObject({
      outcome: "duplicate",
    });
    expect(await accept(grown, { event: "e2", payment: "known" })).toMatchObject({ outcome: "accepted" });
    expect(await accept(grown, { event: "f1", payment: "fresh" })).toMatchObject({ outcome: "accepted" });
    expect((await inboxOf(old).list({}, null, 10)).events).toHaveLength(2);
    expect((await inboxOf(home).list({}, null, 10)).events).toHaveLength(1);
    const timeline = await grown.timeline(paymentId("known"));
    expect(timeline.map(({ event }) => event?.data.sequence)).toEqual([1, 2]);
    expect(await sum(grown)).toBe(3);
  });

  it("is refused unless it says how many there were: nothing is accepted anew", async () => {
    await accept(clientOf(OLD), { event: "e1", payment: "known" });
    await grow("known", undefined);
    await expect(accept(clientOf(NEW), { event: "e1", payment: "known" })).rejects.toThrow(
      "inbox_shards_before",
    );
    expect(outside.lines("alert").map(({ about }) => about)).toContain("shards_changed");
  });

  it("has no new payment begun in an old home by a Worker that does not know of it yet", async () => {
    await accept(clientOf(OLD), { event: "e1", payment: "known" });
    await grow("late", OLD);
    await expect(accept(clientOf(OLD), { event: "l1", payment: "late" })).rejects.toThrow("16 shards now");
  });

  it("knows in the new home what a name was reserved for in the old one", async () => {
    const reservation = { key: "token", owner: "order", taken: "token_reused" as const };
    expect(await clientOf(OLD).reserve(reservation, "bytes")).toBe("order");
    expect(await clientOf(NEW, OLD).reserve({ ...reservation, owner: "another" }, "other bytes")).toBe(
      "order",
    );
  });
});

/** The old homes had registered long ago and asked nobody: they accepted anew what newer ones had begun. */
describe("an installation that goes back to fewer shards", () => {
  const accept = (client: InboxClient, stated: Stated) => client.accept(acceptance(stated));
  const known = { event: "e1", payment: "known" };
  const fresh = { event: "f1", payment: "fresh" };
  const token = { key: "token", owner: "order", taken: "token_reused" as const };

  /** A payment begun before it grew and one begun after; then the old number of shards is deployed again. */
  async function goBack(before: number | undefined): Promise<InboxClient> {
    await accept(clientOf(OLD), known);
    const homes = [await grow("known", OLD), await grow("fresh", OLD)];
    const grown = clientOf(NEW, OLD);
    await accept(grown, fresh);
    await grown.reserve(token, "bytes");
    for (const { old, home } of homes) {
      await deployTo(old, envOf(OLD, before));
      await deployTo(home, envOf(OLD, before));
    }
    return clientOf(OLD, before);
  }

  it("is refused what a newer home may know, and goes on with what began in the old one", async () => {
    const client = await goBack(undefined);
    await expect(accept(client, fresh)).rejects.toThrow("inbox_shards was 16");
    await expect(accept(client, { event: "n1", payment: "fresh" })).rejects.toThrow("inbox_shards was 16");
    expect(outside.lines("alert").map(({ about }) => about)).toContain("shards_changed");
    await expect(client.reserve({ ...token, owner: "another" }, "other bytes")).rejects.toThrow(
      "inbox_shards was 16",
    );
    expect(await accept(client, known)).toMatchObject({ outcome: "duplicate" });
  });

  it("that says so asks the newer homes first, and nothing is accepted twice", async () => {
    const client = await goBack(NEW);
    expect(await accept(client, fresh)).toMatchObject({ outcome: "duplicate" });
    expect(await accept(client, known)).toMatchObject({ outcome: "duplicate" });
    expect(await client.reserve({ ...token, owner: "another" }, "other bytes")).toBe("order");
    const home = await shardOf(paymentId("fresh"), OLD);
    const other = await paymentOfHome(home);
    expect(await accept(client, { event: "n1", payment: other })).toMatchObject({ outcome: "accepted" });
    // Once what the newer homes knew has been forgotten, they need not be asked any more.
    await deployTo(home, envOf(OLD));
    const after = await paymentOfHome(home, other);
    expect(await accept(clientOf(OLD), { event: "n2", payment: after })).toMatchObject({
      outcome: "accepted",
    });
  });

  /** The name of another payment that has its home there. */
  async function paymentOfHome(home: string, not = "fresh"): Promise<string> {
    for (let i = 0; ; i += 1)
      if (`p${i}` !== not && (await shardOf(paymentId(`p${i}`), OLD)) === home) return `p${i}`;
  }
});

describe("the registry of the number of shards", () => {
  it("takes the first number, and another one only from whoever names the one before", () => {
    const eight = admitShards(null, { shards: 8, before: null });
    expect(eight).toEqual({ shards: 8, before: [] });
    expect(admitShards(eight, { shards: 8, before: null })).toEqual(eight);
    expect(admitShards(eight, { shards: 16, before: null })).toBeNull();
    expect(admitShards(eight, { shards: 16, before: 4 })).toBeNull();
    const sixteen = admitShards(eight, { shards: 16, before: 8 });
    expect(sixteen).toEqual({ shards: 16, before: [8] });
    expect(admitShards(sixteen, { shards: 8, before: null })).toEqual(sixteen);
  });

  it("is asked once by each shard", async () => {
    await clientOf(OLD).accept(acceptance({ payment: "p" }));
    const home = await shardOf(paymentId("p"), OLD);
    const marker = await runInDurableObject(
      inboxOf(home),
      (_, state) => state.storage.sql.exec<{ value: string }>("SELECT value FROM marker").one().value,
    );
    expect(marker).toBe("8");
    expect(await inboxOf(SHARD_REGISTRY).registerShard(32, null)).toBeNull();
  });
});
