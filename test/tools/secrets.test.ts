import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseSecrets, readSecrets, secretsFile } from "../../tools/lib/secrets.ts";

it("reads quoted and bare values, and leaves comments out", () => {
  const text = [
    "# a comment",
    `A="with # inside"`,
    "B='single'",
    "C=bare value # comment",
    "export D = 4",
    `E="=="`,
    "F=",
    "not a line",
  ].join("\r\n");
  expect(parseSecrets(text)).toEqual({
    A: "with # inside",
    B: "single",
    C: "bare value",
    D: "4",
    E: "==",
    F: "",
  });
});

it("prefers .dev.vars to the sample, and the environment to both", () => {
  const project = mkdtempSync(join(tmpdir(), "secrets-"));
  try {
    writeFileSync(join(project, ".dev.vars.example"), "A=sample\n");
    expect(readSecrets(secretsFile(project))).toEqual({ A: "sample" });
    writeFileSync(join(project, ".dev.vars"), "A=own\nB=2\n");
    expect(readSecrets(secretsFile(project))).toEqual({ A: "own", B: "2" });
    expect(readSecrets(secretsFile(project), { A: "env", OTHER: "x" })).toEqual({
      A: "env",
      B: "2",
    });
  } finally {
    rmSync(project, { recursive: true });
  }
});
