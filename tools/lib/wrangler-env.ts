/** The environment wrangler and miniflare run in: quiet, offline, writing only into the given directory. */
import { join } from "node:path";

/** @param scratch directory for what wrangler would otherwise keep in the user's home */
export function wranglerEnvironment(scratch: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_HIDE_BANNER: "true", // with it goes the check for a newer version
    WRANGLER_WRITE_LOGS: "false",
    WRANGLER_REGISTRY_PATH: join(scratch, "registry"),
    WRANGLER_CACHE_DIR: join(scratch, "cache"),
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    X_LOCAL_OBSERVABILITY: "false", // traces every request into SQLite: slow, and unread here
    X_LOCAL_EXPLORER: "false",
    NO_COLOR: "1",
    FORCE_COLOR: "0",
    CI: "1",
  };
}
