/**
 * JSON pointers (RFC 6901) into a parsed tree. Pure.
 *
 * Promises: a pointer names one value or none, and is read once, when the configuration is. There are no
 * wildcards: what is written here cannot grow with the document.
 */
import { MAX_JSON_DEPTH, MAX_POINTER_CHARS } from "../limits.ts";
import type { JsonObject, JsonValue } from "./strict-json.ts";

/** The names on the way to a value, unescaped; of an array, an index in decimal. */
export type Pointer = readonly string[];

/** The pointer that `text` writes, or null: it begins with `/`, has no empty name and no lone `~`, and is bounded. */
export function parsePointer(text: string): Pointer | null {
  if (!text.startsWith("/") || text.length > MAX_POINTER_CHARS || /~(?![01])/.test(text)) return null;
  const names = text.slice(1).split("/");
  if (names.length > MAX_JSON_DEPTH || names.includes("")) return null;
  // RFC 6901 section 4: ~1 first, else "~01" would become "/".
  return names.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at `pointer`, or undefined. */
export function valueAt(root: JsonObject, pointer: Pointer): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const name of pointer) {
    if (value instanceof Map) value = (value as JsonObject).get(name);
    else if (Array.isArray(value) && /^(?:0|[1-9]\d*)$/.test(name)) value = value[Number(name)];
    else return undefined;
  }
  return value;
}
