import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Credentials, ipay, PROVIDERS, samplePayment, success } from "../../tools/lib/callbacks.ts";
import { type DemoStep, awaited, type SentStep, problems, demoSteps } from "../../tools/lib/demo-steps.ts";
import type { Received } from "../../tools/lib/ledger.ts";
import { judge, scenariosOf, type Step } from "../../tools/lib/scenarios.ts";

const account = "broker-eu";
const who: Credentials = {
  ipay: { account, token: "tok", tokenAt: "body:/token" },
  cryptopay: { account, secret: "whsec_x", scheme: "t-v1" },
  iqpay: { account, paths: { deposit: "dep", withdrawal: "wd" }, ip: "198.51.100.7" },
  tokenpayments: { account, merchantId: "M-1001" },
};
const now = new Date("2026-09-21T14:13:20Z");

it.each(PROVIDERS)("every scenario of %s has steps, and another payment other ids", (provider) => {
  for (const scenario of Object.values(scenariosOf(provider, who[provider]))) {
    const [one, two] = [scenario.steps("p1", now), scenario.steps("p2", now)];
    expect(one.length).toBeGreaterThan(0);
    if (scenario.about.includes("success")) expect(one[0]?.callback).not.toEqual(two[0]?.callback);
  }
});

it("a tampered CryptoPay callback keeps the signature and changes the body", () => {
  const [step] = scenariosOf("cryptopay", who.cryptopay)["tampered"]?.steps("p", now) ?? [];
  expect(step?.callback.body).toContain(":999900,");
});

describe("judging the copies of one callback", () => {
  const step: Step = {
    name: "x",
    callback: ipay(who.ipay, { payment: "p", now }),
    expected: { status: 200, outcome: "accepted" },
  };
  const accepted = { status: 200, outcome: "accepted" };
  const duplicate = { status: 200, outcome: "duplicate" };

  it("one accepted, the others duplicates", () => {
    expect(judge(step, [duplicate, accepted, duplicate])).toBeNull();
    expect(judge(step, [accepted, accepted])).toMatch(/2 times/);
    expect(judge(step, [accepted, { status: 503, outcome: null }])).not.toBeNull();
  });
});

describe("the README's search", () => {
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  const [, searched = ""] = /npm run relay -- events (\w+)/.exec(readme) ?? [];

  it("finds one payment of the demo", () => {
    const genuine = demoSteps(who, "tag", now).filter(({ role }) => role === "genuine");
    expect(searched).not.toBe("");
    expect(genuine.filter(({ callback }) => callback.body.includes(searched))).toHaveLength(1);
  });

  it.each(PROVIDERS)("finds the first payment that is simulated of %s", (provider) => {
    const [first, second] = [0, 1].map((n) =>
      success(provider, who[provider], { payment: samplePayment(n, "tag"), now }),
    );
    expect(first?.body).toContain(searched);
    expect(second?.body).not.toContain(searched);
  });
});

describe("judging the demo", () => {
  const steps = demoSteps(who, "tag", now);
  const id = (step: DemoStep) => `evt_${step.reference}`;
  const sendStep = (step: DemoStep): SentStep => ({
    ...step,
    sentAt: 0,
    reply: {
      status: step.role === "forgery" ? 401 : 200,
      outcome: { genuine: "accepted", duplicate: "duplicate", forgery: null }[step.role],
      eventId: step.role === "forgery" ? null : id(step),
      text: "",
      ms: 1,
    },
  });
  const arrive = (step: DemoStep): Received => ({
    id: id(step),
    type: "payment.confirmed",
    payment_id: "pay_1",
    sequence: 1,
    provider: "x",
    account,
    merchant_reference: step.reference,
    amount: null,
    verified: true,
    sha256: "",
    firstAt: now.toISOString(),
    arrivals: 1,
    history: [],
    flags: [],
  });
  const sent = steps.map(sendStep);
  const genuine = steps.filter((a) => a.role === "genuine");

  it("finds no problem in four events, once each", () => {
    expect(awaited(sent)).toHaveLength(4);
    expect(problems(sent, genuine.map(arrive))).toEqual([]);
  });

  it("names what is missing, doubled, or should not be there", () => {
    const [, ...others] = genuine.map(arrive);
    const twice = others.map((r) => (r.merchant_reference === "order-4712-tag" ? { ...r, arrivals: 2 } : r));
    const forged = steps.filter((a) => a.role === "forgery").map(arrive);
    expect(problems(sent, [...twice, ...forged])).toEqual([
      "iPay: did not arrive at the CRM",
      "CryptoPay: evt_order-4712-tag arrived 2 times",
      "iPay, forged: reached the CRM",
    ]);
  });
});
