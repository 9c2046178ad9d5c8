/** What the simulator sends as a declared provider: verified, another payment each time, refused with a wrong secret. */
import { describe, expect, it } from "vitest";
import { presets } from "../../src/providers/presets/index.ts";
import { SourceFields } from "../../src/providers/settings-fields.ts";
import { readProviders } from "../../src/config/providers.ts";
import type { Callback } from "../../tools/lib/callbacks.ts";
import { readSample } from "../../tools/lib/declared/read-sample.ts";
import { declaredScenarios } from "../../tools/lib/declared/scenarios.ts";
import type { RelayConfig } from "../../tools/lib/relay-config.ts";
import { acme } from "../support/acme.ts";
import { NOW_MS, outcomeOf } from "../support/declared.ts";

const NOW = new Date(NOW_MS);
const proved = presets.filter(({ written }) => written.fetch === undefined);

function setUp(name: string) {
  const sample = readSample(name);
  const settings = { secrets: ["SECRET"], ...sample.settings };
  const relay = { sources: { [name]: { shop: settings } }, destinations: {} } as unknown as RelayConfig;
  const fields = new SourceFields({ secret: () => sample.secret, destinations: [], development: true });
  const source = readProviders({}, []).adapters.get(name)?.account(fields, "shop").parse(settings);
  if (!source) throw new Error(`no provider ${name}`);
  const received = async ({ method, path, headers, body }: Callback) =>
    await outcomeOf(source, { method, url: `http://127.0.0.1${path}`, headers, body });
  return {
    scenarios: declaredScenarios(relay, { SECRET: sample.secret }, name, "shop", undefined),
    received,
  };
}

describe.each(proved)("$name", ({ name }) => {
  it("is verified, and another payment each time", async () => {
    const { scenarios, received } = setUp(name);
    const payments = await Promise.all(
      ["one-1", "two-2"].map(async (payment) => {
        const [step] = (await scenarios["success"]?.steps(payment, NOW)) ?? [];
        if (!step) throw new Error("no step");
        const outcome = await received(step.callback);
        return outcome.kind === "event" ? outcome.event.data.payment_id : outcome.reason;
      }),
    );
    expect(payments.every((id) => id.startsWith("pay_"))).toBe(true);
    expect(new Set(payments).size).toBe(2);
  });

  it("is refused with a wrong secret", async () => {
    const { scenarios, received } = setUp(name);
    const [step] = (await scenarios["wrong-secret"]?.steps("one-1", NOW)) ?? [];
    if (!step) throw new Error("no step");
    expect(step.expected).toEqual({ status: 401, outcome: null });
    expect(await received(step.callback)).toHaveProperty("kind", "refused");
  });
});

describe("a provider of the configuration's own", () => {
  const relay = {
    providers: { acme },
    sources: { acme: { shop: { secrets: ["SECRET"] } } },
    destinations: {},
  } as unknown as RelayConfig;

  it("needs a sample of its callbacks", () => {
    expect(() => declaredScenarios(relay, { SECRET: "s" }, "acme", "shop", undefined)).toThrow(/--sample/);
  });

  it.each([
    ["another", "shop", /not "another"/],
    ["acme", "other", /no account "other" of acme/],
  ])("%s/%s has to be there", (name, account, says) => {
    expect(() => declaredScenarios(relay, { SECRET: "s" }, name, account, undefined)).toThrow(says);
  });
});
