/** What the operator API needs of the platform, besides what the ingress does: a quarantined callback is run again. */
import type { EmailBindings } from "../../delivery/alert-email.ts";
import type { IngressBindings } from "../../ingress/bindings.ts";

export interface ApiBindings extends IngressBindings, EmailBindings {
  readonly ADMIN_TOKEN?: string;
  /** Counts failed log-ins by address; without it each isolate counts for itself alone. */
  readonly LOGINS?: RateLimit;
}
