/**
 * Runs files of cases through the real ingress: each case from an empty store, with its clock, its
 * client address and its programmed verifier. What is logged meanwhile is kept, and searched at the end
 * for anything that must not be in a log.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { paymentEvent } from "../../src/event.ts";
import type { Env } from "../../src/env.ts";
import { secrets } from "./bindings.ts";
import {
  envWith,
  freshRelay,
  keptById,
  keptRows,
  post,
  runAlarms,
  type CaseRequest,
  type Outside,
} from "./worker.ts";
import type { CaseFile, Expectation, Step } from "./case-files.ts";

export type { CaseFile } from "./case-files.ts";

/** Node's reader of multipart bodies, which takes the place of workerd's under `npm run mutate`, refuses these. */
const NOT_IN_NODE: ReadonlySet<string> = new Set(["multipart, a value with line breaks and dashes"]);
const isNode = navigator.userAgent.startsWith("Node.js");

/** The suite over these files. */
export function describeCases(files: readonly CaseFile[]): void {
  const logged: string[] = [];

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  describe.each(files)("$adapter", ({ now, cases, sources, secrets }) => {
    const env = sources && envWith(sources, secrets);
    const here = cases.filter(({ name }) => !isNode || !NOT_IN_NODE.has(name));
    it.each(here)("$name", { timeout: 20_000 }, async ({ steps }) => {
      const outside = await freshRelay(now);
      const payments: string[] = [];
      for (const step of steps) {
        outside.verifier = step.verifier ?? "must_not_be_called";
        outside.verifierCalls = 0;
        outside.logged.length = 0;
        if (step.request) await checkRequest(step.request, step, outside, payments, env);
        else await checkLater(step, outside);
        if (step.verifier === "must_not_be_called") expect(outside.verifierCalls).toBe(0);
        logged.push(...outside.logged);
      }
    });
  });

  it("logged no secret, token, signature, query or body in all of these", () => {
    const text = logged.join("\n");
    expect(logged.length).toBeGreaterThan(0);
    expect(secretsOf(files).filter((secret) => text.includes(secret))).toEqual([]);
  });
}

/** Shorter pieces occur by chance. */
const MIN_SEARCHED_CHARS = 8;

/** Everything in the requests that must not be logged, and every secret of the configuration. */
function secretsOf(files: readonly CaseFile[]): string[] {
  const requests = files.flatMap(({ cases }) =>
    cases.flatMap(({ steps }) => steps.flatMap(({ request }) => (request ? [request] : []))),
  );
  const found = requests.flatMap(({ path, headers, body = "" }) => [
    // As it is, and as it would stand inside a JSON line.
    body,
    JSON.stringify(body).slice(1, -1),
    ...body.split(/[&{},"]/).filter((piece) => /^(?:token=|tok|tkn|0x|merchant_id=|INV)/.test(piece)),
    path.split("?")[1] ?? "",
    path.split("/").slice(4).at(-1) ?? "",
    ...Object.entries(headers).flatMap(([name, value]) =>
      /^(?:authorization|x-cryptopay-signature)$/i.test(name) ? value.split(/[,=]/) : [],
    ),
  ]);
  return [
    ...new Set([
      ...Object.values(secrets),
      ...files.flatMap((file) => Object.values(file.secrets ?? {})),
      ...found,
    ]),
  ].filter((text) => text.length >= MIN_SEARCHED_CHARS && !NAMES.has(text));
}

/** Words that happen to stand in a path or body and are names of ours. */
const NAMES: ReadonlySet<string> = new Set(["deposit", "withdrawal", "confirmations", "broker-eu"]);

async function checkRequest(
  request: CaseRequest,
  step: Step,
  outside: Outside,
  payments: string[],
  env: Env | undefined,
): Promise<void> {
  const { expect: expected } = step;
  // The cases put the address beside the request or inside it.
  const clientIp = step.client_ip ?? (request as { client_ip?: string }).client_ip;
  const before = expected.outcome === "rejected" ? (await keptRows()).length : 0;
  const response = await post(request, clientIp, env);
  expect(response.status).toBe(expected.http);
  if (expected.outcome === "rejected") {
    expect(response.headers.get("relay-outcome")).toBeNull();
    expect(outside.lines("refused").map((line) => line.reason)).toEqual([expected.why]);
    expect(await keptRows()).toHaveLength(before);
    return;
  }
  expect(response.headers.get("relay-outcome")).toBe(expected.outcome);
  const kept = await keptById(response.headers.get("relay-event-id") ?? "");
  expect(kept).not.toBeNull();
  if (expected.why !== undefined) expect(kept?.reason).toBe(expected.why);
  if (expected.warning !== undefined) expect(kept?.warnings).toContain(expected.warning);
  if (expected.outcome !== "accepted") return;

  const event = paymentEvent.parse(kept?.event);
  const { data } = event;
  payments.push(data.payment_id);
  expect({
    type: event.type,
    amount: data.amount?.value,
    currency: data.amount?.currency,
    network: data.amount?.network,
    amount_requested: data.amount_requested,
    merchant_reference: data.merchant_reference,
    occurred_at: data.occurred_at,
    direction: data.direction,
    sequence: data.sequence,
    previous_status: data.previous_status,
    warnings: data.warnings,
  }).toMatchObject(stated(expected));
  if (expected.same_payment !== undefined) {
    expect(payments.at(-1) === payments.at(-2)).toBe(expected.same_payment);
  }
}

/** The part of an expectation that is about the event itself. */
function stated(expected: Expectation): Partial<Expectation> {
  const { http: _1, outcome: _2, why: _3, same_payment: _4, warning: _5, forwarded: _6, ...event } = expected;
  return event;
}

/** Time passes; the relay asks the verifier again by itself. */
async function checkLater(step: Step, outside: Outside): Promise<void> {
  vi.setSystemTime(Date.now() + (step.later_s ?? 0) * 1000);
  await runAlarms();
  const expectedState = step.expect.outcome === "rejected" ? "refused" : step.expect.outcome;
  await vi.waitFor(async () => expect((await keptRows()).map((row) => row.state)).toContain(expectedState), {
    timeout: 10_000,
  });
  const kept = (await keptRows()).find((row) => row.state === expectedState);
  if (step.expect.why !== undefined) expect(kept?.reason).toBe(step.expect.why);
  if (step.expect.type !== undefined) expect(kept?.event?.type).toBe(step.expect.type);
  if (step.expect.forwarded === false) expect(outside.delivered).toEqual([]);
  if (step.expect.forwarded === true) {
    await vi.waitFor(() => expect(outside.delivered).not.toEqual([]), { timeout: 10_000 });
  }
}
