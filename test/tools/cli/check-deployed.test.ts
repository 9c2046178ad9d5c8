/** `relay check --url`: what a relay that runs says of itself, and how its clock is beside ours. */
import { expect, it } from "vitest";
import { checkDeployed, judge } from "../../../tools/lib/cli/check-deployed.ts";
import { RelayApi } from "../../../tools/lib/cli/relay-api.ts";
import { fakeRelay, run } from "./support.ts";

const bindings = [{ name: "INBOX", state: "answers", error: null }];
const healthy = { status: "ok", environment: "production", bindings, problems: [] };

it("nothing is wrong with a relay that says so and whose clock is right", async () => {
  const { url, requests } = await fakeRelay(() => [200, { ...healthy, time: new Date().toISOString() }]);
  const { exitCode, out } = await run(["check", "--url", url, "--token", "t"]);
  expect(exitCode).toBe(0);
  expect(out).toContain(`${url}: ok, its clock`);
  expect(requests).toMatchObject([{ path: "/healthz", token: "Bearer t" }]);
});

it("secrets that are missing there, and sample ones, are named as the relay names them", async () => {
  const problems = [
    { path: "RELAY.sources.ipay.shop.secrets.0", message: "secret IPAY_TOKEN is not set" },
    { path: "ADMIN_TOKEN", message: "is a published sample: everybody knows it" },
  ];
  const { url } = await fakeRelay(() => [
    503,
    { ...healthy, status: "misconfigured", problems, time: new Date().toISOString() },
  ]);
  const { exitCode, json } = await run(["check", "--url", url, "--token", "t", "--json"]);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({
    files: null,
    deployed: {
      status: "misconfigured",
      problems: [
        "RELAY.sources.ipay.shop.secrets.0: secret IPAY_TOKEN is not set",
        "ADMIN_TOKEN: is a published sample: everybody knows it",
      ],
    },
  });
});

it.each([
  [0, [], []],
  [5, [], ["its clock is 5 s ahead of this machine's"]],
  [-90, ["its clock is 90 s behind this machine's: one of the two is wrong"], []],
])("a clock that is %i s ahead", (ahead, problems, notes) => {
  expect(judge(healthy, ahead, false)).toEqual({ problems, notes });
});

it("the clock is compared with the middle between question and answer", async () => {
  const { url } = await fakeRelay(() => [200, { ...healthy, time: "2026-10-01T12:00:10.000Z" }]);
  const times = [Date.parse("2026-10-01T12:00:00Z"), Date.parse("2026-10-01T12:00:04Z")];
  const findings = await checkDeployed(new RelayApi(new URL(url), "t"), () => times.shift() ?? 0);
  expect(findings.clock_ahead_seconds).toBe(8);
});

it("bindings that are missing or fail are problems, and a development configuration is one", () => {
  const given = [
    { name: "SEEN", state: "failed", error: "KV is away" },
    { name: "LOGINS", state: "missing", error: null },
    { name: "DELIVERIES", state: "present", error: null },
  ];
  expect(judge({ ...healthy, environment: "development", bindings: given }, 0, false).problems).toEqual([
    "binding SEEN does not answer: KV is away",
    "binding LOGINS is missing",
    "it runs a development configuration",
  ]);
  expect(judge({ ...healthy, environment: "development" }, 0, true)).toEqual({
    problems: [],
    notes: ["it runs a development configuration"],
  });
});

it.each([
  [200, { hello: "world" }, 4, "is no answer of a relay"],
  [401, { error: "not authenticated" }, 3, "does not accept the token"],
  [404, { error: "not found" }, 3, "404"],
])("what answers %i %j is no relay of ours", async (status, body, code, message) => {
  const { url } = await fakeRelay(() => [status, body]);
  expect(await run(["check", "--url", url])).toMatchObject({
    exitCode: code,
    err: expect.stringContaining(message),
  });
});
