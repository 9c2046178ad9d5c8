/** `traceparent` and `tracestate`: handed from the callback to every attempt of its event, over failures, deferral and a new life of the object. */
import { beforeEach, expect, it, vi } from "vitest";
import golden from "../cases/golden-events.json";
import { secrets } from "../support/bindings.ts";
import { post } from "../support/worker.ts";
import { evictAll, openRelay, type Relay } from "./relay.ts";

const FORM = golden.tokenpayments.data.raw.body.replace("[redacted]", "tkn9f2c0001");
const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE";
let relay: Relay;

beforeEach(async () => {
  relay = await openRelay("made");
  relay.outside.verifier = { status: 200, body: '{"valid":true}' };
});

const callback = async (traceparent: string | null, tracestate: string | null = STATE) =>
  await post({
    method: "POST",
    path: "/in/tokenpayments/broker-eu",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      ...(traceparent === null ? {} : { traceparent }),
      ...(tracestate === null ? {} : { tracestate }),
    },
    body: FORM,
  });
const traces = () =>
  relay.outside.delivered.map(({ headers }) => [headers.get("traceparent"), headers.get("tracestate")]);
const WHOLE = [TRACE, STATE];

it("goes along with the first attempt, with a retry of another life of the object, and with a replay", async () => {
  relay.crm = () => new Response(null, { status: 503 });
  const eventId = (await callback(TRACE)).headers.get("relay-event-id") ?? "";
  await vi.waitFor(() => expect(traces()).toEqual([WHOLE]));
  await evictAll();
  relay.crm = () => new Response("ok");
  await relay.untilSettled();
  expect(traces()).toEqual([WHOLE, WHOLE]);
  const headers = { authorization: `Bearer ${secrets.ADMIN_TOKEN}` };
  expect((await post({ method: "POST", path: `/api/events/${eventId}/replay`, headers })).status).toBe(202);
  await relay.untilSettled();
  expect(traces()).toEqual([WHOLE, WHOLE, WHOLE]);
});

it("is not lost while the callback is deferred", async () => {
  relay.outside.verifier = { status: 503 };
  expect((await callback(TRACE)).headers.get("relay-outcome")).toBe("deferred");
  relay.outside.verifier = { status: 200, body: '{"valid":true}' };
  await relay.untilSettled();
  expect(traces()).toEqual([WHOLE]);
});

it("goes along without a tracestate where there is none that can be read", async () => {
  await callback(TRACE, "rojo");
  await relay.untilSettled();
  expect(traces()).toEqual([[TRACE, null]]);
});

it.each([null, "00-not-a-trace-01", `${TRACE}, ${TRACE}`])(
  "of %j is none, and none is made up",
  async (sent) => {
    expect((await callback(sent)).headers.get("relay-outcome")).toBe("accepted");
    await relay.untilSettled();
    expect(traces()).toEqual([[null, null]]);
  },
);
