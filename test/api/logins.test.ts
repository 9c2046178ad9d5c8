/** Log-ins of operators that fail: limited by address, logged and counted. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FAILED_LOGINS_MS, MAX_FAILED_LOGINS } from "../../src/limits.ts";
import { secrets } from "../support/bindings.ts";
import { bindings, freshRelay, post, type Outside } from "../support/worker.ts";

const GUESS = "guessed-token-nobody-has";
let outside: Outside;
/** A minute of its own for every test, since the isolate remembers addresses. */
let minute = 0;

beforeEach(async () => {
  outside = await freshRelay(new Date(Date.UTC(2036, 0, 1) + (minute += 1) * FAILED_LOGINS_MS));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const call = (token: string, clientIp = "192.0.2.50") =>
  post({ method: "GET", path: "/api/destinations", headers: { authorization: `Bearer ${token}` } }, clientIp);
const statuses = async (count: number, token: string, clientIp?: string) => {
  const seen: number[] = [];
  for (let i = 0; i < count; i += 1) seen.push((await call(token, clientIp)).status);
  return seen;
};

it("an address that has failed too often is told to wait, with a right token as well", async () => {
  const expected = Array.from({ length: MAX_FAILED_LOGINS }, () => 401);
  expect(await statuses(MAX_FAILED_LOGINS + 1, GUESS)).toEqual([...expected, 429]);
  const right = await call(secrets.ADMIN_TOKEN);
  expect(right.status).toBe(429);
  expect(Number(right.headers.get("retry-after"))).toBeGreaterThan(0);
  vi.setSystemTime(Date.now() + FAILED_LOGINS_MS);
  expect((await call(secrets.ADMIN_TOKEN)).status).toBe(200);
});

it("operators at other addresses are not held back, and a /64 is one address", async () => {
  for (let i = 0; i < MAX_FAILED_LOGINS; i += 1) await call(GUESS, `2001:db8::${i}`);
  expect((await call(secrets.ADMIN_TOKEN, "2001:db8::ffff")).status).toBe(429);
  expect((await call(secrets.ADMIN_TOKEN, "2001:db8:0:1::1")).status).toBe(200);
});

it("right tokens count for nothing, and a few mistakes are forgiven", async () => {
  expect(new Set(await statuses(3 * MAX_FAILED_LOGINS, secrets.ADMIN_TOKEN))).toEqual(new Set([200]));
  await statuses(MAX_FAILED_LOGINS - 1, GUESS);
  expect((await call(secrets.ADMIN_TOKEN)).status).toBe(200);
});

it("each is logged with its address and counted, without the token, and the last one alerts", async () => {
  const points: unknown[] = [];
  vi.spyOn(bindings.COUNTERS as AnalyticsEngineDataset, "writeDataPoint").mockImplementation((point) => {
    points.push(point?.blobs);
  });
  await statuses(MAX_FAILED_LOGINS + 1, GUESS);
  const lines = outside.lines("login_failed");
  expect(lines).toHaveLength(MAX_FAILED_LOGINS);
  expect(lines[0]).toEqual({ what: "login_failed", address: "192.0.2.50", reason: "bad_token" });
  expect(outside.lines("alert")).toMatchObject([{ about: "logins_failed", address: "192.0.2.50" }]);
  expect(outside.logged.join("\n")).not.toContain(GUESS);
  expect(points.filter((blobs) => String(blobs) === "login,failed,bad_token")).toHaveLength(
    MAX_FAILED_LOGINS,
  );
  expect(points.at(-1)).toEqual(["login", "limited", ""]);
});

it("what the rate limit of the location says holds for an isolate that has seen one failure only", async () => {
  const limit = vi.spyOn(bindings.LOGINS as RateLimit, "limit").mockResolvedValue({ success: false });
  expect((await call(GUESS)).status).toBe(401);
  expect((await call(secrets.ADMIN_TOKEN)).status).toBe(429);
  expect(limit.mock.calls).toEqual([[{ key: "192.0.2.50" }]]);
});

it("a rate limit that is down limits nobody who has not failed here", async () => {
  vi.spyOn(bindings.LOGINS as RateLimit, "limit").mockRejectedValue(new Error("down"));
  expect((await call(GUESS)).status).toBe(401);
  expect((await call(secrets.ADMIN_TOKEN)).status).toBe(200);
  expect(outside.lines("fault")).toHaveLength(1);
});
