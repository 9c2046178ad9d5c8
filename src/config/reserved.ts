/** The destination of alerts to operators, where one is configured; no configured name can equal it. */
export const ALERTS = "@alerts";
