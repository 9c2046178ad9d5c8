/** A merchant's file and ours become one configuration, and neither may say what is the other's. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unstable_readConfig as readWranglerConfig } from "wrangler";
import { loadConfig } from "../../../src/config/schema.ts";
import type { Table } from "../../../src/config/table.ts";
import { deploymentFiles, deployments } from "../../../tools/lib/deployment/files.ts";
import { makeDeployment, readDeployment } from "../../../tools/lib/deployment/make.ts";
import { mergeDeployment, queueNames } from "../../../tools/lib/deployment/merge.ts";
import { ownProblems, secretsNeeded } from "../../../tools/lib/deployment/own.ts";

const PROJECT = join(import.meta.dirname, "../../..");
const tomlOf = (text: string) => getStaticTOMLValue(parseTOML(text)) as Table;
const ours = tomlOf(readFileSync(join(PROJECT, "wrangler.toml"), "utf8"));
const example = tomlOf(readFileSync(deploymentFiles(PROJECT, "example").own, "utf8"));

/** The example with changes. */
const own = (changes: Table = {}): Table => ({ ...example, ...changes });
const problemsOf = (changes: Table) => ownProblems(own(changes), ours).map(({ path }) => path.join("."));

describe("the example", () => {
  it("has no problem but that its secrets are to be set", () => {
    expect(ownProblems(example, ours)).toEqual([]);
    const { RELAY } = example["vars"] as Table;
    const secrets = {
      ADMIN_TOKEN: "x".repeat(32),
      CRYPTOPAY_SHOP_SECRET: "of-nobody",
      CRM_SIGNING_SECRET: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    };
    expect(loadConfig({ ...secrets, RELAY }).problems).toEqual([]);
    expect(secretsNeeded(example).toSorted()).toEqual(Object.keys(secrets).toSorted());
  });

  it("sets what a deployment has to decide", () => {
    for (const key of [
      "name",
      "routes",
      "workers_dev",
      "preview_urls",
      "limits",
      "placement",
      "observability",
    ])
      expect(example).toHaveProperty(key);
  });
});

describe("what is made of both", () => {
  const made = mergeDeployment(ours, own(), "../..");

  it("has every binding, queue, migration and trigger of ours", () => {
    for (const key of [
      "durable_objects",
      "migrations",
      "triggers",
      "compatibility_date",
      "compatibility_flags",
    ])
      expect(made[key]).toEqual(ours[key]);
    const names = (config: Table, list: string, key: string) =>
      (config[list] as Table[]).map((entry) => entry[key]);
    for (const [list, key] of [
      ["kv_namespaces", "binding"],
      ["ratelimits", "name"],
      ["analytics_engine_datasets", "binding"],
    ] as const)
      expect(names(made, list, key)).toEqual(names(ours, list, key));
    expect(made["main"]).toBe("../../src/index.ts");
  });

  it("has a binding for e-mails where a channel of alerts is one, for its addresses alone", () => {
    expect(made).not.toHaveProperty("send_email");
    const vars = example["vars"] as { RELAY: Table };
    const office = { kind: "email", from: "relay@example.com", to: ["ops@example.com"] };
    const chief = { ...office, to: ["ops@example.com", "chief@example.com"] };
    const alert_channels = { office, chief, team: { kind: "slack", secrets: ["TEAM_URL"] } };
    const changed = own({ vars: { RELAY: { ...vars.RELAY, alert_channels } } });
    expect(mergeDeployment(ours, changed, "../..")["send_email"]).toEqual([
      {
        name: "EMAIL",
        allowed_sender_addresses: ["relay@example.com"],
        allowed_destination_addresses: ["ops@example.com", "chief@example.com"],
      },
    ]);
  });

  it("has nothing of the development set-up", () => {
    expect(made).not.toHaveProperty("account_id");
    expect(made["vars"]).toEqual(example["vars"]);
    expect(JSON.stringify(made)).not.toContain("127.0.0.1");
    expect(JSON.stringify(made)).not.toContain('"development"');
  });

  it("shares no queue, dataset or rate limit with another Worker of the account", () => {
    const staging = mergeDeployment(ours, own({ name: "psp-relay-staging" }), "../..");
    const shared = queueNames(made).filter((queue) => queueNames(staging).includes(queue));
    expect(shared).toEqual([]);
    expect(queueNames(made)).toEqual([
      "psp-relay-deliveries",
      "psp-relay-verifications",
      "psp-relay-deliveries-dead",
    ]);
    const numbers = [made, staging].flatMap((config) =>
      (config["ratelimits"] as Table[]).map((limit) => limit["namespace_id"]),
    );
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(staging["analytics_engine_datasets"]).toMatchObject([{ dataset: "psp_relay_staging" }]);
  });

  it("names every secret, so that wrangler deploys no version without one of them", () => {
    expect(made["secrets"]).toEqual({
      required: ["CRYPTOPAY_SHOP_SECRET", "CRM_SIGNING_SECRET", "ADMIN_TOKEN"],
    });
  });

  it("needs no shared token where operators have their own", () => {
    const { RELAY } = example["vars"] as { RELAY: Table };
    const operators = { jana: { role: "operate", secrets: ["JANA_TOKEN"] } };
    const vars = { RELAY: { ...RELAY, operators } };
    expect(secretsNeeded(own({ vars }))).toEqual([
      "CRYPTOPAY_SHOP_SECRET",
      "CRM_SIGNING_SECRET",
      "JANA_TOKEN",
    ]);
  });

  it("has the merchant's values of what is theirs to say, beside ours", () => {
    const config = mergeDeployment(
      ours,
      own({
        account_id: "0123456789abcdef0123456789abcdef",
        observability: { head_sampling_rate: 0.1 },
        kv_namespaces: [{ binding: "SEEN", id: "abc" }],
        ratelimits: [{ name: "LOGINS", simple: { limit: 5, period: 60 } }],
      }),
      "../..",
    );
    expect(config).toMatchObject({
      account_id: "0123456789abcdef0123456789abcdef",
      observability: { head_sampling_rate: 0.1, redact_query_string: true, logs: { invocation_logs: false } },
      kv_namespaces: [{ binding: "SEEN", id: "abc" }],
    });
    const limits = config["ratelimits"] as Table[];
    expect(limits.find(({ name }) => name === "LOGINS")).toMatchObject({ simple: { limit: 5 } });
    expect(limits).toHaveLength((ours["ratelimits"] as Table[]).length);
  });
});

describe("traces", () => {
  it("are off, and go where the merchant says once they are on", () => {
    const tracesOf = (changes: Table) =>
      (mergeDeployment(ours, own(changes), "../..")["observability"] as Table)["traces"];
    expect(tracesOf({})).toEqual({ enabled: false });
    const traces = { enabled: true, head_sampling_rate: 0.05, destinations: ["traces-of-ours"] };
    const observability = { traces, logs: { destinations: ["logs-of-ours"] } };
    expect(tracesOf({ observability })).toEqual(traces);
    expect(problemsOf({ observability })).toEqual([]);
  });
});

describe("a problem of the merchant's file", () => {
  it.each<[string, Table, string[]]>([
    ["the code", { main: "src/index.ts" }, ["main"]],
    ["a queue", { queues: {} }, ["queues"]],
    ["a migration", { migrations: [] }, ["migrations"]],
    ["an environment of wrangler's", { env: {} }, ["env"]],
    ["no name", { name: undefined }, ["name"]],
    ["a name that is no part of a host name", { name: "PSP relay" }, ["name"]],
    ["the development set-up's name", { name: ours["name"] }, ["name"]],
    ["no address", { routes: undefined }, ["routes"]],
    ["no RELAY", { vars: {} }, ["vars.RELAY"]],
    ["a secret in the file", { vars: { ...(example["vars"] as Table), KEY: "whsec_…" } }, ["vars.KEY"]],
    ["development", { vars: { RELAY: { environment: "development" } } }, ["vars.RELAY.environment"]],
    [
      "invocation logs",
      { observability: { logs: { invocation_logs: true } } },
      ["observability.logs.invocation_logs"],
    ],
    ...[
      { sources: { iqpay: { shop: {} } } },
      { sources: { tokenpayments: { shop: {} } } },
      { sources: { ipay: { shop: { path_secrets: ["IPAY_PATH"] } } } },
      { alert_channels: { team: { kind: "slack" } } },
      { alert_channels: { chat: { kind: "telegram" } } },
    ].map((RELAY): [string, Table, string[]] => [
      `traces beside a secret in an address of ${JSON.stringify(RELAY)}`,
      { observability: { traces: { enabled: true } }, vars: { RELAY } },
      ["observability.traces.enabled"],
    ]),
    [
      "queries in logs",
      { observability: { redact_query_string: false } },
      ["observability.redact_query_string"],
    ],
    ["a namespace that is none of ours", { kv_namespaces: [{ binding: "OTHER" }] }, ["kv_namespaces.0"]],
  ])("is %s", (_, changes, paths) => {
    expect(problemsOf(changes)).toEqual(paths);
  });

  it("is not an address of workers.dev alone", () => {
    expect(problemsOf({ routes: undefined, workers_dev: true })).toEqual([]);
  });
});

describe("a deployment's folder", () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "psp-relay-deployment-"));
    cpSync(join(PROJECT, "wrangler.toml"), join(project, "wrangler.toml"));
    mkdirSync(join(project, "deployments/production"), { recursive: true });
    cpSync(deploymentFiles(PROJECT, "example").own, join(project, "deployments/production/relay.toml"));
  });
  afterEach(() => rmSync(project, { recursive: true }));

  it("is found by its name, and gets a configuration that wrangler reads", () => {
    expect(deployments(project)).toEqual(["production"]);
    const deployment = readDeployment(project, "production");
    expect(deployment.problems).toEqual([]);
    const made = makeDeployment(deployment);
    const read = readWranglerConfig({ config: made }, { hideWarnings: true });
    expect(read.name).toBe("psp-relay");
    expect(read.main).toBe(join(project, "src/index.ts"));
    expect(read.routes).toEqual([{ pattern: "relay.example.com", custom_domain: true }]);
    expect(read.limits).toEqual({ cpu_ms: 30_000 });
    expect(read.secrets).toEqual({ required: deployment.secrets });
    expect(read.queues.consumers.map((consumer: { queue: string }) => consumer.queue).toSorted()).toEqual(
      deployment.queues.toSorted(),
    );
  });

  it("is missing in words, and a name that leaves the folder is none", () => {
    expect(() => readDeployment(project, "staging")).toThrow("deployments/staging/relay.toml is not there");
    expect(() => readDeployment(project, "../production")).toThrow("is no name of a deployment");
    writeFileSync(join(project, "deployments/production/relay.toml"), "name = ");
    expect(() => readDeployment(project, "production")).toThrow(ParseError);
    expect(existsSync(deploymentFiles(project, "production").made)).toBe(false);
  });
});

describe("the development set-up", () => {
  it("has an account that is nobody's and no address, so that it cannot be deployed by accident", () => {
    expect(ours["account_id"]).toBe("0".repeat(32));
    expect(ours).toMatchObject({ workers_dev: false, preview_urls: false });
    expect(ours).not.toHaveProperty("routes");
  });

  it("shares no file with a deployment: what is made and what is secret stays out of version control", () => {
    const ignored = (path: string) => {
      try {
        execFileSync("git", ["check-ignore", "-q", "--no-index", path], { cwd: PROJECT });
        return true;
      } catch {
        return false;
      }
    };
    const { made, localSecrets, own: file } = deploymentFiles(PROJECT, "production");
    expect([made, localSecrets, file].map(ignored)).toEqual([true, true, false]);
  });
});
