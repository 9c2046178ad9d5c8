/** From nothing to a deployment that could be made: `init`, `check`, `deploy --dry-run`, without a Cloudflare account. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseSecrets } from "../../../tools/lib/secrets.ts";
import { fakeWrangler, type FakeWrangler } from "./fake-wrangler.ts";
import { project as ours, run, type Ran } from "./support.ts";

let project: string;
const file = (name: string) => join(project, "deployments/production", name);
const relay = async (argv: readonly string[], more: object = {}): Promise<Ran> =>
  await run(argv, { project, ...more });

const CRM = "--destination=crm=https://crm.example.com/hooks";
const BILLING = "--destination=billing=https://billing.example.com/events";
/** Two accounts and two CRMs. */
const MERCHANT = [
  "init",
  "--host",
  "relay.example.com",
  "--source",
  "cryptopay/shop=crm",
  "--source",
  "iqpay/shop=crm,billing",
  CRM,
  BILLING,
];
const ISSUED = { env: { CRYPTOPAY_SHOP_SECRET: "whsec_issued_by_cryptopay" } };

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "relay-project-"));
  copyFileSync(join(ours, "wrangler.toml"), join(project, "wrangler.toml"));
});
afterEach(() => rmSync(project, { recursive: true }));

interface Initial {
  readonly addresses: readonly { source: string; kind: string | null; url: string }[];
  readonly secrets: readonly { name: string; value: string; origin: string }[];
  readonly findings: readonly unknown[];
}

describe("init, check and deploy --dry-run, for two accounts and two CRMs", () => {
  it("go through without an account, a question or a problem", async () => {
    const init = await relay([...MERCHANT, "--json"], ISSUED);
    expect(init.exitCode).toBe(0);
    const { addresses, secrets, findings } = init.json as Initial;
    expect(findings).toEqual([]);
    const path = secrets.find(({ name }) => name === "IQPAY_SHOP_DEPOSIT_PATH")?.value;
    expect(addresses).toMatchObject([
      { source: "cryptopay/shop", kind: null, url: "https://relay.example.com/in/cryptopay/shop" },
      {
        source: "iqpay/shop",
        kind: "deposit",
        url: `https://relay.example.com/in/iqpay/shop/deposit/${path}`,
      },
      { source: "iqpay/shop", kind: "withdrawal" },
    ]);

    const check = await relay(["check", "--json"]);
    expect(check).toMatchObject({ exitCode: 0 });
    expect(check.json).toEqual({ files: [], deployed: null });

    const deploy = await relay(["deploy", "--dry-run"]);
    expect(deploy.exitCode).toBe(0);
    expect(deploy.out.split("\n").filter((line) => line.startsWith("npx"))).toEqual([
      ...["deliveries", "verifications", "deliveries-dead"].map(
        (queue) => `npx wrangler queues create psp-relay-${queue} --message-retention-period-secs 1209600`,
      ),
      "npx wrangler deploy --config deployments/production/wrangler.jsonc --secrets-file deployments/production/.dev.vars",
    ]);
    expect(existsSync(file("wrangler.jsonc"))).toBe(true);
  });

  it("make secrets of 32 random bytes, whsec_ for CRMs, in a file of this user alone", async () => {
    await relay(MERCHANT, ISSUED);
    const secrets = parseSecrets(readFileSync(file(".dev.vars"), "utf8"));
    expect(secrets["CRYPTOPAY_SHOP_SECRET"]).toBe("whsec_issued_by_cryptopay");
    for (const name of ["CRM_SIGNING_SECRET", "BILLING_SIGNING_SECRET"]) {
      const [prefix, key = ""] = (secrets[name] ?? "").split("_");
      expect(prefix).toBe("whsec");
      expect(Buffer.from(key, "base64")).toHaveLength(32);
    }
    for (const name of ["ADMIN_TOKEN", "IQPAY_SHOP_DEPOSIT_PATH", "IQPAY_SHOP_WITHDRAWAL_PATH"]) {
      expect(Buffer.from(secrets[name] ?? "", "base64url")).toHaveLength(32);
    }
    expect(new Set(Object.values(secrets)).size).toBe(6);
    expect(statSync(file(".dev.vars")).mode & 0o777).toBe(0o600);
    expect(readFileSync(file("relay.toml"), "utf8")).not.toContain("whsec_");
  });

  it("refuse to overwrite a deployment", async () => {
    await relay(MERCHANT, ISSUED);
    const before = readFileSync(file(".dev.vars"), "utf8");
    const again = await relay(MERCHANT, ISSUED);
    expect(again.exitCode).toBe(2);
    expect(again.err).toContain("deployments/production/.dev.vars would be overwritten");
    expect(readFileSync(file(".dev.vars"), "utf8")).toBe(before);
  });

  it("say which secret a provider has still to issue", async () => {
    const init = await relay(MERCHANT);
    expect(init.exitCode).toBe(0);
    expect(init.out).toContain("CRYPTOPAY_SHOP_SECRET: issued by cryptopay");
    const deploy = await relay(["deploy", "--dry-run"]);
    expect(deploy.out).toContain("# not deployed yet: no value for CRYPTOPAY_SHOP_SECRET");
    expect(deploy.exitCode).toBe(1);
  });
});

describe("init without a terminal", () => {
  it.each([
    [["init"], "--host relay.example.com"],
    [
      ["init", "--host", "relay.example.com", "--source", "tokenpayments/eu", CRM],
      "--set tokenpayments/eu.merchant_id=…",
    ],
    [["init", "--host", "not a host"], "--host is a name like"],
    [["init", "--source", "paypal/shop", CRM], "--source is provider/account"],
    [["init", "--source", "ipay/shop", CRM, BILLING], "where do events of ipay/shop go?"],
    [["init", "--source", "ipay/shop=erp", CRM], "goes to erp, which is no --destination"],
    [["init", "--destination", "crm=http://crm.example.com"], "--destination is like crm=https://"],
    [
      ["init", "--source", "ipay/shop", CRM, "--set", "ipay/other.token_at=x"],
      "there is no --source ipay/other",
    ],
    [["init", "Prod/../x"], "is no name of a deployment"],
    [[...MERCHANT, "--set", "iqpay/shop.kinds=deposit,refund"], "kinds are deposit"],
  ])("%j ends with 2 and writes nothing", async (argv, message) => {
    const { exitCode, err } = await relay(argv);
    expect(err).toContain(message);
    expect(exitCode).toBe(2);
    expect(existsSync(join(project, "deployments"))).toBe(false);
  });
});

const questions = vi.hoisted(() => ({ answers: [] as unknown[], asked: [] as string[] }));
vi.mock("@clack/prompts", () => {
  const ask = ({ message }: { message: string }) => {
    questions.asked.push(message);
    return Promise.resolve(questions.answers.shift());
  };
  return {
    text: ask,
    confirm: ask,
    multiselect: ask,
    password: ask,
    isCancel: (answer: unknown) => answer === "cancel",
  };
});

describe("init at a terminal", () => {
  const terminal = { answer: true };

  it("asks for what no option says, and writes what was answered", async () => {
    questions.answers = [
      "relay.example.com",
      "crm",
      "https://crm.example.com/h",
      true,
      "erp",
      "https://erp.example.com/h",
      false,
      ["ipay", "tokenpayments"],
      "shop",
      ["crm"],
      false,
      "eu",
      ["crm", "erp"],
      false,
      "M-1",
      "token-of-ipay",
    ];
    const init = await relay(["init", "--json"], terminal);
    expect(init.exitCode).toBe(0);
    expect((init.json as Initial).findings).toEqual([]);
    expect(questions.answers).toEqual([]);
    const toml = readFileSync(file("relay.toml"), "utf8");
    expect(toml).toContain('merchant_id = "M-1"\ndestinations = ["crm", "erp"]');
    expect(parseSecrets(readFileSync(file(".dev.vars"), "utf8"))).toMatchObject({
      IPAY_SHOP_SECRET: "token-of-ipay",
    });
  });

  it("writes nothing when it is interrupted", async () => {
    questions.answers = ["relay.example.com", "cancel"];
    expect(await relay(["init"], terminal)).toMatchObject({ exitCode: 5 });
    expect(existsSync(join(project, "deployments"))).toBe(false);
  });
});

describe("check names the line of", () => {
  beforeEach(async () => {
    await relay(MERCHANT, ISSUED);
  });

  /** Rewrites a file of the deployment; answers the line (from 1) on which `now` stands. */
  function change(name: string, before: string | RegExp, now: string): number {
    const text = readFileSync(file(name), "utf8").replace(before, now);
    expect(text).toContain(now);
    writeFileSync(file(name), text);
    return text.slice(0, text.indexOf(now)).split("\n").length;
  }

  async function findings(): Promise<string[]> {
    const { out, exitCode } = await relay(["check"]);
    expect(exitCode).toBe(1);
    return out.split("\n").slice(0, -1);
  }

  const toml = "deployments/production/relay.toml";
  const vars = "deployments/production/.dev.vars";
  const lineIn = (text: string) => readFileSync(file("relay.toml"), "utf8").split("\n").indexOf(text) + 1;

  it.each([
    ["CRYPTOPAY_SHOP_SECRET", "whsec_demo_secret"],
    ["IQPAY_SHOP_DEPOSIT_PATH", "s3cr3t_dep"],
    ["CRM_SIGNING_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  ])("the sample secret %s", async (name, sample) => {
    change(".dev.vars", new RegExp(`^${name}=.*$`, "m"), `${name}='${sample}'`);
    const [found] = await findings();
    const line = lineIn(`secrets = ["${name}"]`) || lineIn(`secrets = ["${name}"] # issued by the provider`);
    expect(line).toBeGreaterThan(1);
    expect(found).toContain(`${toml}:${line}: problem: RELAY.`);
    expect(found).toContain(`secret ${name} is a published sample`);
    expect(found).not.toContain(sample);
  });

  it("the operators' sample token, and a short one", async () => {
    const line = change(".dev.vars", /^ADMIN_TOKEN=.*$/m, "ADMIN_TOKEN='dev-admin-token-change-me'");
    expect(await findings()).toEqual([
      `${vars}:${line}: problem: ADMIN_TOKEN: is a published sample: everybody knows it (stops the operator API and the console)`,
    ]);
    change(".dev.vars", /^ADMIN_TOKEN=.*$/m, "ADMIN_TOKEN='x'");
    expect((await findings())[0]).toContain(`${vars}:${line}: problem: ADMIN_TOKEN: is guessable`);
  });

  it("each missing secret, at the setting that names it", async () => {
    change(".dev.vars", /^(IQPAY_SHOP_DEPOSIT_PATH|BILLING_SIGNING_SECRET)=.*$/gm, "# taken out");
    const found = await findings();
    expect(found).toHaveLength(2);
    for (const [index, name] of ["IQPAY_SHOP_DEPOSIT_PATH", "BILLING_SIGNING_SECRET"].entries()) {
      expect(found[index]).toContain(`${toml}:${lineIn(`secrets = ["${name}"]`)}: problem`);
      expect(found[index]).toContain(`secret ${name} is not set`);
    }
  });

  it("all secrets, when their file is not there", async () => {
    rmSync(file(".dev.vars"));
    const found = await findings();
    expect(found).toHaveLength(6);
    expect(found.at(-1)).toContain(`${vars}: problem: ADMIN_TOKEN: is not set`);
  });

  it.each([
    ["http://crm.example.com/hooks", "must be https:"],
    ["https://127.0.0.1/hooks", "must not be an IP address"],
    ["https://localhost/hooks", "must be a public host name"],
    ["nowhere", "is not a URL"],
  ])("the wrong URL %s", async (url, message) => {
    const line = change("relay.toml", "https://crm.example.com/hooks", url);
    expect(await findings()).toEqual([
      `${toml}:${line}: problem: RELAY.destinations.crm.url: ${message} (stops deliveries to crm)`,
    ]);
  });

  it("a source that does not name its destinations, and one that names none there is", async () => {
    change("relay.toml", 'destinations = ["crm"]\n', "");
    const line = change("relay.toml", '["crm", "billing"]', '["crm", "bilking"]');
    const found = await findings();
    expect(found[0]).toContain(`${toml}:${lineIn("[vars.RELAY.sources.cryptopay.shop]")}: problem`);
    expect(found[1]).toContain(`${toml}:${line}: problem: RELAY.sources.iqpay.shop.destinations.1`);
  });

  it("a setting of wrangler's that is not a deployment's to say", async () => {
    const line = change("relay.toml", "preview_urls = false", 'main = "other.ts"');
    expect(await findings()).toEqual([expect.stringContaining(`${toml}:${line}: problem: main: is not`)]);
  });

  it("what is not TOML", async () => {
    const line = change("relay.toml", 'merchant = "x"', "") || 0;
    expect(line).toBe(1);
    const broken = change("relay.toml", "preview_urls = false", 'preview_urls = "open');
    expect(await findings()).toEqual([expect.stringContaining(`${toml}:${broken}: problem: is not TOML`)]);
  });

  it("a secret that nothing names, as a note that is no problem", async () => {
    const line = change(".dev.vars", /^ADMIN_TOKEN=/m, "CRM_SINGING_SECRET='x'\nADMIN_TOKEN=");
    const { out, exitCode } = await relay(["check"]);
    expect(exitCode).toBe(0);
    expect(out).toContain(`${vars}:${line}: note: CRM_SINGING_SECRET: no setting names this secret`);
  });

  it("a problem, and nothing is deployed", async () => {
    change("relay.toml", "https://crm.example.com/hooks", "nowhere");
    const { exitCode, err } = await relay(["deploy", "--dry-run"]);
    expect(exitCode).toBe(1);
    expect(err).toContain("RELAY.destinations.crm.url: is not a URL");
    expect(existsSync(file("wrangler.jsonc"))).toBe(false);
  });
});

it("a command for a deployment says when there is none, or which one is unclear", async () => {
  expect(await relay(["check"])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("relay init makes one"),
  });
  await relay(MERCHANT, ISSUED);
  await relay(["init", "staging", ...MERCHANT.slice(1)], ISSUED);
  expect(await relay(["check"])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("production, staging"),
  });
  expect(await relay(["check", "staging"])).toMatchObject({ exitCode: 0 });
  expect((await relay(["check", "other"])).err).toContain("is not there");
});

// Each command of wrangler is a process, and machines are shared.
describe("deploy", { timeout: 60_000 }, () => {
  let fake: FakeWrangler;
  /** An account that has nothing of it yet. */
  const nothingYet = () =>
    fake.answer(
      ["queues info", 1, "✘ Queue does not exist."],
      ["secret list", 1, '✘ Worker "psp-relay" not found.'],
    );
  const done = () =>
    fake.calls().filter(({ args }) => /^(queues (create|update)|deploy)/.test(args.join(" ")));

  beforeEach(async () => {
    fake = fakeWrangler();
    await relay(MERCHANT, ISSUED);
  });
  afterEach(() => fake.remove());

  it("shows the commands, asks, and carries them out", async () => {
    nothingYet();
    const deployed = await relay(["deploy"], { env: fake.env, answer: true });
    expect(deployed).toMatchObject({
      exitCode: 0,
      asked: [expect.stringContaining("the Worker psp-relay.")],
    });
    expect(done().map(({ args }) => args.slice(0, 3).join(" "))).toEqual([
      "queues create psp-relay-deliveries",
      "queues create psp-relay-verifications",
      "queues create psp-relay-deliveries-dead",
      "deploy --config deployments/production/wrangler.jsonc",
    ]);
    const uploaded = JSON.parse(done().at(-1)?.secrets ?? "{}") as object;
    expect(uploaded).toEqual(parseSecrets(readFileSync(file(".dev.vars"), "utf8")));
  });

  it("changes nothing after a no, nor where nobody can be asked", async () => {
    nothingYet();
    expect(await relay(["deploy"], { env: fake.env, answer: false })).toMatchObject({ exitCode: 5 });
    expect(await relay(["deploy"], { env: fake.env })).toMatchObject({ exitCode: 5 });
    expect(done()).toEqual([]);
  });

  it("goes on without the secrets' file once the account has them, and not before", async () => {
    const names = Object.keys(parseSecrets(readFileSync(file(".dev.vars"), "utf8")));
    rmSync(file(".dev.vars"));
    nothingYet();
    const refused = await relay(["deploy", "--yes"], { env: fake.env });
    expect(refused.exitCode).toBe(1);
    for (const name of names) expect(refused.err).toContain(name);
    expect(done()).toEqual([]);
    fake.answer(["secret list", 0, JSON.stringify(names.map((name) => ({ name })))]);
    expect(await relay(["deploy", "--yes"], { env: fake.env })).toMatchObject({ exitCode: 0 });
    expect(done().at(-1)).toMatchObject({ secrets: null });
  });
});

describe("--deployment", () => {
  it("has diagnose, simulate and crm work with the deployment's own configuration and secrets", async () => {
    await relay(MERCHANT, ISSUED);
    const line = `curl https://relay.example.com/in/cryptopay/shop --json '{}'`;
    const stdin = () => Promise.resolve(Buffer.from(line));
    const diagnosis = await relay(["diagnose", "--deployment", "production", "--json"], { stdin });
    expect(diagnosis.json).toMatchObject({
      source: "cryptopay/shop",
      failed: { reason: "missing_signature" },
    });
    const list = ["simulate", "cryptopay", "--list", "--deployment", "production"];
    expect((await relay([...list, "--account", "shop"])).out).toContain("cryptopay  success");
    expect(await relay(list)).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('no account "broker-eu"'),
    });
    expect(await relay(["crm", "--deployment", "staging"])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining("is not there"),
    });
  });
});
