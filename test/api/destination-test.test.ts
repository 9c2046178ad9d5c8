/** A test event: signed like any other, and nothing in it that a receiver could credit. */
import { beforeEach, describe, expect, it } from "vitest";
import { Webhook } from "standardwebhooks";
import type { TestedDestination } from "../../src/api/operations/destination-test.ts";
import { paymentEvent } from "../../src/event.ts";
import { get, listed, order } from "../support/api.ts";
import { changedEnv } from "../support/deploy.ts";
import { secrets } from "../support/bindings.ts";
import { Visitor } from "../support/console.ts";
import { freshRelay, type Outside } from "../support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay(new Date().toISOString());
});

const test = async (name = "crm") => {
  const { status, body } = await order(`/api/destinations/${name}/test`);
  return { status, tested: body as unknown as TestedDestination };
};

describe("a test event", () => {
  it("is signed, is an event by the published schema, and says nothing that could be credited", async () => {
    const { tested } = await test();
    expect(tested).toMatchObject({ name: "crm", delivered: true, status: 200, answer: "ok", error: null });
    const [sent] = outside.delivered;
    const headers = Object.fromEntries(sent?.headers ?? []);
    new Webhook(secrets.CRM_SIGNING_SECRET).verify(sent?.body ?? "", headers);
    const event = paymentEvent.parse(JSON.parse(sent?.body ?? ""));
    expect(event.id).toBe(tested.event);
    expect(headers).toMatchObject({ "webhook-id": tested.event, "relay-attempt": "1" });
    expect(event).toMatchObject({
      type: "relay.test",
      livemode: false,
      data: { status: null, amount: null, merchant_reference: null, warnings: ["test_event"] },
    });
  });

  it("is owed to nobody, kept nowhere and counted in no ledger; the audit names who sent it", async () => {
    const { tested } = await test();
    expect(await listed()).toEqual([]);
    expect((await get("/api/ledger")).destinations).toEqual({});
    expect((await get("/api/audit")).audit).toMatchObject([
      { actor: "admin", action: "test_event", detail: JSON.stringify({ name: "crm", event: tested.event }) },
    ]);
  });

  it("has ids of its own each time", async () => {
    const [one, other] = [await test(), await test()];
    expect(one.tested.event).not.toBe(other.tested.event);
  });

  it("that is not taken is told with the answer, and pauses nothing", async () => {
    outside.crm = () => new Response("gone for good", { status: 410 });
    const { status, tested } = await test();
    expect(status).toBe(200);
    expect(tested).toMatchObject({ delivered: false, status: 410, answer: "gone for good" });
    expect((await get("/api/destinations")).destinations).toMatchObject([{ paused: null }]);
  });

  it("is sent to a destination that is paused as well", async () => {
    await order("/api/destinations/crm/pause", { why: "not yet connected" });
    expect((await test()).tested.delivered).toBe(true);
  });

  it("is not sent unsigned, nor to a destination with a problem, nor to one that there is not", async () => {
    const expired = { secrets: [{ name: "CRM_SIGNING_SECRET", not_after: "2020-01-01T00:00:00Z" }] };
    const path = "/api/destinations/crm/test";
    expect((await order(path, undefined, changedEnv({ destinations: { crm: expired } }))).body).toMatchObject(
      {
        delivered: false,
        error: "no_live_key",
        status: null,
      },
    );
    const broken = changedEnv({ destinations: { crm: { secrets: ["NOT_SET"] } } });
    expect((await order(path, undefined, broken)).status).toBe(409);
    expect((await test("nobody")).status).toBe(404);
    expect((await test("@alerts.team")).status).toBe(404);
    expect(outside.delivered).toEqual([]);
  });
});

describe("on the page of destinations", () => {
  it("a test event is offered, and what came of it is said as text", async () => {
    const visitor = await Visitor.signIn();
    expect(await visitor.page("/destinations")).toContain("Send a test event…");
    outside.crm = () => new Response(`"><x-planted>`, { status: 500 });
    const html = await (await visitor.order("/destinations/crm/test")).text();
    expect(html).toContain("The test event was not taken: it answered 500, “&quot;&gt;&lt;x-planted&gt;”.");
    outside.crm = () => new Response("ok");
    expect(await (await visitor.order("/destinations/crm/test")).text()).toContain("was taken: 200, after");
  });

  it("keys in force are shown by their names, and the line that rotates them", async () => {
    const html = await (await Visitor.signIn()).page("/destinations");
    expect(html).toContain("secrets = [&quot;NEW_SIGNING_SECRET&quot;, ");
    expect(html).toContain("HMAC, signs");
    expect(html).not.toContain(secrets.CRM_SIGNING_SECRET);
    const old = { secrets: [{ name: "CRM_SIGNING_SECRET", not_after: "2020-01-01T00:00:00Z" }] };
    const operator = await Visitor.signIn(secrets.ADMIN_TOKEN, changedEnv({ destinations: { crm: old } }));
    expect(await operator.page("/destinations")).toContain("HMAC, expired");
  });

  it("limits, what is in flight and the types that are wanted are shown", async () => {
    const crm = { max_per_second: 20, max_in_flight: 4, types: ["payment.*"] };
    const operator = await Visitor.signIn(secrets.ADMIN_TOKEN, changedEnv({ destinations: { crm } }));
    const html = await operator.page("/destinations");
    for (const text of ["0 of at most 4", "at most 20 a second", "payment.*"]) expect(html).toContain(text);
  });
});
