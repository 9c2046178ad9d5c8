/** Hostile bodies: each is an ordinary refusal, and costs no more than the cap. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { MAX_DISCARDED_BYTES, DEFAULT_MAX_BODY_BYTES } from "../../src/limits.ts";
import golden from "../cases/golden-events.json";
import { relay } from "../support/bindings.ts";
import { bindings, envWith, freshRelay, keptRows, post, type Outside } from "../support/worker.ts";

const IPAY = "/in/ipay/broker-eu";
const CHUNK_BYTES = 65_536;
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2026-09-21T14:13:25.000Z");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const reasons = () => outside.lines("refused").map((line) => line.reason);

async function send(path: string, type: string, body: BodyInit): Promise<Response> {
  const ctx = createExecutionContext();
  const request = new Request(`https://relay.test${path}`, {
    method: "POST",
    headers: { "content-type": type },
    body,
  });
  const response = await app.fetch(request, bindings, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

/** A body without a length, made as it is asked for. */
function stream(totalBytes: number, pulled: { bytes: number; cancelled: boolean }): ReadableStream {
  return new ReadableStream(
    {
      pull(controller) {
        if (pulled.bytes >= totalBytes) return controller.close();
        controller.enqueue(new Uint8Array(Math.min(CHUNK_BYTES, totalBytes - pulled.bytes)).fill(0x20));
        pulled.bytes += CHUNK_BYTES;
      },
      cancel() {
        pulled.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
}

describe("bodies made to hurt", () => {
  it("100 MB without a length are discarded as they come, and refused", async () => {
    const pulled = { bytes: 0, cancelled: false };
    const response = await send(IPAY, "application/json", stream(100_000_000, pulled));
    expect(response.status).toBe(413);
    expect(reasons()).toEqual(["too_large"]);
  });

  it("a body without end is cut off", async () => {
    const pulled = { bytes: 0, cancelled: false };
    const response = await send(IPAY, "application/json", stream(Number.POSITIVE_INFINITY, pulled));
    expect(response.status).toBe(413);
    expect(pulled.cancelled).toBe(true);
    expect(pulled.bytes).toBeLessThanOrEqual(DEFAULT_MAX_BODY_BYTES + MAX_DISCARDED_BYTES + 2 * CHUNK_BYTES);
  });

  it("a sender that hangs up in the middle is refused, and no fault of ours", async () => {
    const broken = new ReadableStream({
      pull(controller) {
        controller.error(new Error("connection lost"));
      },
    });
    const response = await send(IPAY, "application/json", broken);
    expect(response.status).toBe(400);
    expect(reasons()).toEqual(["cut_off"]);
    expect(outside.lines("fault")).toEqual([]);
  });

  it("the cap itself is the last size that is read", async () => {
    const padded = (bytes: number) => `{"x":"${" ".repeat(bytes - 8)}"}`;
    const to = (body: string) =>
      post({ method: "POST", path: IPAY, headers: { "content-type": "application/json" }, body });
    expect((await to(padded(DEFAULT_MAX_BODY_BYTES))).status).toBe(401);
    expect((await to(padded(DEFAULT_MAX_BODY_BYTES + 1))).status).toBe(413);
  });

  it("max_body_bytes of an account lowers its cap", async () => {
    const env = envWith({
      ipay: { "broker-eu": { ...relay.sources.ipay["broker-eu"], max_body_bytes: 10 } },
    });
    const to = (body: string) =>
      post(
        { method: "POST", path: IPAY, headers: { "content-type": "application/json" }, body },
        undefined,
        env,
      );
    expect((await to('{"a":"bc"}')).status).toBe(401);
    expect((await to('{"a":"bcd"}')).status).toBe(413);
  });

  it("a declared length counts only when it is too large", async () => {
    const to = (length: string) =>
      post({
        method: "POST",
        path: IPAY,
        headers: { "content-type": "application/json", "content-length": length },
        body: "{}",
      });
    expect((await to("99999999999")).status).toBe(413);
    for (const lie of ["0", "1", "-1", "NaN", "2, 2"]) expect((await to(lie)).status).toBe(401);
  });

  it("200,000 levels of JSON", async () => {
    const deep = `${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}`;
    expect((await send(IPAY, "application/json", deep)).status).toBe(400);
    expect((await send(IPAY, "application/json", `{"a":${"[".repeat(200_000)}`)).status).toBe(400);
    expect((await send("/in/cryptopay/broker-eu", "application/json", "[".repeat(200_000))).status).toBe(401);
    expect(reasons()).toEqual(["json:too_deep", "json:too_deep", "missing_signature"]);
  });

  it("1,001 keys, 10,001 values", async () => {
    const keys = Array.from({ length: 1_001 }, (_, i) => `"k${i}":0`).join(",");
    expect((await send(IPAY, "application/json", `{${keys}}`)).status).toBe(400);
    const values = Array.from({ length: 10_001 }, () => "0").join(",");
    expect((await send(IPAY, "application/json", `{"a":[${values}]}`)).status).toBe(400);
    expect(reasons()).toEqual(["json:too_many_keys", "json:too_many_values"]);
  });

  it("10,000 form fields, 60,000 ampersands, a name of a megabyte's quarter", async () => {
    const to = (body: string) =>
      send("/in/tokenpayments/broker-eu", "application/x-www-form-urlencoded", body);
    expect((await to(Array.from({ length: 10_000 }, (_, i) => `f${i}=1`).join("&"))).status).toBe(413);
    expect((await to("&".repeat(60_000))).status).toBe(413);
    expect((await to(`${"n".repeat(250_000)}=1`)).status).toBe(413);
    expect(outside.verifierCalls).toBe(0);
    expect(await keptRows()).toEqual([]);
  });

  it("a quarter of a megabyte of one digit, of backslashes, of zeros", async () => {
    const numbers = `{"token":"tok_live_B","blockchainTxId":"0x1","currency":"USDT","transferedAmount":${"9".repeat(250_000)}}`;
    const taken = await send(IPAY, "application/json", numbers);
    expect(taken.headers.get("relay-reason")).toBe("bad_amount");
    expect((await send(IPAY, "application/json", `{"a":"${"\\\\".repeat(100_000)}`)).status).toBe(400);
    outside.verifier = { status: 200, body: '{"valid":true}' };
    const zeros = golden.tokenpayments.data.raw.body
      .replace("[redacted]", "tkn9f2c0001")
      .replace("amount2=0.03125", `amount2=${"0".repeat(200_000)}x`);
    const form = await send("/in/tokenpayments/broker-eu", "application/x-www-form-urlencoded", zeros);
    expect(form.headers.get("relay-reason")).toBe("bad_amount");
  });

  it("a compressed body stays as it is: no content encoding is undone", async () => {
    const gzip = new CompressionStream("gzip");
    const packed = new Response(new Blob([new Uint8Array(5_000_000)]).stream().pipeThrough(gzip));
    const body = new Uint8Array(await packed.arrayBuffer());
    const bytes = btoa(Array.from(body, (byte) => String.fromCharCode(byte)).join(""));
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const response = await post({ method: "POST", path: IPAY, headers, body_base64: bytes });
    expect(response.status).toBe(415);
  });
});

describe("headers of a response", () => {
  const to = (body: string) =>
    post(
      {
        method: "POST",
        path: "/in/iqpay/broker-eu/deposit/s3cr3t_dep",
        headers: { "content-type": "application/json" },
        body,
      },
      "198.51.100.7",
    );

  it.each([
    ["a line break", "a\\r\\nrelay-outcome: accepted", "/a??relay-outcome:?accepted"],
    ["letters beyond Latin-1", "\\u0441\\u0443\\u043c\\u043c\\u0430", "/?????"],
    ["a lone surrogate", "\\ud800", "/?"],
    ["a NUL", "\\u0000", "/?"],
    ["blanks", " a ", "/?a?"],
    ["5,000 letters", "k".repeat(5_000), `/${"k".repeat(199)}`],
  ])("a key with %s neither breaks the response nor gets into it", async (_, key, shown) => {
    const response = await to(`{"${key}":1,"${key}":2}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("relay-outcome")).toBe("quarantined");
    expect(response.headers.get("relay-reason")).toBe(`duplicate_key:${shown}`);
    expect((await keptRows()).map((row) => row.reason)).toEqual([`duplicate_key:${shown}`]);
  });

  it("a content type that is none does not get into the event", async () => {
    const body = '{"wallet_ext_id":"1","txid":"t","address":"a","amount":1,"currency":"BTC","status":1}';
    const path = "/in/iqpay/broker-eu/deposit/s3cr3t_dep";
    const headers = { "content-type": "x".repeat(5_000) };
    const response = await post({ method: "POST", path, headers, body }, "198.51.100.7");
    expect(response.headers.get("relay-outcome")).toBe("accepted");
    expect((await keptRows())[0]?.event?.data.raw?.content_type).toBeNull();
  });
});
