/**
 * One structured line per thing that happened, written last. It takes ids, reasons and numbers; never
 * a body, a header, a query, a path tail or a secret: the type admits scalars only, and a
 * test reads everything logged over all cases and looks for each secret.
 */
import type { AlertName } from "./alert.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** @param what the thing that happened, e.g. `callback`, `delivery`, `alert` */
export function log(what: string, fields: LogFields): void {
  console.log(JSON.stringify({ what, ...fields }));
}

/** Something a person should check. */
export function alert(about: AlertName, fields: LogFields): void {
  console.warn(JSON.stringify({ what: "alert", about, ...fields }));
}

/** Our own failure. The error's message is ours or the platform's; bodies and secrets are never part of it. */
export function fault(where: string, error: unknown, fields: LogFields = {}): void {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : "not an Error";
  console.error(JSON.stringify({ what: "fault", where, message, ...fields }));
}
