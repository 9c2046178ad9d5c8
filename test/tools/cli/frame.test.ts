/** What all commands of `relay` share: help, mistakes of the command line, exit codes, `--json`. */
import { describe, expect, it } from "vitest";
import { fakeRelay, run } from "./support.ts";

const COMMANDS =
  "init check deploy events show replay replays release dismiss forget destinations pause resume test ledger diagnose tail simulate crm verifier";

describe("the help", () => {
  it("lists every command", async () => {
    const { exitCode, out } = await run(["--help"]);
    expect(exitCode).toBe(0);
    for (const command of COMMANDS.split(" ")) expect(out).toMatch(new RegExp(`^  ${command} `, "m"));
  });

  it.each(COMMANDS.split(" "))("of %s shows --json and examples of it", async (command) => {
    const { exitCode, out } = await run([command, "--help"]);
    expect(exitCode).toBe(0);
    expect(out).toContain("--json");
    expect(out).toContain(`Examples:\n  npm run relay -- ${command}`);
  });
});

describe("a wrong command line", () => {
  it.each([
    [["bogus"], "unknown command 'bogus'"],
    [["events", "--bogus"], "unknown option '--bogus'"],
    [["show"], "missing required argument 'id'"],
    [["show", "4711"], '"4711" is no id'],
    [["events", "--from", "yesterday"], "how long ago: 30m, 2h, 3d"],
    [["events", "--limit", "0"], "it is a whole number from 1"],
    [["dismiss", "evt_1"], "required option '--reason <why>' not specified"],
    [["dismiss", "evt_1", "--state", "dead", "--reason", "x"], "not both"],
    [["release"], "which events?"],
    [["replay", "--state", "dead"], "needs a beginning"],
    [["replays", "--cancel"], "which one"],
    [["ledger", "--url", "nonsense"], "--url is an address"],
    [["simulate", "paypal"], 'not "paypal"'],
    [["simulate", "ipay", "--scenario", "bogus"], 'ipay has no scenario "bogus"'],
    [["crm", "--port", "70000"], "from 1 to 65535"],
    [["crm", "--fail", "bogus"], "--fail is one of 500"],
    [["verifier", "--mode", "bogus"], "--mode is one of"],
  ])("%j ends with 2 and says what is wrong", async (argv, message) => {
    const { exitCode, out, err } = await run(argv);
    expect(err).toContain(message);
    expect(out).toBe("");
    expect(exitCode).toBe(2);
  });

  it("prints the help for none at all, and ends with 2", async () => {
    const { exitCode, err } = await run([]);
    expect(exitCode).toBe(2);
    expect(err).toContain("Usage: relay");
  });
});

describe("a token", () => {
  it("is not sent over http: to another machine", async () => {
    const { exitCode, err } = await run(["ledger", "--url", "http://relay.example.com", "--token", "t"]);
    expect(exitCode).toBe(2);
    expect(err).toContain("is not https:");
  });

  it("of the local relay is not taken for another one", async () => {
    const { exitCode, err } = await run(["ledger", "--url", "https://relay.example.com"]);
    expect(exitCode).toBe(2);
    expect(err).toContain("no token");
  });

  it("and the address come from the environment when no option gives them", async () => {
    const { url, requests } = await fakeRelay(() => [200, { sources: {}, destinations: {}, remainder: {} }]);
    await run(["ledger"], { env: { RELAY_URL: url, RELAY_TOKEN: "of the environment" } });
    expect(requests).toMatchObject([{ path: "/api/ledger", token: "Bearer of the environment" }]);
    await run(["ledger", "--token", "of the option"], { env: { RELAY_URL: url, RELAY_TOKEN: "other" } });
    expect(requests[1]).toMatchObject({ token: "Bearer of the option" });
  });
});

describe("the relay's refusal", () => {
  it.each([
    [401, { error: "not authenticated" }, 3, "does not accept the token"],
    [404, { error: "not found" }, 3, "(404): not found"],
    [400, { errors: [{ in: "query", path: "state.0", message: "wrong" }] }, 3, "query state.0: wrong"],
    [429, { error: "too many failed log-ins" }, 3, "too many failed log-ins"],
    [503, { error: "the configuration has problems" }, 4, "answered 503"],
    [200, "<html>", 4, "answered 200"],
    [302, { error: "moved" }, 3, "302"],
  ])("%i %j ends with %i", async (status, body, code, message) => {
    const { url } = await fakeRelay(() => [status, body]);
    const { exitCode, err } = await run(["ledger", "--url", url, "--token", "t"]);
    expect(err).toContain(message);
    expect(exitCode).toBe(code);
  });

  it("is one JSON value under --json", async () => {
    const { url } = await fakeRelay(() => [404, { error: "not found" }]);
    const { json, err } = await run(["show", "evt_1", "--url", url, "--json"]);
    expect(json).toEqual({ error: "the relay refuses it (404): not found", problems: [], exit_code: 3 });
    expect(err).toBe("");
  });

  it("that never comes, because nobody listens, ends with 4", async () => {
    // Port 9 (discard) is nobody's.
    const { exitCode, err } = await run(["ledger", "--url", "http://127.0.0.1:9", "--token", "t"]);
    expect(err).toContain("no answer from http://127.0.0.1:9");
    expect(exitCode).toBe(4);
  });
});
