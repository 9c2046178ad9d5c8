/** The bindings of `wrangler.toml`, typed. Secrets are read by name through the configuration. */
import type { ApiBindings } from "./api/operations/bindings.ts";

export type Env = ApiBindings;
