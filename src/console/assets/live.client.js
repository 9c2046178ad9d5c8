/**
 * The live page: rows from the feed, newest first. The browser comes back by itself when the line is cut, and says
 * where it was; what the relay no longer has of the time between is said to be missing.
 */

/** More rows than anybody scrolls through. */
const MAX_ROWS = 300;

/**
 * @typedef {{ at: string, what: string, source: string | null, destination: string | null, outcome: string,
 *   reason: string | null, event: string | null, status: number | null, duration_ms: number | null,
 *   count: number }} Happening
 */

const feed = /** @type {HTMLElement} */ (document.getElementById("feed"));
const state = /** @type {HTMLElement} */ (document.getElementById("feed-state"));
const pause = /** @type {HTMLElement} */ (document.getElementById("feed-pause"));

/** While paused: what has happened meanwhile. @type {HTMLElement[]} */
let waiting = [];
let isPaused = false;

pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.setAttribute("aria-pressed", String(isPaused));
  if (!isPaused) {
    for (const row of waiting) show(row);
    waiting = [];
  }
  label();
});

function label() {
  const more = waiting.length > 0 ? ` (${waiting.length} more)` : "";
  pause.textContent = isPaused ? `Go on${more}` : "Pause";
}

/** @param {string} word @param {string} kind */
function tell(word, kind) {
  if (state.textContent !== word) state.textContent = word;
  state.className = `state state-${kind}`;
}

/** @param {HTMLElement} row */
function add(row) {
  if (!isPaused) return show(row);
  waiting = [...waiting, row].slice(-MAX_ROWS);
  label();
}

/** @param {HTMLElement} row */
function show(row) {
  document.getElementById("feed-empty")?.remove();
  feed.prepend(row);
  // What somebody is reading stays where it is.
  const isAtTop = window.scrollY < row.offsetHeight;
  if (!isAtTop) window.scrollBy(0, row.offsetHeight);
  while (feed.childElementCount > MAX_ROWS) feed.lastElementChild?.remove();
}

/** Text only, whatever a provider has written. @param {string} tag @param {string | Node} content @param {string} [className] */
function element(tag, content, className = "") {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(content);
  return made;
}

const WORDS = { callback: "callback", refused: "refused", delivery: "attempt" };

/** @param {Happening} happening */
function rowOf({ at, what, source, destination, outcome, reason, event, status, duration_ms: took, count }) {
  const row = document.createElement("tr");
  const time = document.createElement("time");
  time.dateTime = at;
  time.dataset.time = "ago";
  time.textContent = "now";
  const id = element("th", "");
  if (event !== null) {
    const link = document.createElement("a");
    link.href = `/events/${encodeURIComponent(event)}`;
    link.title = event;
    link.append(element("code", event.length > 16 ? `${event.slice(0, 10)}…${event.slice(-4)}` : event));
    id.append(link);
  }
  const said = [outcome, status ?? "", reason ?? "", count > 1 ? `× ${count}` : ""].filter(
    (part) => part !== "",
  );
  row.append(
    element("td", time),
    element("td", WORDS[/** @type {keyof typeof WORDS} */ (what)] ?? what),
    element("td", element("span", said.join(" "), `state state-${kindOf(what, outcome)}`)),
    element("td", what === "delivery" ? `→ ${destination ?? ""}` : (source ?? "no source")),
    id,
    element("td", took === null ? "" : `${took} ms`, "right"),
  );
  return row;
}

/** The colours of the other pages. @param {string} what @param {string} outcome */
function kindOf(what, outcome) {
  if (what === "refused") return "refused";
  if (outcome === "delivered" || outcome === "accepted") return "delivered";
  if (outcome === "failed" || outcome === "gone" || outcome === "dead") return "dead";
  return outcome;
}

const source = new EventSource(`/live/feed${location.search}`);
source.addEventListener("open", () => tell("connected", "pending"));
source.addEventListener("ready", () => tell("live", "delivered"));
source.addEventListener("error", () => tell("connecting again", "parked"));
source.addEventListener("gap", () => {
  const row = document.createElement("tr");
  const cell = element(
    "td",
    "Something happened in between that is not kept for the feed: the lists have it.",
    "note",
  );
  cell.setAttribute("colspan", "6");
  row.append(cell);
  add(row);
});
for (const what of Object.keys(WORDS)) {
  source.addEventListener(what, (event) => add(rowOf(JSON.parse(event.data))));
}
