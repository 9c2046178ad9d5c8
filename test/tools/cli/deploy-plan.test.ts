/** The plan of a deployment over what an account has, and its execution with a wrangler that only writes down. */
import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { carryOut, commandLines } from "../../../tools/lib/cli/carry-out.ts";
import {
  deployPlan,
  type AccountState,
  type Needs,
  type PlanOptions,
} from "../../../tools/lib/cli/deploy-plan.ts";
import { terminalIo, type Io } from "../../../tools/lib/cli/io.ts";
import { fakeWrangler, type FakeWrangler } from "./fake-wrangler.ts";
import { accountState } from "../../../tools/lib/cli/wrangler.ts";

const needs: Needs = {
  worker: "shop-relay",
  queues: ["deliveries", "dead"],
  secrets: ["ADMIN_TOKEN", "IPAY"],
};
const options: PlanOptions = {
  retentionSeconds: 1_209_600,
  configArgs: ["--config", "x.toml"],
  available: new Set(["ADMIN_TOKEN", "IPAY", "UNUSED"]),
  allSecrets: false,
};
const empty: AccountState = { queues: new Set(), secrets: null };
const full: AccountState = { queues: new Set(needs.queues), secrets: new Set(needs.secrets) };
const RETENTION = ["--message-retention-period-secs", "1209600"];

const argsOf = (state: AccountState, more: Partial<PlanOptions> = {}) => {
  const plan = deployPlan(needs, state, { ...options, ...more });
  return plan.ok ? plan.steps.map(({ args }) => args) : plan.missing;
};

describe("the plan", () => {
  it("of an empty account makes every queue, then deploys with every secret", () => {
    expect(argsOf(empty)).toEqual([
      ["queues", "create", "deliveries", ...RETENTION],
      ["queues", "create", "dead", ...RETENTION],
      ["deploy", "--config", "x.toml", "--secrets-file", "<secrets-file>"],
    ]);
    const plan = deployPlan(needs, empty, options);
    expect(plan.ok && plan.steps.at(-1)?.secrets).toEqual(["ADMIN_TOKEN", "IPAY"]);
  });

  it("of an account that has everything creates nothing and uploads no secret", () => {
    expect(argsOf(full)).toEqual([
      ["queues", "update", "deliveries", ...RETENTION],
      ["queues", "update", "dead", ...RETENTION],
      ["deploy", "--config", "x.toml"],
    ]);
  });

  it("uploads the secrets that a Worker lacks, and no others", () => {
    const plan = deployPlan(needs, { ...full, secrets: new Set(["ADMIN_TOKEN"]) }, options);
    expect(plan.ok && plan.steps.at(-1)).toMatchObject({ secrets: ["IPAY"], what: "deploy, with 1 secrets" });
  });

  it("uploads all of them again when it is told to, after a rotation", () => {
    const plan = deployPlan(needs, full, { ...options, allSecrets: true });
    expect(plan.ok && plan.steps.at(-1)?.secrets).toEqual(["ADMIN_TOKEN", "IPAY"]);
  });

  it("is none while a secret is neither there nor at hand", () => {
    expect(argsOf(empty, { available: new Set(["IPAY"]) })).toEqual(["ADMIN_TOKEN"]);
    expect(argsOf(full, { available: new Set() })).toHaveLength(3);
  });

  it("reads as commands that can be typed", () => {
    const plan = deployPlan({ ...needs, queues: [] }, empty, {
      ...options,
      configArgs: ["--config", "my file.toml"],
    });
    expect(plan.ok && commandLines(plan.steps, "my/.dev.vars")).toEqual([
      "# deploy the Worker for the first time, with 2 secrets: ADMIN_TOKEN, IPAY",
      "npx wrangler deploy --config 'my file.toml' --secrets-file my/.dev.vars",
    ]);
  });
});

// Each of its commands is a process, and machines are shared.
describe("with wrangler", { timeout: 60_000 }, () => {
  let fake: FakeWrangler;
  let io: Io;
  const said: string[] = [];

  beforeEach(() => {
    fake = fakeWrangler();
    said.length = 0;
    io = { ...terminalIo(), env: fake.env, err: (text) => void said.push(text), progress: () => undefined };
  });
  afterEach(() => fake.remove());

  it("an account's queues and secrets are asked for one by one", async () => {
    fake.answer(
      [
        "queues info dead",
        1,
        '✘ Queue "dead" does not exist. To create it, run: wrangler queues create dead',
      ],
      ["secret list", 0, '[{"name":"IPAY","type":"secret_text"}]'],
    );
    const state = await accountState(io, needs, ["--config", "x.toml"]);
    expect(state).toEqual({ queues: new Set(["deliveries"]), secrets: new Set(["IPAY"]) });
    const [first, ...others] = fake.calls().map(({ args }) => args.slice(0, 3).join(" "));
    expect(first).toBe("whoami --json");
    expect(others.toSorted()).toEqual(["queues info dead", "queues info deliveries", "secret list --name"]);
  });

  it("a Worker that is not there yet has no secrets", async () => {
    fake.answer(["secret list", 1, '✘ Worker "shop-relay" not found.']);
    expect((await accountState(io, needs, [])).secrets).toBeNull();
  });

  it.each([
    ["whoami", "not logged in"],
    ["queues info", "wrangler queues info d"],
    ["secret list", "wrangler secret list"],
  ])("a failure of %s that says nothing about what is there is a failure", async (command, message) => {
    fake.answer([command, 1, "fetch failed"]);
    await expect(accountState(io, needs, [])).rejects.toMatchObject({
      message: expect.stringContaining(message),
      exitCode: 4,
      problems: ["fetch failed"],
    });
  });

  it("the steps are carried out in order, secrets in a file that is gone afterwards", async () => {
    const plan = deployPlan(needs, empty, options);
    await carryOut(io, plan.ok ? plan.steps : [], { ADMIN_TOKEN: "a$b", IPAY: "c", UNUSED: "d" });
    expect(fake.calls().map(({ args }) => args[0])).toEqual(["queues", "queues", "deploy"]);
    const deploy = fake.calls().at(-1);
    expect(JSON.parse(deploy?.secrets ?? "")).toEqual({ ADMIN_TOKEN: "a$b", IPAY: "c" });
    expect(existsSync(deploy?.file ?? "")).toBe(false);
  });

  it("nothing is deployed after a step that has failed, and what it said is shown", async () => {
    fake.answer(["queues create dead", 1, "retention is too long for this plan"]);
    const plan = deployPlan(needs, empty, options);
    await expect(carryOut(io, plan.ok ? plan.steps : [], {})).rejects.toMatchObject({
      exitCode: 4,
      problems: ["retention is too long for this plan"],
    });
    expect(fake.calls().map(({ args }) => args.slice(0, 3).join(" "))).toEqual([
      "queues create deliveries",
      "queues create dead",
    ]);
  });

  it("the secrets' file is gone also when the deployment fails", async () => {
    fake.answer(["deploy", 1, "no"]);
    const plan = deployPlan({ ...needs, queues: [] }, empty, options);
    await expect(carryOut(io, plan.ok ? plan.steps : [], {})).rejects.toThrow("wrangler deploy");
    expect(existsSync(fake.calls().at(-1)?.file ?? "")).toBe(false);
  });
});
