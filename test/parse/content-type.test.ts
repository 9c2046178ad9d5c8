import { describe, expect, it } from "vitest";
import { readContentType } from "../../src/parse/content-type.ts";

const read = (type: string, charset: string | null = "utf-8", boundary: string | null = null) => ({
  type,
  charset,
  boundary,
});

describe("readContentType", () => {
  it.each([
    ["application/json", read("application/json")],
    ["Application/JSON ; Charset=UTF-8", read("application/json")],
    ['text/plain;charset="utf8"', read("text/plain")],
    ["a/b; charset=ISO-8859-1", read("a/b", "windows-1252")],
    ['a/b; charset="Windows-1252"', read("a/b", "windows-1252")],
    ["a/b; charset=koi8-r", read("a/b", null)],
    ["a/b; charset=", read("a/b", null)],
    ["a/b; charset=utf-8; charset=utf-8", read("a/b", null)],
    ["a/b; xcharset=koi8-r", read("a/b")],
    ["a/b; charset-of-file=koi8-r", read("a/b")],
    ["a/b; charset = ISO-8859-1", read("a/b", "windows-1252")],
    ["multipart/form-data; boundary=AbC", read("multipart/form-data", "utf-8", "AbC")],
    ['multipart/form-data; Boundary="A:b"', read("multipart/form-data", "utf-8", "A:b")],
    ["multipart/form-data; boundary=a; boundary=b", read("multipart/form-data")],
    ["multipart/form-data; xboundary=a", read("multipart/form-data")],
    ["multipart/form-data; boundary-of-part=a", read("multipart/form-data")],
    ["multipart/form-data; boundary = a", read("multipart/form-data", "utf-8", "a")],
    ["multipart/form-data; boundary=", read("multipart/form-data")],
    ['multipart/form-data; boundary="a\\"b"', read("multipart/form-data")],
    ["multipart/form-data; boundary=a b", read("multipart/form-data")],
    [`multipart/form-data; boundary=${"b".repeat(70)}`, read("multipart/form-data", "utf-8", "b".repeat(70))],
    [`multipart/form-data; boundary=${"b".repeat(71)}`, read("multipart/form-data")],
    ["", read("")],
  ])("%j", (header, expected) => {
    expect(readContentType(header)).toEqual(expected);
  });

  it.each([null, "application/json, text/plain", "a/b,"])("refuses to choose: %j", (header) => {
    expect(readContentType(header)).toBeNull();
  });
});
