/** What an operator is told of the relay's clock and of what it needs of the platform. */
import { createExecutionContext } from "cloudflare:test";
import { expect, it } from "vitest";
import { checkBindings } from "../../src/api/binding-checks.ts";
import { app } from "../../src/app.ts";
import type { Env } from "../../src/env.ts";
import { secrets } from "../support/bindings.ts";
import { config } from "../support/callbacks.ts";
import { bindings } from "../support/worker.ts";

it("an operator's health check has the time and the bindings, a stranger's has neither", async () => {
  const ask = async (headers: Record<string, string>) =>
    await (
      await app.fetch(
        new Request("https://relay.test/healthz", { headers }),
        bindings,
        createExecutionContext(),
      )
    ).json();
  const answer = await ask({ authorization: `Bearer ${secrets.ADMIN_TOKEN}` });
  expect(answer).toMatchObject({
    status: "ok",
    bindings: expect.arrayContaining([{ name: "INBOX", state: "answers", error: null }]),
  });
  expect((answer as { time: string }).time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(await ask({})).toEqual({ status: "ok" });
});

it("what answers, what is only there, what fails and what is missing are told apart", async () => {
  const { LOGINS: _, ...others } = bindings;
  const broken = { get: () => Promise.reject(new Error("KV is away")) };
  const checks = await checkBindings({ ...others, SEEN: broken } as unknown as Env, config);
  const stateOf = (name: string) => checks.find((check) => check.name === name);
  expect(stateOf("INBOX")).toEqual({ name: "INBOX", state: "answers", error: null });
  expect(stateOf("SEEN")).toEqual({ name: "SEEN", state: "failed", error: "KV is away" });
  expect(stateOf("DELIVERIES")).toMatchObject({ state: "present" });
  expect(stateOf("LOGINS")).toMatchObject({ state: "missing" });
});

it("an Inbox that is not there is missing, not an error of the check", async () => {
  const checks = await checkBindings({ ...bindings, INBOX: undefined } as unknown as Env, config);
  expect(checks[0]).toEqual({ name: "INBOX", state: "missing", error: null });
});
