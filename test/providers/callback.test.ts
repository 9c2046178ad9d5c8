/** One request as bytes: its media type, its fields by their charset, and what of it is its message. */
import { describe, expect, it } from "vitest";
import { messageOf } from "../../src/providers/callback.ts";
import { callbackOf } from "../support/callbacks.ts";

const MULTIPART = '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n';

describe("the media type", () => {
  it.each([
    ["application/json", "application/json"],
    ["Application/JSON; charset=utf-8", "application/json"],
    [" text/plain ;x", "text/plain"],
    ["application/vnd.api+json", "application/vnd.api+json"],
    [null, null],
    ["", null],
    ["json", null],
    ["/json", null],
    ["a/", null],
    ["a b/c", null],
    ["a/b/c", null],
    [`a/${"b".repeat(127)}`, `a/${"b".repeat(127)}`],
    [`a/${"b".repeat(128)}`, null],
    [`${"a".repeat(128)}/b`, null],
    ["ä/b", null],
  ])("of %j is %j", (contentType, mediaType) => {
    expect(callbackOf("", { contentType }).mediaType).toBe(mediaType);
  });
});

describe("a form", () => {
  const read = async (body: string | Uint8Array, contentType: string | null) => {
    const parsed = await callbackOf(body, { contentType }).form();
    return parsed.ok ? Object.fromEntries(parsed.value.values) : parsed.error.reason;
  };
  const LATIN = Uint8Array.from([0x61, 0x3d, 0xf6]);

  it("is read in the charset it names, and in UTF-8 where it names none", async () => {
    const type = "application/x-www-form-urlencoded";
    expect(await read(LATIN, `${type}; charset=iso-8859-1`)).toEqual({ a: "\u00f6" });
    expect(await read("a=\u00f6", type)).toEqual({ a: "\u00f6" });
    expect(await read("a=\u00f6", null)).toEqual({ a: "\u00f6" });
    expect(await read(LATIN, null)).toBe("encoding");
    expect(await read(LATIN, type)).toBe("encoding");
    expect(await read("a=1", `${type}; charset=koi8-r`)).toBe("encoding");
  });

  it("of either format reports what is given twice", async () => {
    const twice = callbackOf("a=1&a=2", { contentType: null });
    expect(await twice.form()).toMatchObject({ ok: true, value: { duplicates: [{ name: "a" }] } });
    const parts = callbackOf(`${MULTIPART}1\r\n${MULTIPART}2\r\n--b--`, {
      contentType: "multipart/form-data; boundary=b",
    });
    expect(await parts.form()).toMatchObject({ ok: true, value: { duplicates: [{ name: "a" }] } });
    const query = callbackOf("", { query: "b=1&b=2" });
    expect(query.queryForm()).toMatchObject({ ok: true, value: { duplicates: [{ name: "b" }] } });
    const json = callbackOf('{"c":1,"c":2}');
    expect(json.json()).toMatchObject({ ok: true, value: { duplicates: [{ pointer: "/c" }] } });
  });

  it("is parsed once, whoever asks", async () => {
    const callback = callbackOf("a=1", { query: "b=1" });
    expect(await callback.form()).toBe(await callback.form());
    expect(callback.queryForm()).toBe(callback.queryForm());
    expect(callbackOf("{}").json()).toMatchObject({ ok: true });
    expect(callback.json()).toBe(callback.json());
  });
});

describe("what only some requests have", () => {
  it("is there as it was sent, and null of a stored callback", () => {
    const sent = { url: "https://relay.example.com/in/x", traceparent: "00-1", tracestate: "a=1" };
    expect(callbackOf("", sent)).toMatchObject(sent);
    expect(callbackOf("")).toMatchObject({ url: null, traceparent: null, tracestate: null });
  });
});

describe("the message", () => {
  it("is the body, or the query where there is none", () => {
    const text = (callback: ReturnType<typeof callbackOf>) => new TextDecoder().decode(messageOf(callback));
    expect(text(callbackOf("body", { query: "query" }))).toBe("body");
    expect(text(callbackOf("", { query: "query" }))).toBe("query");
    expect(text(callbackOf("b", { query: "" }))).toBe("b");
    expect(text(callbackOf(""))).toBe("");
  });
});
