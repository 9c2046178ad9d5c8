/** Deadlines for calls that have none of their own. */

/** The call's own outcome, or a rejection once `ms` are over; the call itself is not canceled. */
export async function withDeadline<T>(call: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
