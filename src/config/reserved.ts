/** The destination of alerts to operators, where one is configured; no configured name can equal it. */
export const ALERTS = "@alerts";

/** How the relay's own names begin: the alerts' and the verifier's among the destinations of the store. */
export const OWN_NAMES = "@";

/** How the names of the other channels of alerts begin, as destinations: `@alerts.<name>`. */
export const ALERT_CHANNEL_PREFIX = `${ALERTS}.`;

/** Does this destination get alerts, and no events? */
export function isOfAlerts(destination: string): boolean {
  return destination === ALERTS || destination.startsWith(ALERT_CHANNEL_PREFIX);
}
