/** Tables as variables hold them. */

export type Table = Readonly<Record<string, unknown>>;

/** A TOML table, or a JSON object: not a list, not null. */
export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A table, or JSON text of one; null for anything else. */
export function tableOf(value: unknown): Table | null {
  if (typeof value !== "string") return isTable(value) ? value : null;
  try {
    const parsed: unknown = JSON.parse(value);
    return isTable(parsed) ? parsed : null;
  } catch {
    return null;
  }
}
