import { createServer } from "node:net";
import { expect, it } from "vitest";
import { busyPorts, freePort } from "../../tools/lib/ports.ts";

it("names the busy port and the option that moves it", async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  try {
    const problems = await busyPorts({ port: await freePort(), "crm-port": port });
    expect(problems).toEqual([
      `port ${port} is in use by another program: stop it, or choose another with --crm-port`,
    ]);
  } finally {
    server.close();
  }
});

it("names two options that want the same port", async () => {
  const port = await freePort();
  expect(await busyPorts({ port, "crm-port": port })).toEqual([
    `--port and --crm-port are both ${port}: choose two ports`,
  ]);
});
