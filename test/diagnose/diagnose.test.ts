/** The diagnosis in the runtime of the Worker; every way to be wrong is in `test/tools/cli/diagnose.test.ts`. */
import { expect, it } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import { toHex } from "../../src/parse/encoding.ts";
import { hmacSha256 } from "../../src/verify/hmac.ts";
import { secrets, testBindings } from "../support/bindings.ts";

const utf8 = new TextEncoder();

it("finds in workerd, with RELAY as text, which other secret made the signature", async () => {
  const nowMs = Date.parse("2036-01-01T00:00:00Z");
  const body = utf8.encode('{"id":"evt_1","type":"x"}');
  const mac = await hmacSha256(utf8.encode(secrets.IPAY_TOKEN), utf8.encode(`${nowMs / 1_000}.`), body);
  const headers: [string, string][] = [
    ["content-type", "application/json"],
    ["x-cryptopay-signature", `t=${nowMs / 1_000},v1=${toHex(mac)}`],
  ];
  const request = { method: "POST", url: "https://relay.test/in/cryptopay/broker-eu", headers, body };
  const diagnosis = await diagnose({ request, env: testBindings, nowMs }, null);
  expect(diagnosis).toMatchObject({
    outcome: "refused",
    failed: { check: "proof", reason: "bad_signature" },
    would_verify: [["the secret is IPAY_TOKEN, which is not one of this account's"]],
  });
});
