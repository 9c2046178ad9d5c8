/** What a provider in code says of itself: how it is answered, where it posts, and what of it is secret. */
import { describe, expect, it } from "vitest";
import { config } from "../support/callbacks.ts";

describe("an account of", () => {
  const plain = { keptHeaders: [], onOutage: "defer" };
  const post = (body: string) => [{ kind: null, methods: ["POST"], body }];

  it.each([
    [
      "cryptopay",
      { status: 200, body: '{"received":true}', contentType: "application/json" },
      { headers: ["x-cryptopay-signature"], redact: [], keptInStore: [], routes: post("json") },
    ],
    [
      "ipay",
      { status: 200, body: "OK", contentType: "text/plain; charset=utf-8" },
      { headers: ["authorization"], redact: ["/token"], keptInStore: [], routes: post("json") },
    ],
    [
      "iqpay",
      { status: 200, body: "", contentType: null },
      {
        headers: [],
        redact: [],
        keptInStore: [],
        routes: expect.arrayContaining([
          expect.objectContaining({ kind: "deposit", methods: ["POST"], body: "any" }),
        ]) as unknown,
      },
    ],
    [
      "tokenpayments",
      { status: 200, body: "", contentType: null },
      // A one-time token is needed again to ask about it; a static one never is.
      { headers: [], redact: ["token"], keptInStore: ["token"], routes: post("form") },
    ],
  ])("%s is answered %j", async (provider, reply, parts) => {
    const source = config.sources.get(`${provider}/broker-eu`);
    expect(source).toMatchObject({ provider, account: "broker-eu", ...plain, ...parts });
    expect(await source?.reply(0)).toEqual(reply);
  });
});
