/** Filters of a list: they are in the address, so that a view can be sent, opened in a new tab and gone back to. */
import { states } from "../../api/operations/fields.ts";
import { filterInQuery } from "../../api/operations/filter.ts";

/** As in the API's query. */
const NAMES = [...(Object.keys(filterInQuery) as (keyof typeof filterInQuery)[]), "cursor"] as const;
export type FilterValues = { readonly [Name in (typeof NAMES)[number]]?: string | undefined };

/** The filter of an address: what is empty is not asked for. */
export function filterFrom(query: Readonly<Record<string, string>>): FilterValues {
  return Object.fromEntries(NAMES.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));
}

type Values = Readonly<Record<string, string | undefined>>;

export function hrefWith(path: string, filter: Values, change: Values): string {
  const wanted = Object.entries({ ...filter, ...change }).filter(
    (one): one is [string, string] => typeof one[1] === "string" && one[1] !== "",
  );
  return wanted.length === 0 ? path : `${path}?${String(new URLSearchParams(wanted))}`;
}

const SINCE = [
  ["", "any time"],
  ["1h", "last hour"],
  ["24h", "last 24 hours"],
  ["7d", "last 7 days"],
  ["30d", "last 30 days"],
] as const;

const HOUR_MS = 3_600_000;
const SINCE_MS: Readonly<Record<string, number>> = {
  "1h": HOUR_MS,
  "24h": 24 * HOUR_MS,
  "7d": 168 * HOUR_MS,
  "30d": 720 * HOUR_MS,
};

/** `from` can be an instant or a length of time until now: a link with "last hour" means the last hour, always. */
export function instantFrom(from: string | undefined, nowMs: number): string | undefined {
  const ms = from === undefined ? undefined : SINCE_MS[from];
  return ms === undefined ? from : new Date(nowMs - ms).toISOString();
}

/** The beginning of time: a bulk replay has to say since when. */
export const EVER = new Date(0).toISOString();

const WORDS: Readonly<Record<string, string>> = {
  from: "received since",
  to: "received before",
  q: "with the words",
};

/** A filter in words, of an address or as an order's answer has it. */
export function filterText(filter: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(filter)
    .filter(
      ([name, value]) =>
        value !== undefined && value !== EVER && name !== "cursor" && name !== "needs_person",
    )
    .map(([name, value]) => {
      const text = String(value).replaceAll(",", " or ").replace(/^!/, "not ");
      return `${WORDS[name] ?? name} ${text}`;
    });
  return parts.length === 0 ? "everything" : parts.join(", ");
}

interface FiltersProps {
  readonly action: string;
  readonly filter: FilterValues;
  readonly sources: readonly string[];
}

export function Filters({ action, filter, sources }: FiltersProps) {
  return (
    <form class="filters" action={action} method="get" data-filters>
      {filter.q !== undefined && <input type="hidden" name="q" value={filter.q} />}
      <Choice name="state" label="State" value={filter.state} options={["", ...states]} any="any state" />
      <Choice
        name="source"
        label="Source"
        value={filter.source}
        options={["", ...sources]}
        any="any source"
      />
      <label>
        <span class="hidden">Received</span>
        <select name="from">
          {SINCE.map(([value, text]) => (
            <option value={value} selected={value === (filter.from ?? "")}>
              {text}
            </option>
          ))}
          {filter.from !== undefined && SINCE_MS[filter.from] === undefined && (
            <option value={filter.from} selected>
              since {filter.from}
            </option>
          )}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" name="needs_person" value="true" checked={filter.needs_person === "true"} />
        needs a person
      </label>
      <button type="submit" class="button">
        Filter
      </button>
      {hrefWith(action, filter, {}) !== action && (
        <a class="button quiet" href={action}>
          Clear
        </a>
      )}
    </form>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly string[];
  /** What the empty option is called. */
  readonly any: string;
}

function Choice({ name, label, value, options, any }: ChoiceProps) {
  return (
    <label>
      <span class="hidden">{label}</span>
      <select name={name}>
        {/* Of a link that asks for several. */}
        {value !== undefined && !options.includes(value) && (
          <option value={value} selected>
            {value.replaceAll(",", " or ")}
          </option>
        )}
        {options.map((option) => (
          <option value={option} selected={option === (value ?? "")}>
            {option === "" ? any : option}
          </option>
        ))}
      </select>
    </label>
  );
}
