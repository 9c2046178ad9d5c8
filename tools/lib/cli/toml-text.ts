/** Writes tables as TOML, for files that people go on with. Pure. */

export type Values = Readonly<Record<string, unknown>>;

/**
 * A table and the tables in it, headings first; what is undefined is left out.
 *
 * @param comment what to say behind a setting, or null
 */
export function tomlTables(
  path: readonly string[],
  values: Values,
  comment: (key: string, value: unknown) => string | null = () => null,
): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const isTable = (value: unknown): value is Values =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const inner = given.filter(([, value]) => isTable(value));
  const own = given.filter(([, value]) => !isTable(value));
  const lines = own.map(([key, value]) => {
    const said = comment(key, value);
    return `${keyText(key)} = ${valueText(value)}${said === null ? "" : ` # ${said}`}`;
  });
  const heading =
    own.length === 0 && inner.length > 0 ? [] : [`[${path.map(keyText).join(".")}]`, ...lines, ""];
  return [
    ...heading,
    ...inner.map(([key, value]) => tomlTables([...path, key], value as Values, comment)),
  ].join("\n");
}

const keyText = (key: string) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : tomlText(key));

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  return typeof value === "string" ? tomlText(value) : String(value);
}

/** A basic string of TOML has JSON's escapes. */
export const tomlText = (value: string) => JSON.stringify(value);
