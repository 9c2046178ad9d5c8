/** Taking secrets out: every place, nothing else, and nothing shown where nobody could tell. */
import { describe, expect, it } from "vitest";
import { redact } from "../../src/providers/redact.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const json = (text: string, names: readonly string[]) =>
  redact({ bytes: utf8(text), contentType: "application/json" }, names);
const form = (text: string, names: readonly string[], contentType = "application/x-www-form-urlencoded") =>
  redact({ bytes: utf8(text), contentType }, names);

describe("a JSON body", () => {
  it("loses the value at each pointer, whatever it is, and not a character more", () => {
    expect(json('{ "token" : "secret" , "a": [1, {"token":"kept"}] }', ["/token"])).toEqual({
      text: '{ "token" : "[redacted]" , "a": [1, {"token":"kept"}] }',
      redacted: ["/token"],
    });
    expect(json('{"token":{"a":1},"b":2}', ["/token"])?.text).toBe('{"token":"[redacted]","b":2}');
  });

  it("loses every value of a key given twice, and of several pointers in any order", () => {
    expect(json('{"token":"a","x":1,"token":"b"}', ["/token"])?.text).toBe(
      '{"token":"[redacted]","x":1,"token":"[redacted]"}',
    );
    const both = json('{"a":"1234567","b":"x","c":"89"}', ["/c", "/a", "/none"]);
    expect(both).toEqual({ text: '{"a":"[redacted]","b":"x","c":"[redacted]"}', redacted: ["/a", "/c"] });
  });

  it("that is none is not shown at all, unless there is nothing to take out", () => {
    expect(json("not json", ["/token"])).toBeNull();
    expect(json("not json", [])).toEqual({ text: "not json", redacted: [] });
    expect(json('{"a":1}', ["/token"])).toEqual({ text: '{"a":1}', redacted: [] });
  });
});

describe("a form", () => {
  it("loses the value of each field, in whatever spelling its name came", () => {
    expect(form("a=1&token=secret&b=2", ["token"])).toEqual({
      text: "a=1&token=[redacted]&b=2",
      redacted: ["token"],
    });
    expect(form("to%6ben=secret&token=x", ["token"])?.text).toBe("to%6ben=[redacted]&token=[redacted]");
    expect(form("token=&a=1", ["token"])?.text).toBe("token=[redacted]&a=1");
    expect(form("b=22&a=1", ["a", "b"])).toEqual({
      text: "b=[redacted]&a=[redacted]",
      redacted: ["a", "b"],
    });
  });

  it("in parts loses it as well", () => {
    const part = (name: string, value: string) =>
      `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const body = (value: string) => `${part("token", value)}${part("a", "1")}--b--\r\n`;
    const type = "multipart/form-data; boundary=b";
    expect(form(body("secret"), ["token"], type)?.text).toBe(body("[redacted]"));
    expect(form(`${part("token", "x")}${body("y")}`, ["token"], type)?.text).not.toMatch(/[xy]\r/);
    // Whose boundary is not told cannot be searched.
    expect(form(body("secret"), ["token"], "multipart/form-data")).toBeNull();
  });

  it("in windows-1252 is searched and shown in its own charset", () => {
    const bytes = Uint8Array.from("n\u00e4me=Zo\u00eb&token=s\u00e9cret", (char) => char.charCodeAt(0));
    const latin = "application/x-www-form-urlencoded; charset=iso-8859-1";
    expect(redact({ bytes, contentType: latin }, ["token"])?.text).toBe(
      "n\u00e4me=Zo\u00eb&token=[redacted]",
    );
    expect(redact({ bytes, contentType: latin }, [])?.text).toBe("n\u00e4me=Zo\u00eb&token=s\u00e9cret");
    const undeclared = "application/x-www-form-urlencoded";
    expect(redact({ bytes, contentType: undeclared }, ["token"])).toBeNull();
    // Nothing to take out: shown as well as it can be.
    expect(redact({ bytes, contentType: undeclared }, [])?.text).toContain("\ufffd");
    expect(redact({ bytes: utf8("token=x"), contentType: null }, ["token"])?.text).toBe("token=[redacted]");
    expect(redact({ bytes: utf8("é"), contentType: null }, [])?.text).toBe("é");
    const inUtf8 = { bytes: utf8("näme=é&token=x"), contentType: null };
    expect(redact(inUtf8, ["token"])?.text).toBe("näme=é&token=[redacted]");
  });
});
