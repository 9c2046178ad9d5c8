/** The plan of a deployment over what an account has, and its execution with a wrangler that only writes down. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { carryOut, commandLines } from "../../../tools/lib/cli/carry-out.ts";
import {
  deployPlan,
  type AccountState,
  type Needs,
  type PlanOptions,
} from "../../../tools/lib/cli/deploy-plan.ts";
import { terminalIo, type Io } from "../../../tools/lib/cli/io.ts";
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

/** Writes down its arguments, and the contents of the secrets' file while it can; fails or answers as told. */
const FAKE = `#!/usr/bin/env node
const { appendFileSync, readFileSync, existsSync } = require("node:fs");
const { join } = require("node:path");
const args = process.argv.slice(2);
const line = args.join(" ");
const file = args[args.indexOf("--secrets-file") + 1];
const secrets = args.includes("--secrets-file") ? readFileSync(file, "utf8") : null;
appendFileSync(join(__dirname, "calls"), JSON.stringify({ args, secrets, file }) + "\\n");
const { answers } = JSON.parse(readFileSync(join(__dirname, "answers.json"), "utf8"));
const [, code, text] = answers.find(([start]) => line.startsWith(start)) ?? ["", 0, ""];
process.stdout.write(text);
process.exitCode = code;
`;

interface Call {
  readonly args: readonly string[];
  readonly secrets: string | null;
  readonly file: string;
}

describe("with wrangler", () => {
  let folder: string;
  let io: Io;
  const said: string[] = [];
  const answer = (...answers: [string, number, string][]) =>
    writeFileSync(join(folder, "answers.json"), JSON.stringify({ answers }));
  const calls = (): Call[] => {
    const file = join(folder, "calls");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return lines.map((line) => JSON.parse(line) as Call);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fake-wrangler-"));
    writeFileSync(join(folder, "wrangler"), FAKE);
    chmodSync(join(folder, "wrangler"), 0o755);
    answer();
    said.length = 0;
    const PATH = [folder, process.env["PATH"]].join(delimiter);
    io = {
      ...terminalIo(),
      env: { ...process.env, PATH },
      err: (text) => void said.push(text),
      progress: () => undefined,
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("an account's queues and secrets are asked for one by one", async () => {
    answer(
      [
        "queues info dead",
        1,
        '✘ Queue "dead" does not exist. To create it, run: wrangler queues create dead',
      ],
      ["secret list", 0, '[{"name":"IPAY","type":"secret_text"}]'],
    );
    const state = await accountState(io, needs, ["--config", "x.toml"]);
    expect(state).toEqual({ queues: new Set(["deliveries"]), secrets: new Set(["IPAY"]) });
    expect(calls().map(({ args }) => args.slice(0, 3).join(" "))).toEqual([
      "whoami --json",
      "queues info deliveries",
      "queues info dead",
      "secret list --name",
    ]);
  });

  it("a Worker that is not there yet has no secrets", async () => {
    answer(["secret list", 1, '✘ Worker "shop-relay" not found.']);
    expect((await accountState(io, needs, [])).secrets).toBeNull();
  });

  it.each([
    ["whoami", "not logged in"],
    ["queues info", "wrangler queues info deliveries failed (1)"],
    ["secret list", "wrangler secret list"],
  ])("a failure of %s that says nothing about what is there is a failure", async (command, message) => {
    answer([command, 1, "fetch failed"]);
    await expect(accountState(io, needs, [])).rejects.toMatchObject({
      message: expect.stringContaining(message),
      exitCode: 4,
      problems: ["fetch failed"],
    });
  });

  it("the steps are carried out in order, secrets in a file that is gone afterwards", async () => {
    const plan = deployPlan(needs, empty, options);
    await carryOut(io, plan.ok ? plan.steps : [], { ADMIN_TOKEN: "a$b", IPAY: "c", UNUSED: "d" });
    expect(calls().map(({ args }) => args[0])).toEqual(["queues", "queues", "deploy"]);
    const deploy = calls().at(-1);
    expect(JSON.parse(deploy?.secrets ?? "")).toEqual({ ADMIN_TOKEN: "a$b", IPAY: "c" });
    expect(existsSync(deploy?.file ?? "")).toBe(false);
  });

  it("nothing is deployed after a step that has failed, and what it said is shown", async () => {
    answer(["queues create dead", 1, "retention is too long for this plan"]);
    const plan = deployPlan(needs, empty, options);
    await expect(carryOut(io, plan.ok ? plan.steps : [], {})).rejects.toMatchObject({
      exitCode: 4,
      problems: ["retention is too long for this plan"],
    });
    expect(calls().map(({ args }) => args.slice(0, 3).join(" "))).toEqual([
      "queues create deliveries",
      "queues create dead",
    ]);
  });

  it("the secrets' file is gone also when the deployment fails", async () => {
    answer(["deploy", 1, "no"]);
    const plan = deployPlan({ ...needs, queues: [] }, empty, options);
    await expect(carryOut(io, plan.ok ? plan.steps : [], {})).rejects.toThrow("wrangler deploy");
    expect(existsSync(calls().at(-1)?.file ?? "")).toBe(false);
  });
});
