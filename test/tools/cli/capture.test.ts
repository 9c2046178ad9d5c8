/** Captures in the forms people have them in: each becomes the request that was sent, byte for byte. */
import { describe, expect, it } from "vitest";
import { readCapture } from "../../../tools/lib/cli/capture.ts";
import { run } from "./support.ts";

const read = (text: string | Buffer, entry: number | null = null, files: Record<string, string> = {}) => {
  const readFile = (name: string) => Buffer.from(files[name] ?? "");
  const { request, atMs } = readCapture(Buffer.from(text), { entry, readFile });
  return { ...request, body: Buffer.from(request.body).toString("latin1"), atMs };
};

describe("a curl line", () => {
  it.each([
    [`curl http://h/in/a/b`, { method: "GET", url: "http://h/in/a/b", body: "" }],
    [
      `curl -sS -X PUT 'http://h/x' -d 'a=1' -d b=2`,
      { method: "PUT", body: "a=1&b=2", headers: [["content-type", "application/x-www-form-urlencoded"]] },
    ],
    [
      `curl --request=POST http://h/x -H "X-A: \\"q\\" \\$" --data-raw '{"a":1}'`,
      {
        method: "POST",
        headers: [
          ["X-A", '"q" $'],
          ["content-type", "application/x-www-form-urlencoded"],
        ],
        body: '{"a":1}',
      },
    ],
    [
      `curl 'http://h/x' \\\n  -H 'content-type: application/json' \\\n  --data-binary $'{"a":"\\'\\x41\\n\\xff"}' --compressed`,
      { method: "POST", headers: [["content-type", "application/json"]], body: '{"a":"\'A\n\u00ff"}' },
    ],
    [
      `curl http://h/x --json '{}'`,
      { method: "POST", headers: [["content-type", "application/json"]], body: "{}" },
    ],
    [`curl -G http://h/x?c=3 -d a=1`, { method: "GET", url: "http://h/x?c=3&a=1", body: "" }],
    [`$ curl http://h/x -d @body.txt`, { method: "POST", body: "ab" }],
    [`curl http://h/x --data-binary @body.txt`, { method: "POST", body: "a\r\nb\n" }],
    [
      `curl http://h/x -H 'X-Empty;' -A me`,
      {
        headers: [
          ["X-Empty", ""],
          ["user-agent", "me"],
        ],
      },
    ],
  ])("%s", (line, expected) => {
    expect(read(line, null, { "body.txt": "a\r\nb\n" })).toMatchObject({ ...expected, atMs: null });
  });

  it.each([
    ["curl http://h/x -d 'open", "a quote of the curl line is not closed"],
    ["curl -d x", "the curl line has no URL"],
    ["curl http://h/x --form a=b", "--form is not understood"],
    ["curl http://h/x -H", "-H has no value"],
  ])("%s is refused in words", (line, message) => {
    expect(() => read(line)).toThrow(message);
  });
});

describe("a HAR file", () => {
  const entry = (url: string, text = "{}", encoding?: string) => ({
    startedDateTime: "2026-10-01T12:00:00.000Z",
    request: {
      method: "POST",
      url,
      headers: [{ name: "Content-Type", value: "application/json" }],
      postData: { text, ...(encoding === undefined ? {} : { encoding }) },
    },
  });
  const har = (...entries: object[]) => JSON.stringify({ log: { entries } });

  it("gives the only callback among its entries, and when it came", () => {
    expect(read(har(entry("https://h/other"), entry("https://h/in/a/b", '{"a":1}')))).toEqual({
      method: "POST",
      url: "https://h/in/a/b",
      headers: [["Content-Type", "application/json"]],
      body: '{"a":1}',
      atMs: Date.parse("2026-10-01T12:00:00Z"),
    });
  });

  it("gives the entry that is asked for, and a single entry", () => {
    expect(read(har(entry("https://h/1"), entry("https://h/2")), 2).url).toBe("https://h/2");
    expect(read(JSON.stringify(entry("https://h/1", "/w==", "base64"))).body).toBe("\u00ff");
  });

  it("lists its entries where the choice is unclear", () => {
    expect(() => read(har(entry("https://h/in/a/b?secret=1"), entry("https://h/in/a/c")))).toThrow(
      "which entry of the HAR file? Give --entry:\n  1: POST https://h/in/a/b\n  2: POST https://h/in/a/c",
    );
    expect(() => read(har(entry("https://h/1")), 2)).toThrow("has no entry 2");
    expect(() => read("{}")).toThrow("neither a HAR file, nor a HAR entry");
    expect(() => read("{")).toThrow("is not JSON");
  });
});

describe("headers and body as JSON", () => {
  it("are taken with the body as it was sent, or written anew", () => {
    const headers = { "X-A": "b" };
    const request = { method: "PUT", url: "/in/a/b", headers: [["X-A", "b"]], atMs: null };
    expect(read(JSON.stringify({ method: "PUT", url: "/in/a/b", headers, body: '{ "n": 1.0 }' }))).toEqual({
      ...request,
      body: '{ "n": 1.0 }',
    });
    expect(read(JSON.stringify({ method: "PUT", url: "/in/a/b", headers, body: { n: 1 } }))).toEqual({
      ...request,
      body: '{"n":1}',
    });
    expect(read(JSON.stringify({ headers }))).toMatchObject({ method: "POST", url: "/", body: "" });
  });
});

describe("raw HTTP", () => {
  it.each([
    ["as it was on the wire", "POST /in/a/b?q=1 HTTP/1.1\r\nHost: h\r\nX-A:  b \r\n\r\n{\r\n}", "{\r\n}"],
    ["as an editor leaves it", "POST /in/a/b?q=1 HTTP/1.1\nHost: h\nX-A: b\n\n{\r\n}", "{\r\n}"],
    [
      "with a line end of the editor's behind the body",
      "POST /in/a/b?q=1\nHost: h\nX-A: b\nContent-Length: 2\n\n{}\n",
      "{}",
    ],
    [
      "with bytes that are no text",
      Buffer.from("POST /in/a/b?q=1 HTTP/1.1\nHost: h\nX-A: b\n\n\u00ff", "latin1"),
      "\u00ff",
    ],
  ])("%s", (_, text, body) => {
    const request = read(text);
    expect(request).toMatchObject({ method: "POST", url: "/in/a/b?q=1", body });
    expect(request.headers.slice(0, 2)).toEqual([
      ["Host", "h"],
      ["X-A", "b"],
    ]);
  });

  it("that is none is refused in words", () => {
    expect(() => read("hello")).toThrow("this is no captured request");
  });
});

describe("the command", () => {
  const stdin = (text: string) => ({ stdin: () => Promise.resolve(Buffer.from(text)), cwd: "/" });

  it("reads standard input, names the reason, and ends with 1", async () => {
    const line = `curl http://127.0.0.1:8787/in/ipay/broker-eu --json '{"token":"wrong"}'`;
    const { exitCode, out } = await run(["diagnose"], stdin(line));
    expect(exitCode).toBe(1);
    expect(out).toContain("refused  ipay/broker-eu");
    expect(out).toContain("failed  proof: bad_token");
    expect(out).toContain("Nothing that was tried makes it verify");
  });

  it("says under --json what would verify", async () => {
    const line = `curl http://127.0.0.1:8787/in/ipay/broker-eu/ --json '{"token":"tok_live_B"}'`;
    const { json } = await run(["diagnose", "--json"], stdin(line));
    expect(json).toMatchObject({
      outcome: "refused",
      failed: { check: "address", reason: "route" },
      would_verify: [["the address has a slash at its end that it should not have"]],
    });
  });

  it("ends with 2 for what is no capture or no file", async () => {
    expect(await run(["diagnose"], stdin("hello"))).toMatchObject({ exitCode: 2 });
    expect((await run(["diagnose", "/no/such/file"])).err).toContain("ENOENT");
  });
});
