/** The CPU profiler of a running Worker, over the runtime's inspector (Chrome DevTools Protocol). */
import type { CpuProfile } from "./profile.ts";

/** Finer than V8's own 1 ms: a callback takes less than that. */
const SAMPLING_INTERVAL_US = 200;

interface Target {
  readonly title: string;
  readonly webSocketDebuggerUrl: string;
}

/** Profiles the Worker of this name while `work` is done. */
export async function profileWhile(
  inspectorPort: number,
  worker: string,
  work: () => Promise<unknown>,
): Promise<CpuProfile> {
  const targets = (await (await fetch(`http://127.0.0.1:${inspectorPort}/json`)).json()) as Target[];
  const target = targets.find(({ title }) => title.endsWith(worker));
  if (target === undefined)
    throw new Error(`no Worker ${worker} among ${targets.map(({ title }) => title).join(", ")}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error("the inspector does not answer")));
  });
  const waiting = new Map<number, (result: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  });
  let calls = 0;
  const call = async (method: string, params = {}): Promise<unknown> => {
    calls += 1;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    waiting.set(calls, resolve);
    socket.send(JSON.stringify({ id: calls, method, params }));
    return await promise;
  };
  try {
    await call("Profiler.enable");
    await call("Profiler.setSamplingInterval", { interval: SAMPLING_INTERVAL_US });
    await call("Profiler.start");
    await work();
    return ((await call("Profiler.stop")) as { profile: CpuProfile }).profile;
  } finally {
    socket.close();
  }
}
