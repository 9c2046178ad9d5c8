/**
 * Secrets that are printed in this repository: whoever reads it knows them. Outside development none is accepted.
 * A test holds this list against the samples (test/tools/samples.test.ts).
 */
const SAMPLES: ReadonlySet<string> = new Set([
  // .dev.vars.example
  "tok_live_B",
  "tok_prev_A",
  "whsec_demo_secret",
  "whsec_old_secret",
  "s3cr3t_dep",
  "s3cr3t_wd",
  "s3cr3t_cf",
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  "dev-admin-token-change-me",
]);

export function isSampleSecret(value: string): boolean {
  return SAMPLES.has(value);
}
