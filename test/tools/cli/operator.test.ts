/** The operator API from a terminal: what is asked of the relay, and what a person or a program reads. */
import { describe, expect, it } from "vitest";
import { fakeRelay, listed, run, type Asked } from "./support.ts";

const A = "evt_00000000000000000000000000000001";
const B = "evt_00000000000000000000000000000002";

describe("events", () => {
  it("are listed page by page up to the limit, with the filter in the query", async () => {
    const { url, requests } = await fakeRelay(({ path }) =>
      path.includes("cursor=next")
        ? [200, { events: [listed(B)], cursor: "more" }]
        : [200, { events: [listed(A)], cursor: "next" }],
    );
    const { json, exitCode } = await run([
      "events",
      "order 4711",
      "--state",
      "dead",
      "--needs-person",
      "--limit",
      "2",
      "--url",
      url,
      "--json",
    ]);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ events: [{ id: A }, { id: B }], cursor: "more" });
    const queries = requests.map(({ path }) => Object.fromEntries(new URL(path, url).searchParams));
    expect(queries).toEqual([
      { state: "dead", q: "order 4711", needs_person: "true", limit: "2" },
      { state: "dead", q: "order 4711", needs_person: "true", limit: "1", cursor: "next" },
    ]);
  });

  it("since some hours ago are asked for by the clock", async () => {
    const { url, requests } = await fakeRelay(() => [200, { events: [], cursor: null }]);
    const { out } = await run(["events", "--from", "2h", "--url", url]);
    expect(out).toBe("no event is like that");
    const from = Date.parse(new URL(requests[0]?.path ?? "", url).searchParams.get("from") ?? "");
    expect(Math.abs(Date.now() - 7_200_000 - from)).toBeLessThan(60_000);
  });

  it("are a table that shows why one waits, and nothing that could steer the terminal", async () => {
    const dead = { destination: "crm", state: "dead", sequence: 1, attempts: 15, due: null };
    const event = listed(A, { state: "dead", deliveries: [dead], warnings: ["unreadable:\u001B[2Jfee"] });
    const { url } = await fakeRelay(() => [200, { events: [event], cursor: null }]);
    const { out } = await run(["events", "--url", url]);
    expect(out).toContain(
      `2026-10-01T12:00:00Z  ${A}  ipay/eu  payment.confirmed  dead   unreadable:?[2Jfee, crm: dead after 15`,
    );
    expect(out).not.toContain("\u001B");
  });

  it("say once what is both the reason and a warning", async () => {
    const why = "conflict:amount";
    const event = listed(A, { state: "conflicting", reason: why, warnings: [why] });
    const { url } = await fakeRelay(() => [200, { events: [event], cursor: null }]);
    const { out } = await run(["events", "--url", url]);
    expect(out.split(why)).toHaveLength(2);
  });

  it("have colours where they are shown, in columns that still agree", async () => {
    const { url } = await fakeRelay(() => [
      200,
      { events: [listed(A), listed(B, { state: "dead", duplicates: 3 })], cursor: null },
    ]);
    const plain = await run(["events", "--url", url]);
    const coloured = await run(["events", "--url", url], { hasColours: true });
    expect(coloured.out).toContain("\u001B[31mdead\u001B[39m");
    // oxlint-disable-next-line no-control-regex
    expect(coloured.out.replaceAll(/\u001B\[\d+m/g, "")).toBe(plain.out);
  });
});

describe("show", () => {
  const detail = listed(A, {
    event: null,
    superseded: null,
    stated: null,
    callback: { method: "POST", body: '{"a":1}', query: "" },
    attempts: [
      {
        destination: "crm",
        attempt: 1,
        at: "2026-10-01T12:00:01.000Z",
        duration_ms: 41,
        status: 503,
        error: null,
        answer: "busy",
      },
    ],
  });

  it("prints an event attempt by attempt", async () => {
    const { url, requests } = await fakeRelay(() => [200, detail]);
    const { out } = await run(["show", A, "--url", url]);
    expect(requests[0]?.path).toBe(`/api/events/${A}`);
    expect(out).toMatch(/crm +1 +2026-10-01T12:00:01Z +41 ms +503 +busy/);
    expect(out).toContain('POST {"a":1}');
  });

  it("prints all events of a payment", async () => {
    const { url, requests } = await fakeRelay(() => [200, { payment_id: "pay_1", events: [detail, detail] }]);
    const { out } = await run(["show", "pay_1", "--url", url]);
    expect(requests[0]?.path).toBe("/api/payments/pay_1");
    expect(out.split(A)).toHaveLength(3);
  });
});

describe("orders about one event", () => {
  it.each([
    [["replay", A], `/api/events/${A}/replay`, {}],
    [["replay", A, "--destination", "crm"], `/api/events/${A}/replay`, { destination: "crm" }],
    [["replay", A, "--as", "new-payment"], `/api/events/${A}/replay`, { as: "new_payment" }],
    [["release", A], `/api/events/${A}/replay`, { as: "new_payment" }],
    [["dismiss", A, "--reason", "by hand"], `/api/events/${A}/dismiss`, { reason: "by hand" }],
    [["pause", "crm", "--why", "update"], "/api/destinations/crm/pause", { why: "update" }],
    [["pause", "crm"], "/api/destinations/crm/pause", {}],
    [["resume", "crm"], "/api/destinations/crm/resume", {}],
    [["replays", "rpl_1", "--cancel"], "/api/replays/rpl_1/cancel", {}],
  ])("%j is one call", async (argv, path, body) => {
    const { url, requests } = await fakeRelay(() => [
      202,
      { id: A, deliveries: 1, name: "crm", paused: "x", state: "canceled", started_at: "x" },
    ]);
    const { exitCode } = await run([...argv, "--url", url, "--token", "t"]);
    expect(exitCode).toBe(0);
    expect(requests).toEqual([{ method: "POST", path, token: "Bearer t", body }]);
  });
});

describe("the list of bulk replays", () => {
  const job = {
    id: "rpl_1",
    state: "finished",
    replayed: 3,
    total: 4,
    started_at: "2026-11-28T00:00:00.000Z",
  };

  it("is a page of it, and says how to see the next one", async () => {
    const { url, requests } = await fakeRelay(() => [200, { replays: [job], cursor: "position" }]);
    const { out } = await run([
      "replays",
      "--limit",
      "1",
      "--cursor",
      "before",
      "--url",
      url,
      "--token",
      "t",
    ]);
    expect(requests[0]?.path).toBe("/api/replays?limit=1&cursor=before");
    expect(out).toContain("3 of 4");
    expect(out).toMatch(/there is more: --limit, or --cursor position$/);
  });

  it("says so when there is none", async () => {
    const { url } = await fakeRelay(() => [200, { replays: [], cursor: null }]);
    expect((await run(["replays", "--url", url, "--token", "t"])).out).toBe("no bulk replay");
  });
});

/** A relay with `matching` events for an order in bulk; `parts` are what it answers to the order itself. */
function bulkRelay(matching: number, parts: readonly object[]) {
  const left = [...parts];
  return fakeRelay(({ body }: Asked) => {
    const isDry = (body as { dry_run?: boolean } | undefined)?.dry_run === true;
    return isDry ? [200, { matching }] : [200, left.shift() ?? {}];
  });
}

const part = (succeeded: number, more: boolean, failures: readonly object[] = []) => ({
  succeeded,
  failed: failures.length,
  failures,
  more,
  remaining: more ? 50 : failures.length,
});

describe("orders in bulk", () => {
  const dismiss = ["dismiss", "--state", "dead", "--reason", "gone"];
  const NOW = Date.parse("2026-10-01T12:00:00.000Z");
  const untilNow = "2026-10-01T12:00:00.001Z";

  it("only count with --dry-run", async () => {
    const { url, requests } = await bulkRelay(7, []);
    const { out, exitCode } = await run([...dismiss, "--dry-run", "--url", url], { now: () => NOW });
    expect(exitCode).toBe(0);
    expect(out).toBe("7 events would be dismissed");
    expect(requests.map(({ body }) => body)).toEqual([
      { state: "dead", to: untilNow, reason: "gone", dry_run: true },
    ]);
  });

  it("ask how many first, and do nothing after a no", async () => {
    const { url, requests } = await bulkRelay(7, []);
    const { exitCode, asked } = await run([...dismiss, "--url", url], { answer: false });
    expect(exitCode).toBe(5);
    expect(asked).toEqual([`7 events will be dismissed at ${new URL(url).host}. Go on?`]);
    expect(requests).toHaveLength(1);
  });

  it("do nothing where nobody can be asked and --yes is not given", async () => {
    const { url, requests } = await bulkRelay(7, []);
    const { exitCode, err } = await run([...dismiss, "--url", url]);
    expect(exitCode).toBe(5);
    expect(err).toContain("give --yes");
    expect(requests).toHaveLength(1);
  });

  it("go on part by part while there is more", async () => {
    const { url, requests } = await bulkRelay(450, [part(200, true), part(200, true), part(50, false)]);
    const { json, exitCode } = await run([...dismiss, "--yes", "--json", "--url", url]);
    expect(exitCode).toBe(0);
    expect(json).toEqual({ succeeded: 450, failed: 0, failures: [], more: false, remaining: 0 });
    expect(requests.slice(1)).toMatchObject(
      Array.from({ length: 3 }, () => ({
        path: "/api/dismissals",
        body: { state: "dead", reason: "gone", limit: 200 },
      })),
    );
  });

  // Without an end, each part took in what had come meanwhile, which nobody had been shown.
  it.each([
    ["dismiss", ["--reason", "gone"]],
    ["release", []],
  ])("%s: every part is about what had come when it was counted", async (command, more) => {
    const { url, requests } = await bulkRelay(250, [part(200, true), part(50, false)]);
    let now = NOW;
    const argv = [command, "--state", "quarantined", ...more, "--yes", "--url", url];
    expect(await run(argv, { now: () => now++ })).toMatchObject({ exitCode: 0 });
    expect(requests.map(({ body }) => (body as { to?: string }).to)).toEqual([untilNow, untilNow, untilNow]);
  });

  it("keep the end that was given", async () => {
    const to = "2026-09-01T00:00:00.000Z";
    const { url, requests } = await bulkRelay(0, []);
    await run([...dismiss, "--to", to, "--url", url]);
    expect(requests).toMatchObject([{ body: { to } }]);
  });

  it("end with 1 and name what failed, and do not repeat for ever what cannot succeed", async () => {
    const { url, requests } = await bulkRelay(2, [
      part(0, true, [{ id: A, error: "it was\nreleased already" }]),
    ]);
    const { out, exitCode } = await run(["release", "--source", "ipay/eu", "--yes", "--url", url]);
    expect(exitCode).toBe(1);
    expect(out).toBe(`0 released, 50 remain, 1 not:\n  ${A}: it was?released already`);
    expect(requests.map(({ path }) => path)).toEqual(["/api/releases", "/api/releases"]);
  });

  it("show how far a replay is until it has ended", async () => {
    const job = (state: string, replayed: number) => ({ id: "rpl_1", state, replayed, total: 9 });
    const { url, requests } = await bulkRelay(9, [job("running", 0), job("running", 4), job("finished", 9)]);
    const shown: (string | null)[] = [];
    const { out } = await run(
      ["replay", "--from", "2026-10-01T00:00:00Z", "--per-second", "10", "--yes", "--url", url],
      { progress: (text) => void shown.push(text) },
    );
    expect(out).toBe("rpl_1: finished, 9 of 9 sent again");
    expect(shown).toContain("4 of 9 handed over …");
    expect(requests[1]).toMatchObject({
      path: "/api/replays",
      body: { from: "2026-10-01T00:00:00.000Z", per_second: 10 },
    });
  });
});

describe("ledger", () => {
  const ledger = (remainder: object) => ({
    sources: { "ipay/eu": { authentic: 2, accepted: 2, duplicate: 0 } },
    destinations: { crm: { owed: 2, delivered: 1, pending: 1 } },
    remainder,
  });

  it("ends with 0 when everything adds up", async () => {
    const { url } = await fakeRelay(() => [200, ledger({})]);
    const { out, exitCode } = await run(["ledger", "--url", url]);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/ipay\/eu +2 +2 +·/);
    expect(out).toContain("everything adds up");
  });

  it("ends with 1 and names what does not", async () => {
    const { url } = await fakeRelay(() => [200, ledger({ "crm.owed": -1 })]);
    const { out, exitCode } = await run(["ledger", "--url", url]);
    expect(exitCode).toBe(1);
    expect(out).toContain("does not add up: crm.owed -1");
  });
});

it("destinations say how each one is", async () => {
  const one = {
    pending: 1,
    parked: 2,
    dead: 3,
    delivered: 4,
    host: "crm.test",
    misconfigured: null,
    paused: null,
    breakers_open: 0,
  };
  const { url } = await fakeRelay(() => [
    200,
    {
      destinations: [
        { ...one, name: "up" },
        { ...one, name: "held", paused: "update" },
        { ...one, name: "down", breakers_open: 2 },
        { ...one, name: "gone", host: null },
        { ...one, name: "broken", host: null, misconfigured: "url: is not a URL" },
      ],
    },
  ]);
  const { out } = await run(["destinations", "--url", url]);
  expect(out).toMatch(/up +crm\.test +up +1 +2 +3 +4/);
  expect(out).toMatch(/held +crm\.test +paused: update/);
  expect(out).toMatch(/down +crm\.test +down \(circuit breaker open in 2 shards\)/);
  expect(out).toMatch(/gone +- +not configured/);
  expect(out).toMatch(/broken +- +held: url: is not a URL/);
});

it("a test event that is not taken ends with 1, and what was answered prints nothing of its own", async () => {
  const told = { name: "crm", event: A, delivered: true, status: 200, error: null, answer: "ok" };
  const taken = await fakeRelay(() => [200, told]);
  expect(await run(["test", "crm", "--url", taken.url])).toMatchObject({ exitCode: 0 });
  expect(taken.requests[0]).toMatchObject({ method: "POST", path: "/api/destinations/crm/test" });
  const answer = "no \u001b[31mroom";
  const { url } = await fakeRelay(() => [200, { ...told, delivered: false, status: 500, answer }]);
  const { out, exitCode } = await run(["test", "crm", "--url", url]);
  expect(exitCode).toBe(1);
  expect(out).toContain("crm has not taken it: 500 no");
  expect(out).not.toContain("\u001b[31m");
});

it("simulate counts a relay that refuses everything as not expected, and ends with 1", async () => {
  const { url } = await fakeRelay(() => [401, { error: "not authenticated" }]);
  // The callbacks are JSON, which the stand-in can read.
  const { json, exitCode } = await run(["simulate", "ipay", "--count", "2", "--url", url, "--json"]);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({
    callbacks: 2,
    replies: { "401": 2 },
    wrong: [{}, {}].map(() => expect.stringContaining("expected 200")),
  });
});

describe("forget", () => {
  const PAYMENT = "pay_0123456789abcdef0123456789abcdef";

  it("asks first, names the relay, and does nothing after a no", async () => {
    const { url, requests } = await fakeRelay(() => [200, {}]);
    const { exitCode, asked } = await run(["forget", PAYMENT, "--url", url], { answer: false });
    expect(exitCode).toBe(5);
    expect(asked[0]).toContain(`${PAYMENT} is erased at ${new URL(url).host}`);
    expect(requests).toEqual([]);
  });

  it("says how many events were erased", async () => {
    const { url, requests } = await fakeRelay(() => [200, { payment_id: PAYMENT, events: 3, dismissed: 1 }]);
    const { out } = await run(["forget", PAYMENT, "--force", "--yes", "--url", url]);
    expect(out).toBe(`3 events of ${PAYMENT} are erased, 1 of them dismissed with it`);
    expect(requests).toMatchObject([{ path: `/api/payments/${PAYMENT}/forget`, body: { force: true } }]);
  });

  it("lists what is still owed, and ends with 3", async () => {
    const { url } = await fakeRelay(() => [409, { error: `still owed: ${A} is pending` }]);
    const { exitCode, err } = await run(["forget", PAYMENT, "--yes", "--url", url]);
    expect(exitCode).toBe(3);
    expect(err).toContain(`${A} is pending`);
  });

  it("takes nothing but a payment's id", async () => {
    expect(await run(["forget", "order-4711", "--yes"])).toMatchObject({ exitCode: 2 });
  });
});
