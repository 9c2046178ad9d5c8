/** Of which alerts a channel is told. */
import { z } from "zod";
import { SEVERITY_NAMES, type Severity } from "../alert.ts";
import { isTable } from "./table.ts";

export const severities = z
  .array(z.enum(SEVERITY_NAMES))
  .min(1)
  .default([...SEVERITY_NAMES]);

/** As a channel's settings have it. Where that cannot be read: all, which must not be missed once it can. */
export function severitiesOf(settings: unknown): readonly Severity[] {
  return severities.safeParse(isTable(settings) ? settings.severities : undefined).data ?? SEVERITY_NAMES;
}
