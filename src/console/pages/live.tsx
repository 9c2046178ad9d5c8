/** Every callback and attempt as it happens: the rows come from the feed (`live.client.js`). */
import { Empty } from "../parts/bits.tsx";
import { Page, type Frame } from "../parts/layout.tsx";
import { List } from "../parts/list.tsx";

interface LiveProps {
  readonly frame: Frame;
  readonly sources: readonly string[];
  readonly what: string | undefined;
  readonly source: string | undefined;
}

const KINDS = [
  ["", "everything"],
  ["callback", "callbacks"],
  ["refused", "refused"],
  ["delivery", "attempts"],
] as const;

export function Live({ frame, sources, what = "", source = "" }: LiveProps) {
  return (
    <Page frame={frame} title="Live" scripts={["live.js"]}>
      <div class="head">
        <h1>Live</h1>
        <span class="feed-state">
          <span id="feed-state" class="state state-none" role="status">
            connecting
          </span>
        </span>
        <button type="button" class="button" id="feed-pause" aria-pressed="false">
          Pause
        </button>
        <form class="filters" action="/live" method="get" data-filters>
          <label>
            <span class="hidden">What</span>
            <select name="what">
              {KINDS.map(([value, text]) => (
                <option value={value} selected={value === what}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span class="hidden">Source</span>
            <select name="source">
              {["", ...sources].map((name) => (
                <option value={name} selected={name === source}>
                  {name === "" ? "any source" : name}
                </option>
              ))}
            </select>
          </label>
        </form>
      </div>
      <List
        columns={["When", "What", "Outcome", "Source or destination", "Event", { right: "Took" }]}
        keys
        id="feed"
      />
      <div id="feed-empty">
        <Empty title="Waiting for the next callback.">
          <p>Whatever comes in or goes out from now on appears here by itself, from every shard.</p>
        </Empty>
      </div>
    </Page>
  );
}
