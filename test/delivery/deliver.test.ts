/** One attempt: what is sent, and that nothing a receiver does is anything but an outcome. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Destination } from "../../src/config/schema.ts";
import { deliver, type Delivered, type Delivery } from "../../src/delivery/deliver.ts";
import type { Attempt, Outcome } from "../../src/inbox/protocol.ts";
import { MAX_RESPONSE_EXCERPT_BYTES } from "../../src/limits.ts";

const EVENT = "evt_65000000000000000000000000000000";
const NOW = Date.parse("2026-09-21T14:13:25.123Z");
const CRM: Destination = {
  name: "crm",
  url: new URL("https://crm.test/webhooks?tenant=1"),
  secrets: [{ id: "s", value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }],
  signingKeys: [],
  timeoutMs: 300,
  scheduleSeconds: [5],
  ordered: true,
  maxPerSecond: null,
  maxInFlight: null,
  types: null,
  headers: {},
  cloudEvents: false,
};
const event = {
  id: EVENT,
  type: "payment.confirmed",
  timestamp: "2026-09-21T14:13:20Z",
  data: {
    payment_id: "pay_1",
    sequence: 7,
    received_at: "2026-09-21T14:13:25.123Z",
    provider: { name: "ipay", account: "broker-eu" },
  },
};
const DELIVERY: Delivery = {
  kind: "deliver",
  body: JSON.stringify(event),
  attempt: 3,
  sequence: 7,
  replay: false,
  notBeforeMs: 0,
};

type Receiver = (request: Request, signal: AbortSignal) => Response | Promise<Response>;
let requests: Request[];

beforeEach(() => {
  requests = [];
  vi.setSystemTime(NOW);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function receiver(behave: Receiver): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = input as Request;
    requests.push(request);
    return await behave(request, init?.signal as AbortSignal);
  });
}

async function attempted(
  behave: Receiver,
  destination: Partial<Destination> = {},
  delivery: Partial<Delivery> = {},
): Promise<{ attempt: Attempt; outcome: Outcome }> {
  receiver(behave);
  const delivered = await deliver(EVENT, { ...DELIVERY, ...delivery }, { ...CRM, ...destination });
  if (delivered.kind !== "attempted") throw new Error("nothing was sent");
  return delivered;
}

const failed = { kind: "failed", retryAfterSeconds: null };

describe("what is sent", () => {
  const sent = async (destination: Partial<Destination> = {}, delivery: Partial<Delivery> = {}) => {
    await attempted(() => new Response("ok"), destination, delivery);
    const request = requests[0] as Request;
    return { request, headers: Object.fromEntries(request.headers), body: await request.text() };
  };

  it("is the frozen body by POST, signed, with the attempt's headers", async () => {
    const { request, headers, body } = await sent();
    expect(request.method).toBe("POST");
    expect(request.url).toBe("https://crm.test/webhooks?tenant=1");
    expect(request.redirect).toBe("manual");
    expect(body).toBe(DELIVERY.body);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "webhook-id": EVENT,
      "webhook-timestamp": "1790000005",
      "idempotency-key": EVENT,
      "relay-attempt": "3",
      "relay-sequence": "7",
    });
    expect(headers["webhook-signature"]).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(headers["user-agent"]).toMatch(/^psp-relay\//);
    expect(Object.keys(headers).filter((name) => /^(ce-|relay-replay)/.test(name))).toEqual([]);
  });

  it("names a replay, and carries the destination's own headers", async () => {
    const { headers } = await sent({ headers: { "x-tenant": "a" } }, { replay: true });
    expect(headers).toMatchObject({ "relay-replay": "true", "x-tenant": "a" });
  });

  it("has CloudEvents headers where they are asked for", async () => {
    const { headers } = await sent({ cloudEvents: true });
    expect(headers).toMatchObject({
      "ce-specversion": "1.0",
      "ce-id": EVENT,
      "ce-source": "/relay/ipay/broker-eu",
      "ce-type": "payment.confirmed",
      "ce-subject": "pay_1",
      "ce-time": "2026-09-21T14:13:20Z",
      "ce-sequence": "00000000000000000007",
      "ce-partitionkey": "pay_1",
      "ce-recordedtime": "2026-09-21T14:13:25.123Z",
    });
  });

  it("has none for an alert, which is no payment event", async () => {
    const { headers } = await sent({ cloudEvents: true }, { body: '{"type":"relay.alert","text":"x"}' });
    expect(Object.keys(headers).filter((name) => name.startsWith("ce-"))).toEqual([]);
  });
});

describe("no response", () => {
  it("a receiver that says nothing is a time-out", async () => {
    const { attempt, outcome } = await attempted(
      (_, signal) =>
        new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    expect({ attempt, outcome }).toMatchObject({
      attempt: { attempt: 3, status: null, error: "timeout", answer: null },
      outcome: failed,
    });
  });

  it.each([
    ["Network connection lost.", "connection"],
    ["internal error; reference = k3v9", "dns_or_tls"],
    ["whatever comes next", "connection"],
  ])("%j is %s", async (message, error) => {
    const { attempt, outcome } = await attempted(() => Promise.reject(new Error(message)));
    expect({ attempt, outcome }).toMatchObject({ attempt: { status: null, error }, outcome: failed });
  });

  it("what is thrown and is no Error is an outcome too", async () => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- that is the case
    const { attempt } = await attempted(() => Promise.reject("text"));
    expect(attempt.error).toBe("connection");
  });
});

describe("a response", () => {
  it.each([204, 205, 304])("%i without a body is read as it is", async (status) => {
    const { attempt, outcome } = await attempted(() => new Response(null, { status }));
    expect(attempt).toMatchObject({ status, error: null, answer: null });
    expect(outcome.kind).toBe(status === 304 ? "failed" : "delivered");
  });

  it("an empty body is an empty excerpt", async () => {
    const { attempt } = await attempted(() => new Response(""));
    expect(attempt.answer ?? "").toBe("");
  });

  it("is judged with its retry-after", async () => {
    const headers = { "retry-after": "7" };
    const { outcome } = await attempted(() => new Response("later", { status: 503, headers }));
    expect(outcome).toEqual({ kind: "failed", retryAfterSeconds: 7 });
  });

  it("a redirect is not followed", async () => {
    const headers = { location: "https://elsewhere.test/" };
    const { attempt, outcome } = await attempted(() => new Response(null, { status: 307, headers }));
    expect({ status: attempt.status, outcome }).toEqual({ status: 307, outcome: failed });
    expect(requests).toHaveLength(1);
  });

  it.each([
    ["characters cut in two by the chunks", [[0xe2, 0x82], [0xac]], "€"],
    ["bytes that are no UTF-8", [[0xff, 0xfe, 0x41]], "��A"],
    ["NULs and other controls", [[0x41, 0, 1, 0x1b, 0x7f, 0x42]], "A����B"],
    ["C1 controls", [[0xc2, 0x9b]], "�"],
    ["line breaks and tabs", [[0x41, 9, 10, 13, 0x42]], "A\t\n\rB"],
    ["a character that is never finished", [[0x41, 0xe2, 0x82]], "A�"],
  ])("%s", async (_, chunks, text) => {
    const { attempt } = await attempted(() => new Response(streamOf(chunks), { status: 500 }));
    expect(attempt.answer).toBe(text);
  });
});

describe("a body that is too long or too slow", () => {
  it("is read up to 16 KiB, and then let go", async () => {
    let cancelled = false;
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(10_000).fill(0x79));
      },
      cancel() {
        cancelled = true;
      },
    });
    const { attempt, outcome } = await attempted(() => new Response(body));
    expect(outcome).toEqual({ kind: "delivered" });
    expect(attempt.answer).toBe("y".repeat(MAX_RESPONSE_EXCERPT_BYTES));
    await vi.waitFor(() => expect(cancelled).toBe(true));
    expect(pulled).toBeLessThan(5);
  });

  it.each([
    [200, "delivered"],
    [500, "failed"],
  ])("that never ends does not change that %i is %s", async (status, kind) => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("so far")),
      cancel: () => {
        cancelled = true;
      },
    });
    const { attempt, outcome } = await attempted(() => new Response(body, { status }), { timeoutMs: 60_000 });
    expect(outcome.kind).toBe(kind);
    expect(attempt).toMatchObject({ status, error: null, answer: "so far" });
    expect(cancelled).toBe(true);
  });

  it.each([
    [200, "delivered"],
    [429, "failed"],
  ])("that breaks off does not change that %i is %s", async (status, kind) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("so"));
      },
      pull(controller) {
        controller.error(new Error("Network connection lost."));
      },
    });
    const { attempt, outcome } = await attempted(() => new Response(body, { status }));
    expect(outcome.kind).toBe(kind);
    expect(attempt).toMatchObject({ status, error: null, answer: "so" });
  });
});

describe("our own failure is no attempt", () => {
  const never: Receiver = () => {
    throw new Error("must not be called");
  };

  it("nothing is sent unsigned when every key has expired", async () => {
    receiver(never);
    const expired = CRM.secrets.map((secret) => ({ ...secret, notAfterMs: NOW - 1 }));
    const delivered: Delivered = await deliver(EVENT, DELIVERY, { ...CRM, secrets: expired });
    expect(delivered).toEqual({ kind: "unsigned" });
    expect(requests).toEqual([]);
  });

  it.each([
    ["a key that cannot sign", { signingKeys: [{ id: "k", value: "whsk_broken" }] }, "not an Ed25519 key"],
    ["a header that cannot be sent", { headers: { "x-tenant": "a\nb" } }, "Invalid header value"],
  ])("%s", async (_, destination, why) => {
    receiver(never);
    await expect(deliver(EVENT, DELIVERY, { ...CRM, ...destination })).rejects.toThrow(why);
    expect(requests).toEqual([]);
  });

  it("the platform's limit on requests", async () => {
    receiver(() => Promise.reject(new Error("Too many subrequests by single Worker invocation.")));
    await expect(deliver(EVENT, DELIVERY, CRM)).rejects.toThrow("Too many subrequests");
  });
});

function streamOf(chunks: number[][]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new Uint8Array(chunk));
      controller.close();
    },
  });
}

describe("an alert in the form of its channel", () => {
  const SECRET = "https://hooks.slack.example/services/T0/hidden";
  const alert = { type: "relay.alert", about: "silence", severity: "critical", text: "quiet", held: 0 };
  const team = (more: Partial<Destination> = {}): Partial<Destination> => ({
    name: "@alerts.team",
    url: new URL("https://hooks.slack.example/"),
    secrets: [{ id: "TEAM", value: SECRET }],
    channel: { kind: "slack" },
    ...more,
  });
  const body = JSON.stringify(alert);

  it("is posted as JSON to the secret address, unsigned, and not redirected", async () => {
    const { attempt, outcome } = await attempted(() => new Response("ok"), team(), { body });
    const [request] = requests;
    expect(request?.url).toBe(SECRET);
    expect(request?.method).toBe("POST");
    expect(request?.redirect).toBe("manual");
    expect([...(request?.headers.keys() ?? [])].toSorted()).toEqual(["content-type", "user-agent"]);
    expect(await request?.json()).toMatchObject({ unfurl_links: false });
    expect({ attempt, outcome }).toMatchObject({ attempt: { status: 200 }, outcome: { kind: "delivered" } });
  });

  it("is judged as any other: 429 says when to come again, 410 that the channel is gone", async () => {
    const busy = () => new Response("", { status: 429, headers: { "retry-after": "7" } });
    expect((await attempted(busy, team(), { body })).outcome).toEqual({
      kind: "failed",
      retryAfterSeconds: 7,
    });
    const archived = () => new Response("channel_is_archived", { status: 410 });
    expect((await attempted(archived, team(), { body })).outcome).toEqual({ kind: "gone" });
  });

  it("is sent by the newest secret in force, and not at all without one", async () => {
    const old = { id: "OLD", value: "https://hooks.slack.example/old", notAfterMs: NOW - 1 };
    await attempted(() => new Response("ok"), team({ secrets: [old, { id: "NEW", value: SECRET }] }), {
      body,
    });
    expect(requests[0]?.url).toBe(SECRET);
    const delivered = await deliver(EVENT, { ...DELIVERY, body }, { ...CRM, ...team({ secrets: [old] }) });
    expect(delivered).toEqual({ kind: "unsigned" });
  });

  it("leaves no secret in what is kept of the answer", async () => {
    const echo = () => new Response(`no /services/T0/hidden at ${SECRET}`, { status: 404 });
    const { attempt } = await attempted(echo, team(), { body });
    expect(attempt.answer).toBe("no [secret] at [secret]");
  });
});
