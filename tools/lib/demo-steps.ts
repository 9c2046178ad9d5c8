/**
 * What the demo shows: one genuine callback of every provider, a duplicate and a forgery; and what
 * must have become of them.
 *
 * Pure: builds the callbacks and judges the outcome. Sending and waiting are the demo's.
 */
import {
  type Callback,
  type Credentials,
  cryptopay,
  ipay,
  iqpay,
  samplePayment,
  tokenpayments,
} from "./callbacks.ts";
import type { Received } from "./ledger.ts";
import type { Reply } from "./send.ts";

export interface DemoStep {
  readonly name: string;
  readonly role: "genuine" | "duplicate" | "forgery";
  readonly callback: Callback;
  /** By which the CRM would know it. */
  readonly reference: string;
}

export interface SentStep extends DemoStep {
  readonly reply: Reply;
  /** When it was sent (ms since the epoch). */
  readonly sentAt: number;
}

/** The steps of one run; `tag` makes every id new. */
export function demoSteps(who: Credentials, tag: string, now: Date): DemoStep[] {
  const moments = new Date(now.getTime() + 2_000);
  const step = (
    name: string,
    role: DemoStep["role"],
    reference: string,
    build: (facts: { payment: string; reference: string; now: Date }) => Callback,
  ): DemoStep => ({
    name,
    role,
    reference,
    callback: build({
      payment: `${tag}-${reference}`,
      reference,
      now: role === "duplicate" ? moments : now,
    }),
  });
  return [
    step("iPay", "genuine", `client-${samplePayment(0, tag)}`, (facts) => ipay(who.ipay, facts)),
    step("CryptoPay", "genuine", `order-${samplePayment(1, tag)}`, (facts) =>
      cryptopay(who.cryptopay, facts),
    ),
    step("iqpay", "genuine", `wallet-${samplePayment(2, tag)}`, (facts) => iqpay(who.iqpay, facts)),
    step("TokenPayments", "genuine", `INV-${samplePayment(3, tag)}`, (facts) =>
      tokenpayments(who.tokenpayments, facts),
    ),
    step("CryptoPay, again", "duplicate", `order-${samplePayment(1, tag)}`, (facts) =>
      cryptopay(who.cryptopay, facts),
    ),
    step("iPay, forged", "forgery", `forger-${tag}`, (facts) =>
      ipay({ ...who.ipay, token: "tok_forged" }, facts),
    ),
  ];
}

/** The event ids that must arrive. */
export function awaited(sent: readonly SentStep[]): string[] {
  return sent.flatMap((p) => (p.role === "genuine" && p.reply.eventId !== null ? [p.reply.eventId] : []));
}

/** Every problem, as a sentence; empty if there is none. */
export function problems(sent: readonly SentStep[], received: readonly Received[]): string[] {
  const wrong: string[] = [];
  for (const { name, role, reply, reference } of sent) {
    const said = `${reply.status === 0 ? reply.text : reply.status} ${reply.outcome ?? ""}`.trim();
    const arrived = received.filter((r) => r.merchant_reference === reference);
    if (role === "forgery") {
      if (reply.status !== 401) wrong.push(`${name}: should be refused with 401, got ${said}`);
      if (arrived.length > 0) wrong.push(`${name}: reached the CRM`);
      continue;
    }
    const outcome = role === "genuine" ? "accepted" : "duplicate";
    if (reply.status !== 200 || reply.outcome !== outcome) {
      wrong.push(`${name}: should get 200 ${outcome}, got ${said}`);
    }
    if (role === "duplicate") continue;
    const event = arrived[0];
    if (event === undefined) wrong.push(`${name}: did not arrive at the CRM`);
    else if (event.id !== reply.eventId) {
      wrong.push(`${name}: arrived as ${event.id}, but the reply said ${reply.eventId}`);
    }
    if (arrived.length > 1) wrong.push(`${name}: arrived as ${arrived.length} different events`);
    for (const { id, arrivals, flags } of arrived) {
      if (arrivals > 1) wrong.push(`${name}: ${id} arrived ${arrivals} times`);
      for (const flag of flags) wrong.push(`${name}: ${id} ${flag}`);
    }
  }
  return wrong;
}

/** Rows for the table: callback, status, outcome, event, arrival. */
export function rows(sent: readonly SentStep[], received: readonly Received[]): string[][] {
  const byId = new Map(received.map((r) => [r.id, r]));
  return sent.map(({ name, role, reply, sentAt }) => {
    const event = role === "genuine" ? byId.get(reply.eventId ?? "") : undefined;
    const ms = event === undefined ? 0 : Date.parse(event.firstAt) - sentAt;
    const arrival =
      event !== undefined
        ? `verified, ${event.type}, sequence ${event.sequence}, after ${ms} ms`
        : { genuine: "NOT ARRIVED", duplicate: "not sent again", forgery: "never" }[role];
    return [
      name,
      reply.status === 0 ? reply.text : String(reply.status),
      reply.outcome ?? (reply.status === 401 ? "refused" : "-"),
      reply.eventId ?? "-",
      arrival,
    ];
  });
}
