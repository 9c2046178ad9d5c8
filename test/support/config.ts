/** Configurations as tests need them: without a problem, or nothing but their problems. */
import { textOf } from "../../src/config/problems.ts";
import { loadConfig, type RelayConfig } from "../../src/config/schema.ts";

type Variables = Readonly<Record<string, unknown>>;

/** The configuration of this environment, which has no problem. */
export function configFrom(env: object): RelayConfig {
  const { config, problems } = loadConfig(env as Variables);
  if (problems.length > 0) throw new Error(problems.map(textOf).join("\n"));
  return config;
}

/** Every problem in words. */
export function problemsFrom(env: object): string[] {
  return loadConfig(env as Variables).problems.map(textOf);
}
