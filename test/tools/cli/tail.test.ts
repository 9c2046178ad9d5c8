/** `relay tail`: server-sent events read, shown, and gone on with where the line broke. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { serverSentEvents } from "../../../tools/lib/cli/server-sent-events.ts";
import { lineOf } from "../../../tools/lib/cli/tail.ts";
import { fakeRelay, run } from "./support.ts";

describe("server-sent events", () => {
  async function read(...parts: string[]): Promise<unknown[]> {
    const bytes = parts.map((part) => Buffer.from(part, "latin1"));
    const found: unknown[] = [];
    // oxlint-disable-next-line typescript/await-thenable
    for await (const event of serverSentEvents(ReadableStream.from(bytes))) found.push(event);
    return found;
  }

  it("come whole, however the bytes are cut", async () => {
    const utf8 = Buffer.from('id: a-1\nevent: callback\ndata: {"x":"ü"}\n\n').toString("latin1");
    for (let cut = 1; cut < utf8.length; cut += 1) {
      expect(await read(utf8.slice(0, cut), utf8.slice(cut))).toEqual([
        { event: "callback", id: "a-1", data: '{"x":"ü"}' },
      ]);
    }
  });

  it("leave out comments and what was not finished, and join lines of data", async () => {
    expect(await read(": open\n\n", "data: 1\ndata: 2\n\nevent: gap\n")).toEqual([
      { event: "message", id: null, data: "1\n2" },
    ]);
  });
});

const said = {
  at: "2026-10-01T12:00:00.123Z",
  source: "ipay/eu",
  destination: null,
  outcome: "accepted",
  reason: null,
  event: "evt_1",
  status: null,
  duration_ms: null,
  count: 1,
};

it.each([
  ["callback", {}, "12:00:00  callback  ipay/eu                   accepted  evt_1"],
  [
    "delivery",
    { destination: "crm", outcome: "delivered", status: 200, duration_ms: 41.4 },
    "12:00:00  delivery  crm                       delivered  200  41 ms  evt_1",
  ],
  [
    "refused",
    { outcome: "refused", reason: "bad_signature", event: null, count: 7 },
    "12:00:00  refused   ipay/eu                   refused  bad_signature  ×7",
  ],
])("a %s is a line", (event, more, line) => {
  expect(lineOf({ hasColours: false }, event, { ...said, ...more })).toBe(line);
});

describe("the command", () => {
  const servers: { close: () => void }[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** A feed that answers its first, second, … request so. */
  async function feed(...answers: ((response: ServerResponse) => void)[]) {
    const paths: string[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url ?? "");
      response.writeHead(200, { "content-type": "text/event-stream" });
      answers[paths.length - 1]?.(response);
    });
    servers.push({ close: () => server.close() && server.closeAllConnections() });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
  }
  const message = (number: number) =>
    `id: 0000000a-${number}\nevent: callback\ndata: ${JSON.stringify(said)}\n\n`;
  const READY = 'event: ready\ndata: {"position":"0000000a-5"}\n\n';

  it("goes on after the last one when the line ends or breaks, and ends after --count", async () => {
    const { url, paths } = await feed(
      (response) => response.end(READY + message(6)),
      (response) => {
        response.write(message(7));
        setImmediate(() => response.destroy());
      },
      (response) => response.write(`event: gap\ndata: {}\n\n${message(9)}`),
    );
    const { exitCode, out } = await run([
      "tail",
      "--source",
      "ipay/*",
      "--count",
      "3",
      "--json",
      "--url",
      url,
    ]);
    expect(exitCode).toBe(0);
    expect(paths.map((path) => new URL(path, url).searchParams.get("after"))).toEqual([
      null,
      "0000000a-6",
      "0000000a-7",
    ]);
    expect(new URL(paths[0] ?? "", url).searchParams.get("source")).toBe("ipay/*");
    expect(out.split("\n").map((line) => (JSON.parse(line) as { what: string }).what)).toEqual([
      "callback",
      "callback",
      "gap",
      "callback",
    ]);
  }, 30_000);

  it("ends with the relay's reason when there is nothing to watch", async () => {
    const { url } = await fakeRelay(() => [503, { error: "there is no Activity object to watch" }]);
    const { exitCode, err } = await run(["tail", "--url", url]);
    expect(exitCode).toBe(4);
    expect(err).toContain("there is no Activity object");
  });
});
