/** Loopback ports: is one free, and give me a free one. */
import { createServer } from "node:net";

function listens(port: number): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const got = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(got));
    });
  });
}

/** A message for every port that is taken, naming the option that moves it; empty if all are free. */
export async function busyPorts(wanted: Readonly<Record<string, number>>): Promise<string[]> {
  const problems: string[] = [];
  const seen = new Map<number, string>();
  for (const [option, port] of Object.entries(wanted)) {
    const twin = seen.get(port);
    if (twin !== undefined) {
      problems.push(`--${twin} and --${option} are both ${port}: choose two ports`);
      continue;
    }
    seen.set(port, option);
    const result = await listens(port);
    if (typeof result === "number") continue;
    problems.push(
      result.code === "EADDRINUSE"
        ? `port ${port} is in use by another program: stop it, or choose another with --${option}`
        : `port ${port} cannot be used (${result.code}): choose another with --${option}`,
    );
  }
  return problems;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const result = await listens(0);
  if (typeof result === "number") return result;
  throw result;
}
