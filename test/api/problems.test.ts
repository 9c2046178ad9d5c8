/** What is wrong with a request, and where: problem details (RFC 9457), each mistake in its place, nothing ignored. */
import { beforeEach, describe, expect, it } from "vitest";
import { call as callOperation } from "../../src/api/operations/call.ts";
import type { Context } from "../../src/api/operations/operation.ts";
import { getLedger } from "../../src/api/operations/ledger.ts";
import { pauseDestination } from "../../src/api/operations/destinations.ts";
import { listEvents } from "../../src/api/operations/events.ts";
import { configOf } from "../../src/config/load.ts";
import { InboxClient } from "../../src/inbox/client.ts";
import { shardOf } from "../../src/inbox/shard.ts";
import { MAX_API_BODY_BYTES } from "../../src/limits.ts";
import { acceptance, eventId } from "../support/events.ts";
import { secrets } from "../support/bindings.ts";
import { bindings, freshRelay, inboxOf, post } from "../support/worker.ts";

beforeEach(async () => {
  await freshRelay("2036-01-01T00:00:00.000Z");
});

interface Sent {
  readonly body?: string;
  readonly token?: string | null;
}

async function send(method: string, path: string, { body, token = secrets.ADMIN_TOKEN }: Sent = {}) {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return await post({ method, path, headers, ...(body === undefined ? {} : { body }) }, "192.0.2.77");
}

/** `query.limit`, `body`: the places that the problem names. */
async function placesOf(response: Response): Promise<string[]> {
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const { errors, detail } = await response.json<{
    errors: { in: string; path: string; message: string }[];
    detail: string;
  }>();
  const places = errors.map(({ in: place, path }) => (path === "" ? place : `${place}.${path}`));
  for (const place of places) expect(detail).toContain(`${place}: `);
  return places;
}

describe("a mistake is named in its place", () => {
  it.each([
    ["GET", "/api/events?limit=0", undefined, ["query.limit"]],
    ["GET", "/api/events?limit=1&limit=2", undefined, ["query.limit"]],
    ["GET", "/api/events?stat=dead", undefined, ["query.stat"]],
    ["GET", "/api/ledger?verbose=1", undefined, ["query.verbose"]],
    ["GET", "/api/events?state=dead,lost", undefined, ["query.state.1"]],
    ["GET", "/api/events?type=payment", undefined, ["query.type.0"]],
    ["GET", "/api/events?source=ipay", undefined, ["query.source.0"]],
    ["GET", "/api/events?from=2036-01-02T00:00:00Z&to=2036-01-01T00:00:00Z", undefined, ["query.to"]],
    ["GET", "/api/events?cursor=bm90aGluZw", undefined, ["query.cursor"]],
    ["GET", "/api/audit?cursor=bm90aGluZw", undefined, ["query.cursor"]],
    ["GET", "/api/events/evt_1", undefined, ["path.id"]],
    ["GET", "/api/payments/4711", undefined, ["path.id"]],
    ["POST", `/api/events/${eventId("e")}/replay`, '{"as":"payment"}', ["body.as"]],
    ["POST", "/api/events/1/replay", '{"how":"fast"}', ["path.id", "body.how"]],
    ["POST", "/api/replays", "{not json", ["body"]],
    ["POST", "/api/replays", '{"per_second":0}', ["body.from", "body.per_second"]],
    ["POST", "/api/dismissals", '{"reason":"","state":["dead","lost"]}', ["body.state", "body.reason"]],
    ["POST", "/api/dismissals", '{"reason":"r","source":"ipay/typo"}', ["body.source"]],
  ])("%s %s %s", async (method, path, body, places) => {
    const response = await send(method, path, body === undefined ? {} : { body });
    expect(await placesOf(response)).toEqual(places);
  });

  it("a body that is too large is not read", async () => {
    const body = JSON.stringify({ reason: "x".repeat(MAX_API_BODY_BYTES) });
    const response = await send("POST", "/api/dismissals", { body });
    expect([response.status, await response.json()]).toEqual([413, expect.objectContaining({ status: 413 })]);
  });
});

describe("an address or a method that is not there", () => {
  it("is said to an operator, with what may be done, and to nobody else", async () => {
    const wrong = await send("DELETE", "/api/events");
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"]);
    expect((await send("GET", "/api/nothing")).status).toBe(404);
    expect((await send("DELETE", "/api/events", { token: null })).status).toBe(401);
    expect((await send("GET", "/api/nothing", { token: null })).status).toBe(401);
  });
});

describe("filters", () => {
  const accept = async (payment: string) => {
    const input = acceptance({ payment, event: payment });
    await inboxOf(await shardOf(input.event.data.payment_id, 8)).accept(input);
  };
  const found = async (query: string) =>
    (await (await send("GET", `/api/events?${query}`)).json<{ events: unknown[] }>()).events.length;

  it("that are lists find any of them, and patterns the whole family", async () => {
    await accept("p1");
    await accept("p2");
    for (const query of [
      "source=ipay/broker-eu,cryptopay/broker-eu",
      "source=cryptopay/broker-eu&source=ipay/broker-eu",
      "source=ipay/*",
      "type=payment.*",
      "type=payout.confirmed,payment.confirmed",
      "state=dead,pending,delivered",
      "destination=erp,crm",
    ])
      expect([query, await found(query)]).toEqual([query, 2]);
    for (const query of ["source=cryptopay/*", "type=payout.*", "state=dead,parked", "destination=erp"])
      expect([query, await found(query)]).toEqual([query, 0]);
  });
});

describe("an operation called in process", () => {
  const { config } = configOf(bindings);
  const contextOf = (role: "read" | "operate"): Context => ({
    env: bindings,
    config,
    inbox: new InboxClient(bindings, config),
    operator: { name: "ann", role },
  });

  it("is validated and answered as over HTTP", async () => {
    const ledger = await callOperation(getLedger, contextOf("read"));
    expect(ledger).toMatchObject({ ok: true, status: 200, view: { remainder: {} } });
    const wrong = await callOperation(listEvents, contextOf("read"), { query: { limit: 0 } });
    expect(wrong).toMatchObject({ ok: false, status: 400, problem: { errors: [{ path: "limit" }] } });
  });

  it("gives no order for an operator who may read only", async () => {
    const input = { params: { name: "crm" } };
    expect(await callOperation(pauseDestination, contextOf("read"), input)).toMatchObject({ status: 403 });
    expect(await callOperation(pauseDestination, contextOf("operate"), input)).toMatchObject({
      view: { paused: "by an operator" },
    });
  });
});
