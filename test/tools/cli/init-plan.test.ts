/** `relay init` for every provider the relay knows: by the provider's own schema, without a word about it here. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/schema.ts";
import { addressesOf } from "../../../tools/lib/cli/init-addresses.ts";
import { needsOf, planOf, providerNames, relayTable } from "../../../tools/lib/cli/init-plan.ts";

it("knows the presets as well as the built-in providers", () => {
  expect(providerNames).toEqual(expect.arrayContaining(["ipay", "iqpay", "stripe", "btcpay"]));
});

describe.each(providerNames)("%s", (provider) => {
  const needs = needsOf(provider);
  const settings = Object.fromEntries(needs.required.map((option) => [option, "https://api.example.com/"]));
  const plan = planOf(
    {
      name: "x",
      host: "relay.example.com",
      given: {},
      destinations: [{ name: "crm", url: "https://crm.example.com/hooks" }],
      accounts: [{ provider, account: "shop", destinations: ["crm"], settings }],
    },
    randomBytes,
  );

  it("gets a configuration that lacks nothing but the secrets which it issues itself", () => {
    const secrets = Object.fromEntries(plan.secrets.map(({ name, value }) => [name, value]));
    const { problems } = loadConfig({ ...secrets, RELAY: relayTable(plan) });
    const issued = plan.secrets.filter(({ origin }) => origin === "provider").map(({ name }) => name);
    expect(problems.map(({ message }) => /^secret (\S+) is not set/.exec(message)?.[1] ?? message)).toEqual(
      issued,
    );
  });

  it("has an address to be given", () => {
    const addresses = addressesOf(plan, "relay.example.com");
    expect(addresses.length).toBeGreaterThan(0);
    for (const { url } of addresses) expect(url).toContain(`https://relay.example.com/in/${provider}/shop`);
  });
});
