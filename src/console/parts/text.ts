/** Numbers, durations, instants and ids as people read them. Pure. */

/** Digits of an id that are shown before and after the gap. */
const HEAD_CHARS = 10;
const TAIL_CHARS = 4;

/** `evt_982ce…4f93`: shortened in the middle; what is short already stays. */
export function shortId(id: string): string {
  const isShort = id.length <= HEAD_CHARS + TAIL_CHARS + 1;
  return isShort ? id : `${id.slice(0, HEAD_CHARS)}…${id.slice(-TAIL_CHARS)}`;
}

const UNITS = [
  { ms: 86_400_000, name: "d" },
  { ms: 3_600_000, name: "h" },
  { ms: 60_000, name: "min" },
  { ms: 1_000, name: "s" },
] as const;

/** The largest unit and, of hours and days, the next one: `8 s`, `52 min`, `3 h 20 min`. */
export function durationText(ms: number): string {
  const at = UNITS.findIndex((unit) => ms >= unit.ms);
  if (at === -1) return `${Math.max(0, Math.round(ms))} ms`;
  const unit = UNITS[at] ?? UNITS[0];
  const whole = Math.floor(ms / unit.ms);
  const smaller = at < 2 ? UNITS[at + 1] : undefined;
  const rest = smaller ? Math.floor((ms - whole * unit.ms) / smaller.ms) : 0;
  return smaller && rest > 0 ? `${whole} ${unit.name} ${rest} ${smaller.name}` : `${whole} ${unit.name}`;
}

/** `8 s ago`, or `in 9 min` for what is to come. */
export function agoText(atMs: number, nowMs: number): string {
  const ms = nowMs - atMs;
  if (ms < -1000) return `in ${durationText(-ms)}`;
  return ms < 1000 ? "now" : `${durationText(ms)} ago`;
}

/** What comes next of a delivery that is owed. While a breaker is open, its time passes and nothing is sent. */
export function nextText(
  { state, due }: { readonly state: string; readonly due: string | null },
  nowMs: number,
): string {
  if (state === "parked") return "held back";
  return due !== null && Date.parse(due) < nowMs ? "the next attempt was due" : "next attempt";
}

/** `3,210`. */
export function countText(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

const BYTE_UNITS = ["B", "kB", "MB", "GB"] as const;

/** `3.2 MB`, in powers of a thousand as the platform counts. */
export function bytesText(bytes: number): string {
  const at = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** at;
  return `${at === 0 || Number.isInteger(value) ? value : value.toFixed(1)} ${BYTE_UNITS[at]}`;
}

/** `3 events`, `1 event`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${countText(count)} ${count === 1 ? noun : plural}`;
}

/** `2026-11-27 18:04:05.123 UTC`, of an RFC 3339 instant in UTC. */
export function absoluteText(instant: string): string {
  return `${instant.replace("T", " ").replace(/Z$/, "")} UTC`;
}

/** The two parts of a decimal around its point, as it was stated: never rounded, never padded. */
export function decimalParts(value: string): { whole: string; fraction: string } {
  const [whole = "", fraction = ""] = value.split(".");
  return { whole, fraction: fraction === "" ? "" : `.${fraction}` };
}

/** JSON as people read it. */
export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** A JSON body with line breaks, every token as it was sent (numbers too); anything else as it is. */
export function prettyBody(body: string): string {
  try {
    JSON.parse(body);
  } catch {
    return body;
  }
  return indented(body);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

function indented(json: string): string {
  const tokens = json.match(TOKEN) ?? [];
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return tokens
    .map((token, at) => {
      const next = tokens[at + 1];
      if (token === "{" || token === "[") {
        const isEmpty = next === "}" || next === "]";
        depth += 1;
        return isEmpty ? token : token + line();
      }
      if (token === "}" || token === "]") {
        depth -= 1;
        const before = tokens[at - 1];
        return before === "{" || before === "[" ? token : line() + token;
      }
      if (token === ",") return token + line();
      return token === ":" ? ": " : token;
    })
    .join("");
}
