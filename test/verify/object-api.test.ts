/** The question about an object that an unsigned callback names: where it may go, and what counts as an answer. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { FETCHED_MAX_BODY_BYTES, VERIFIER_TIMEOUT_MS } from "../../src/limits.ts";
import { askForObject, isPlainId, objectUrl } from "../../src/verify/object-api.ts";

const ASKED = new URL("https://api.test/v2/invoices/inv_1");
const utf8 = (text: string) => new TextEncoder().encode(text);
const answering = (response: Response) => () => Promise.resolve(response);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("an id", () => {
  it.each(["a", "inv_1-B", "0".repeat(128)])("is plain as %j", (id) => {
    expect(isPlainId(id)).toBe(true);
  });

  it.each(["", "0".repeat(129), "../admin", "a/b", "a.b", "a%2fb", "a?b", "a#b", "a b", "a\n", "\na", "é"])(
    "is not plain as %j",
    (id) => {
      expect(isPlainId(id)).toBe(false);
    },
  );
});

describe("the address asked", () => {
  it.each([
    ["https://api.test", "/invoices/1", "https://api.test/invoices/1"],
    ["https://api.test/", "/invoices/1", "https://api.test/invoices/1"],
    ["https://api.test/v2", "/invoices/1", "https://api.test/v2/invoices/1"],
    ["https://api.test/v2/", "/invoices/1", "https://api.test/v2/invoices/1"],
  ])("of %s and %s is %s", (base, path, href) => {
    expect(objectUrl(new URL(base), path)?.href).toBe(href);
  });

  it.each([
    ["leaves the path", "https://api.test/v2", "/invoices/../../admin"],
    ["leaves the path, escaped", "https://api.test/v2", "/invoices/%2e%2e/admin"],
    ["is another host's", "https://api.test", ".evil.test/invoices/1"],
    ["has another host behind what looks like a name", "https://api.test", "@evil.test/invoices/1"],
    ["is none at all", "https://api.test", ":port/invoices/1"],
    ["has blanks that would be escaped", "https://api.test", "/invoices/a b"],
  ])("that %s is none", (_, base, path) => {
    expect(objectUrl(new URL(base), path)).toBeNull();
  });
});

describe("the question", () => {
  it.each([
    ["with the account's key", "Bearer key", { accept: "application/json", authorization: "Bearer key" }],
    ["without a key where there is none", null, { accept: "application/json" }],
  ])("is a GET that follows nothing, %s", async (_, authorization, headers) => {
    const asked: [URL, RequestInit][] = [];
    await askForObject(ASKED, authorization, (url, init) => {
      asked.push([url, init]);
      return Promise.resolve(new Response("{}"));
    });
    expect(asked).toEqual([
      [ASKED, { method: "GET", redirect: "manual", headers, signal: expect.any(AbortSignal) }],
    ]);
  });

  it("is answered by a body of status 200, as it is", async () => {
    expect(await askForObject(ASKED, null, answering(new Response("{}")))).toEqual({
      kind: "object",
      body: utf8("{}"),
    });
  });

  it("is answered by 404: there is no such object", async () => {
    expect(await askForObject(ASKED, null, answering(new Response("{}", { status: 404 })))).toEqual({
      kind: "none",
    });
  });

  it.each([201, 202, 206, 301, 302, 400, 401, 403, 410, 429, 500, 503])(
    "is not answered by %i",
    async (status) => {
      expect(await askForObject(ASKED, null, answering(new Response("{}", { status })))).toEqual({
        kind: "outage",
        reason: "verifier_status",
      });
    },
  );

  it("is not answered by a status without a body", async () => {
    expect(await askForObject(ASKED, null, answering(new Response(null, { status: 204 })))).toEqual({
      kind: "outage",
      reason: "verifier_status",
    });
  });

  it("is not answered by more than an object may be", async () => {
    const ofLength = (length: number) => answering(new Response(" ".repeat(length)));
    expect(await askForObject(ASKED, null, ofLength(FETCHED_MAX_BODY_BYTES))).toMatchObject({
      kind: "object",
    });
    expect(await askForObject(ASKED, null, ofLength(FETCHED_MAX_BODY_BYTES + 1))).toEqual({
      kind: "outage",
      reason: "verifier_too_large",
    });
  });

  it("that fails on its way is an outage", async () => {
    const outage = { kind: "outage", reason: "verifier_timeout" };
    expect(await askForObject(ASKED, null, () => Promise.reject(new TypeError("no route")))).toEqual(outage);
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    expect(await askForObject(ASKED, null, answering(new Response(broken)))).toEqual(outage);
  });

  it("is given up with a body that never ends", async () => {
    const clock = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(clock.signal);
    let pulled = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled += 1;
        if (pulled > 1) return clock.abort();
        controller.enqueue(utf8("{}"));
      },
    });
    expect(await askForObject(ASKED, null, answering(new Response(endless)))).toEqual({
      kind: "outage",
      reason: "verifier_timeout",
    });
    expect(timeout).toHaveBeenCalledWith(VERIFIER_TIMEOUT_MS);
  });
});
