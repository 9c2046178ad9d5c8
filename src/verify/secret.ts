/**
 * Secrets are always a list, so that one can be rotated without a gap (docs/providers.md#every-account).
 *
 * Promises: `id` may be shown, `value` never is. Does not check that values are not empty: the
 * configuration refuses to start with one, since it would equal an empty token.
 */

/** One secret of an account. */
export interface Secret {
  /** Shown as `verification.key`, in logs and in metrics. */
  readonly id: string;
  /** Never shown, not even hashed. */
  readonly value: string;
  /** Epoch milliseconds; accepted up to and including this instant. Absent: for ever. */
  readonly notAfterMs?: number | undefined;
}

/** The secrets still accepted at `nowMs`, in their order. */
export function liveSecrets(secrets: readonly Secret[], nowMs: number): readonly Secret[] {
  return secrets.filter(({ notAfterMs }) => notAfterMs === undefined || nowMs <= notAfterMs);
}
