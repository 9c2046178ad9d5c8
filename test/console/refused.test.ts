/** Refused callbacks: what a surge of them means, told by the last success, and a diagnosis in place. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { toHex } from "../../src/parse/encoding.ts";
import { hmacSha256 } from "../../src/verify/hmac.ts";
import { call, get, listed } from "../support/api.ts";
import { secrets } from "../support/bindings.ts";
import { elementsOf, Visitor } from "../support/console.ts";
import { changedEnv } from "../support/deploy.ts";
import { freshRelay, post, type Outside } from "../support/worker.ts";

const PLANTED = `"'></textarea><x-planted onclick=alert(1)>`;
const PATH = "/in/cryptopay/broker-eu";
/** Isolates report what they refuse once a second. */
const REPORTED = { timeout: 10_000 };
let outside: Outside;
let visitor: Visitor;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T14:00:00.000Z");
  visitor = await Visitor.signIn();
});

const body = (id: string) =>
  JSON.stringify({
    id,
    type: "payment_intent.succeeded",
    data: {
      object: {
        id: `pi_${id}`,
        object: "payment_intent",
        amount: 2000,
        amount_received: 2000,
        currency: "usd",
        status: "succeeded",
      },
    },
  });

async function signature(of: string, secret: string): Promise<string> {
  const t = String(Math.floor(Date.now() / 1000));
  const bytes = (text: string) => new TextEncoder().encode(text);
  return `t=${t},v1=${toHex(await hmacSha256(bytes(secret), bytes(`${t}.${of}`)))}`;
}

async function send(id: string, secret: string): Promise<void> {
  const headers = {
    "content-type": "application/json",
    "x-cryptopay-signature": await signature(body(id), secret),
  };
  await post({ method: "POST", path: PATH, headers, body: body(id) }, "192.0.2.7");
}

/** The sentence about the last success. */
async function surge(): Promise<string> {
  return /<p class="surge">(.*?)<\/p>/s.exec(await visitor.page("/refused"))?.[1] ?? "";
}

describe("a surge of bad signatures says", () => {
  it("that nothing has verified yet, on the first day", async () => {
    await send("e1", "another");
    await expect
      .poll(surge, REPORTED)
      .toContain("Nothing of cryptopay/broker-eu has verified yet: the secret here");
  });

  it("that the secret was probably changed, since when, and with which key the last success was", async () => {
    await send("e1", secrets.CRYPTOPAY_SECRET);
    vi.setSystemTime(Date.now() + 120_000);
    await send("e2", "another");
    await expect
      .poll(surge, REPORTED)
      .toBe(
        "Nothing of cryptopay/broker-eu has verified since 2036-01-01 14:02 UTC. The last success was 2 min ago with the key 2026-10.",
      );
    for (const id of ["e3", "e4"]) await send(id, "another");
    await expect
      .poll(surge)
      .toBe(
        "Nothing of cryptopay/broker-eu has verified since 2036-01-01 14:02 UTC: the secret was probably changed at the provider. The last success was 2 min ago with the key 2026-10.",
      );
  });

  it("that others verify, where they do", async () => {
    await send("e1", "another");
    await expect.poll(surge, REPORTED).not.toBe("");
    vi.setSystemTime(Date.now() + 1_000);
    await send("e2", secrets.CRYPTOPAY_SECRET);
    await expect
      .poll(surge, REPORTED)
      .toContain("Others verify: the last success was now with the key 2026-10.");
  });

  it("nothing where the reason does not speak of a proof", async () => {
    await post({ method: "GET", path: PATH, headers: {} });
    await expect.poll(async () => await visitor.page("/refused"), REPORTED).toContain("<code>method</code>");
    expect(await surge()).toBe("");
  });
});

describe("a diagnosis", () => {
  it("finds that the secret is the one that was pasted, and shows it nowhere", async () => {
    const secret = "whsec_the_new_one_of_the_provider";
    const proof = await signature(body("e1"), secret);
    await send("e1", secret);
    await expect.poll(async () => await visitor.page("/refused"), REPORTED).toContain("Diagnose a callback…");
    const response = await visitor.order("/refused/diagnose", {
      form: "diagnose-cryptopay-broker-eu-bad_signature",
      url: PATH,
      headers: `content-type: application/json\r\nx-cryptopay-signature: ${proof}`,
      body: body("e1"),
      secret,
      at: new Date().toISOString(),
    });
    const html = await response.text();
    expect(html).toContain("It would verify, if");
    expect(html).toContain("the secret that was given");
    expect(html).toContain("Proof: bad_signature");
    expect(html).not.toContain(secret);
    expect(outside.logged.join()).not.toContain(secret);
    expect(await listed()).toEqual([]);
    expect((await get("/api/audit")).audit).toEqual([]);
  });

  it("of one that verifies says so, by which key, and stores no event", async () => {
    const url = `https://relay.test${PATH}`;
    const { body: found } = await call("POST", "/api/diagnose", {
      url,
      headers: [
        ["content-type", "application/json"],
        ["x-cryptopay-signature", await signature(body("e1"), secrets.CRYPTOPAY_SECRET)],
      ],
      body: body("e1"),
    });
    expect(found).toMatchObject({
      outcome: "event",
      source: "cryptopay/broker-eu",
      passed: ["address", "envelope", "proof", "contents"],
      failed: null,
      verified_by: { key: "2026-10" },
      event: { status: "confirmed", amount: "20.00 USD" },
    });
    expect(await listed()).toEqual([]);
  });

  it("asks no verifier", async () => {
    const { body: found } = await call("POST", "/api/diagnose", {
      url: "/in/tokenpayments/broker-eu",
      headers: [["content-type", "application/x-www-form-urlencoded"]],
      body: "merchant_id=M-1001&token=tkn9f2c0001&page_hash=ph_77&item_name=Deposit&item_desc=&invoice=I&custom=c&amount1=1&currency1=USD&amount2=1&currency2=ETH",
    });
    expect(found).toMatchObject({ outcome: "unasked" });
    expect(outside.verifierCalls).toBe(0);
  });

  it("of what no request can carry is refused with its place", async () => {
    const { status, body: problem } = await call("POST", "/api/diagnose", {
      url: PATH,
      headers: [["bad name", "x"]],
    });
    expect(status).toBe(400);
    expect(problem).toMatchObject({ errors: [{ in: "body" }] });
  });

  it("is an order: one who may only look is offered none, and given none", async () => {
    const env = {
      ...changedEnv({ operators: { ann: { secrets: ["ANN"], role: "read" } } }),
      ANN: "a-token-of-ann-with-32-characters-or-more",
    };
    await send("e1", "another");
    const reader = await Visitor.signIn(env.ANN, env);
    await expect.poll(async () => await reader.page("/refused"), REPORTED).toContain("bad_signature");
    expect(await reader.page("/refused")).not.toContain("Diagnose a callback…");
    expect((await reader.order("/refused/diagnose", { form: "x", url: PATH })).status).toBe(403);
  });

  it("gives back what was pasted as text", async () => {
    await send("e1", "another");
    await expect.poll(async () => await visitor.page("/refused"), REPORTED).toContain("bad_signature");
    const form = "diagnose-cryptopay-broker-eu-bad_signature";
    const response = await visitor.order("/refused/diagnose", {
      form,
      url: `${PATH}?${encodeURIComponent(PLANTED)}`,
      headers: `x-cryptopay-signature: ${PLANTED}`,
      body: PLANTED,
    });
    const html = await response.text();
    expect(html).toContain("&lt;x-planted onclick=alert(1)&gt;");
    expect((await elementsOf(html)).map(({ name }) => name)).not.toContain("x-planted");
    expect(
      await (await visitor.order("/refused/diagnose", { form: PLANTED, url: PLANTED })).text(),
    ).not.toContain("<x-planted");
  });
});
