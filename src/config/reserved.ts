/** The destination of alerts to operators, where one is configured; no configured name can equal it. */
export const ALERTS = "@alerts";

/** How the relay's own names begin: the alerts' and the verifier's among the destinations of the store. */
export const OWN_NAMES = "@";
