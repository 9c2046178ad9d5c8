/** One validation per isolate and environment: `env` is the same object for every request of an isolate. */
import { loadConfig, type Loaded } from "./schema.ts";

const loaded = new WeakMap<object, Loaded>();

/** The configuration of this environment, and what is wrong with it. */
export function configOf(env: object): Loaded {
  let config = loaded.get(env);
  if (!config) {
    config = loadConfig(env as Readonly<Record<string, unknown>>);
    loaded.set(env, config);
  }
  return config;
}
