/** One address, one spelling: nothing is normalised, a path is decoded once and compared exactly. */
import { describe, expect, it } from "vitest";
import { locate } from "../../src/ingress/locate.ts";
import { requestTarget } from "../../src/ingress/request-target.ts";
import { configFrom } from "../support/config.ts";
import { relay, secrets, testBindings } from "../support/bindings.ts";

const config = configFrom(testBindings);

const found = async (path: string) => (await locate(path, config, 0))?.source.name ?? null;

describe("addresses", () => {
  it.each([
    ["/in/ipay/broker-eu", "ipay/broker-eu"],
    ["/in/%69pay/broker%2Deu", "ipay/broker-eu"],
    ["/in/iqpay/broker-eu/deposit/s3cr3t_dep", "iqpay/broker-eu"],
    ["/in/iqpay/broker-get/%64eposit/s3cr3t%5Fget", "iqpay/broker-get"],
  ])("%s is %s", async (path, name) => {
    expect(await found(path)).toBe(name);
  });

  it.each([
    "/in/ipay/broker-eu/",
    "/in/ipay//broker-eu",
    "//in/ipay/broker-eu",
    "/in//ipay/broker-eu",
    "/IN/ipay/broker-eu",
    "/in/IPAY/broker-eu",
    "/in/ipay/Broker-EU",
    "/in/ipay%2Fbroker-eu",
    "/in/ipay%2fbroker-eu/",
    "/in%2Fipay/broker-eu",
    "/%69n/ipay/broker-eu",
    "/in/ipay/broker-eu%00",
    "/in/ipay/broker-eu%20",
    "/in/ipay/./broker-eu",
    "/in/ipay/x/../broker-eu",
    "/in/ipay/x/%2e%2e/broker-eu",
    "/in/ipay\\broker-eu",
    "/in/%2569pay/broker-eu",
    "/in/ipay/%ff",
    "/in/ipay/%",
    "/in/ipay/broker-eu;a=b",
    "/in/ipay/broker-eu/deposit/s3cr3t_dep",
    "/in/iqpay/broker-eu",
    "/in/iqpay/broker-eu/deposit",
    "/in/iqpay/broker-eu/deposit/",
    "/in/iqpay/broker-eu//s3cr3t_dep",
    "/in/iqpay/broker-eu/s3cr3t_dep/deposit",
    "/in/iqpay/broker-eu/deposit/s3cr3t_dep/x",
    "/in/iqpay/broker-eu/toString/s3cr3t_dep",
    "/in/constructor/prototype",
    "/in/",
    "/in",
    "/",
    "",
  ])("%j is no address", async (path) => {
    expect(await found(path)).toBeNull();
  });

  it("a secret in the path is accepted up to its last instant, and no longer", async () => {
    const sources = {
      iqpay: {
        a: {
          kinds: {
            deposit: {
              secrets: [
                { name: "IQPAY_DEPOSIT_PATH", not_after: "2026-01-01T00:00:00Z" },
                { name: "IQPAY_WITHDRAWAL_PATH", id: "new" },
              ],
            },
          },
        },
      },
    };
    const rotating = configFrom({ ...testBindings, RELAY: JSON.stringify({ ...relay, sources }) });
    const at = async (secret: string, nowMs: number) =>
      (await locate(`/in/iqpay/a/deposit/${secret}`, rotating, nowMs))?.pathKey ?? null;
    const lastMs = Date.parse("2026-01-01T00:00:00Z");
    expect(await at(secrets.IQPAY_DEPOSIT_PATH, lastMs)).toBe("IQPAY_DEPOSIT_PATH");
    expect(await at(secrets.IQPAY_DEPOSIT_PATH, lastMs + 1)).toBeNull();
    expect(await at(secrets.IQPAY_WITHDRAWAL_PATH, lastMs + 1)).toBe("new");
  });

  it.each([
    ["https://relay.test/in/a/b", "/in/a/b", ""],
    ["https://relay.test/in/a/../b?x=%2e%2e&y=1?2", "/in/a/../b", "x=%2e%2e&y=1?2"],
    ["https://relay.test?x=1", "", "x=1"],
    ["http://user@[::1]:8787/in/%2e%2e/b#f?x", "/in/%2e%2e/b", ""],
    ["https://relay.test", "", ""],
  ])("path and query of %s are taken as they came", (url, path, query) => {
    expect(requestTarget(url)).toEqual({ path, query });
  });
});
