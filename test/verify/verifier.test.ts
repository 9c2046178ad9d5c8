/** The one outbound request of verification: where it may go, what counts as a result, when it is given up. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { VERIFIER_MAX_BODY_BYTES, VERIFIER_TIMEOUT_MS } from "../../src/limits.ts";
import { askVerifier, isTokenSyntax, verifierUrl } from "../../src/verify/verifier.ts";

const BASE = new URL("https://tokenpayments.io/api/token-verifier/");
const ASKED = new URL("https://tokenpayments.io/api/token-verifier/abcdefgh");

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the address asked", () => {
  it("is the configured one and the token behind it", () => {
    expect(verifierUrl(BASE, "Ab-_0123")?.href).toBe(`${BASE.href}Ab-_0123`);
  });

  it.each([
    "",
    "short12",
    "a".repeat(257),
    "../../admin",
    "..%2f..%2fadmin",
    "%2e%2e/xxxxxxxx",
    "........",
    "abcdefg/",
    "abcdefg\\",
    "abcdefg?x",
    "abcdefg#x",
    "@evil.test",
    "//evil.test",
    "https:evil.test",
    "abcdefgh\n",
    "\nabcdefgh",
    "abcdefgh\u0000",
    "abcdefg é",
    "abcdefgh ",
    "．．／abcdefgh",
    "abcdefgh\ud800",
  ])("is none for %j", (token) => {
    expect(isTokenSyntax(token)).toBe(false);
    expect(verifierUrl(BASE, token)).toBeNull();
  });

  it("is none where the configured address would be left", () => {
    expect(verifierUrl(new URL("https://tokenpayments.io/api/token-verifier"), "abcdefgh")).toBeNull();
  });
});

describe("the question", () => {
  it("is a GET without credentials that follows nothing and asks for JSON", async () => {
    let asked: RequestInit = {};
    await askVerifier(ASKED, (_, init) => {
      asked = init;
      return Promise.resolve(new Response('{"valid":true}'));
    });
    expect(asked).toMatchObject({
      method: "GET",
      redirect: "manual",
      headers: { accept: "application/json" },
    });
    expect(Object.keys(asked).sort()).toEqual(["headers", "method", "redirect", "signal"]);
  });

  it.each([
    ['{"valid":true}', { valid: true }],
    [' {"valid" : false, "x": [1]} ', { valid: false }],
    ['{"valid":"true"}', { outage: "verifier_unreadable" }],
    ['{"valid":1}', { outage: "verifier_unreadable" }],
    ['[{"valid":true}]', { outage: "verifier_unreadable" }],
    ['{"valid":true,"valid":true}', { outage: "verifier_unreadable" }],
    ['{"valid":false,"\\u0076alid":true}', { outage: "verifier_unreadable" }],
    ['{"__proto__":{"valid":true}}', { outage: "verifier_unreadable" }],
    ['\ufeff{"valid":true}', { outage: "verifier_unreadable" }],
    ["", { outage: "verifier_unreadable" }],
    [" ".repeat(VERIFIER_MAX_BODY_BYTES + 1), { outage: "verifier_too_large" }],
  ])("the response %j", async (body, expected) => {
    expect(await askVerifier(ASKED, () => Promise.resolve(new Response(body)))).toEqual(expected);
  });

  it("a response of any other status does not count, whatever it says", async () => {
    for (const status of [201, 203, 206, 301, 302, 400, 401, 404, 410, 429, 500, 503]) {
      const respond = () => Promise.resolve(new Response('{"valid":true}', { status }));
      expect(await askVerifier(ASKED, respond)).toEqual({ outage: "verifier_status" });
    }
    const bodiless = () => Promise.resolve(new Response(null, { status: 204 }));
    expect(await askVerifier(ASKED, bodiless)).toEqual({ outage: "verifier_status" });
  });

  it("a connection that fails is an outage, not a fault of ours", async () => {
    expect(await askVerifier(ASKED, () => Promise.reject(new TypeError("no route")))).toEqual({
      outage: "verifier_timeout",
    });
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    expect(await askVerifier(ASKED, () => Promise.resolve(new Response(broken)))).toEqual({
      outage: "verifier_timeout",
    });
  });

  it("a body that never ends is given up with its request", async () => {
    const clock = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(clock.signal);
    let cancelled = false;
    let pulled = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled += 1;
        if (pulled > 1) return clock.abort();
        controller.enqueue(new TextEncoder().encode('{"valid":true}'));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    expect(await askVerifier(ASKED, () => Promise.resolve(new Response(endless)))).toEqual({
      outage: "verifier_timeout",
    });
    expect(timeout).toHaveBeenCalledWith(VERIFIER_TIMEOUT_MS);
    expect(cancelled).toBe(true);
  });
});
