/** Deadlines for calls that have none of their own. */

/** The call's own outcome, or a rejection once `ms` are over; the call itself is not canceled. */
export async function withDeadline<T>(call: Promise<T>, ms: number): Promise<T> {
  const over = new AbortController();
  const late = scheduler.wait(ms, { signal: over.signal }).then(
    () => Promise.reject(new Error(`no answer in ${ms} ms`)),
    () => call,
  );
  try {
    return await Promise.race([call, late]);
  } finally {
    over.abort();
  }
}
