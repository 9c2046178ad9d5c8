/** The sample requests of docs/providers.md, run by a real shell with a curl that only says what it was given. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { isSampleSecret } from "../../src/sample-secrets.ts";
import { fromArguments, requestOf, samplesOf, textsOf } from "../support/samples.ts";

const root = join(import.meta.dirname, "..", "..");
const samples = samplesOf(readFileSync(join(root, "docs/providers.md"), "utf8"));
const secrets = parseEnv(readFileSync(join(root, ".dev.vars.example"), "utf8"));

// Windows without them: the workerd project posts the same samples, with a signature of its own.
const hasShell = ["bash", "openssl"].every((name) => spawnSync(name, ["version"]).error === undefined);

/** Prints its arguments, each with a NUL behind it. */
const CURL = `curl() { printf '%s\\0' "$@"; }`;

describe.skipIf(!hasShell).each(samples)("$provider, in a shell", ({ script }) => {
  it("hands curl the request that the document shows", () => {
    const words = execFileSync("bash", ["-euc", `${CURL}\n${script}`], { encoding: "utf8" }).split("\0");
    const request = fromArguments(words.slice(0, -1));
    const signature = request.headers["x-cryptopay-signature"];
    const [, t = "", v1 = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature ?? "") ?? [];
    expect(request).toEqual(requestOf(script, { ...textsOf(script), t, v1 }));
    if (signature === undefined) return;
    const mac = createHmac("sha256", secrets["CRYPTOPAY_SECRET"] ?? "").update(`${t}.${request.body}`);
    expect(v1).toBe(mac.digest("hex"));
    expect(Math.abs(Date.now() / 1000 - Number(t))).toBeLessThan(300);
  });
});

describe("the list of published secrets", () => {
  it("has every sample of .dev.vars.example", () => {
    expect(Object.entries(secrets).filter(([, value]) => !isSampleSecret(value ?? ""))).toEqual([]);
  });

  it("has every key that a document or a tool prints", () => {
    const files = execFileSync("git", ["ls-files", "--", "*.md", "docs", "tools", ".dev.vars.example"], {
      cwd: root,
      encoding: "utf8",
    });
    const printed = files
      .trim()
      .split("\n")
      .flatMap(
        (file) => readFileSync(join(root, file), "utf8").match(/whs(?:ec|k)_[A-Za-z0-9+/]{24,}={0,2}/g) ?? [],
      );
    expect(printed).toContain(secrets["CRM_SIGNING_SECRET"]);
    expect(printed.filter((key) => !isSampleSecret(key))).toEqual([]);
  });
});
