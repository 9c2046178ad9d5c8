/**
 * What the console's pages do beyond links and forms: dialogs that ask once, copying, times that go on, keys, parts
 * that are fetched anew. Every page works as a page without it but for the dialogs of its orders.
 */

const SECOND_MS = 1_000;
/** Parts marked `data-live` are fetched anew this often while the page is seen. */
const REFRESH_MS = 5_000;
/** What came of a part of an order is seen for so long before the next one is given. */
const PART_PAUSE_MS = 500;

// ---- dialogs -------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const opener = target?.closest("[data-opens]");
  if (opener instanceof HTMLElement) openDialog(opener.dataset.opens ?? "");
  if (target?.closest("[data-closes]")) target.closest("dialog")?.close();
  const copier = target?.closest("[data-copy]");
  if (copier instanceof HTMLElement) void copy(copier);
  if (target?.closest("[data-zone]")) switchZone();
});

/** @param {string} id */
function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return;
  dialog.showModal();
  const field = dialog.querySelector("input:not([type=hidden]), select, button[type=submit]");
  if (field instanceof HTMLElement) field.focus();
}

// An order is given once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "true";
  return undefined;
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) form.removeAttribute("data-sent");
});

// An order in bulk goes on with its next part; whoever follows its link to stop ends it.
const goesOn = document.querySelector("form[data-goes-on]");
if (goesOn instanceof HTMLFormElement) setTimeout(() => goesOn.requestSubmit(), PART_PAUSE_MS);

// Filters act as soon as they are chosen; the button remains for the keyboard.
document.addEventListener("change", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form[data-filters]") : null;
  if (form instanceof HTMLFormElement) sendFilters(form);
});
document.addEventListener("submit", (event) => {
  if (!(event.target instanceof HTMLFormElement) || !event.target.matches("[data-filters]")) return;
  event.preventDefault();
  sendFilters(event.target);
});

/** Without the fields that are empty: addresses are to be read and sent. @param {HTMLFormElement} form */
function sendFilters(form) {
  const given = [...new FormData(form)].flatMap(([name, value]) =>
    typeof value === "string" && value !== "" ? [[name, value]] : [],
  );
  const query = String(new URLSearchParams(given));
  location.assign(form.action + (query === "" ? "" : `?${query}`));
}

// ---- copying -------------------------------------------------------------------------------------------

/** @param {HTMLElement} button */
async function copy(button) {
  const text = (button.dataset.copy ?? "").replace("ORIGIN", location.origin);
  await navigator.clipboard.writeText(text);
  button.classList.add("copied");
  say("Copied.");
  setTimeout(() => button.classList.remove("copied"), SECOND_MS);
}

/** Politely, to whoever does not see the screen. @param {string} text */
function say(text) {
  const status = document.getElementById("said");
  if (status) status.textContent = text;
}

// ---- times ---------------------------------------------------------------------------------------------

const ZONE = "console-zone";

function isLocal() {
  return localStorage.getItem(ZONE) === "local";
}

function switchZone() {
  localStorage.setItem(ZONE, isLocal() ? "utc" : "local");
  shown();
}

const UNITS = /** @type {const} */ ([
  [86_400_000, "d", 3_600_000, "h"],
  [3_600_000, "h", 60_000, "min"],
  [60_000, "min", 0, ""],
  [1_000, "s", 0, ""],
]);

/** As on the server (`parts/text.ts`). @param {number} ms */
function durationText(ms) {
  for (const [unit, name, smaller, its] of UNITS) {
    if (ms < unit) continue;
    const whole = Math.floor(ms / unit);
    const rest = smaller > 0 ? Math.floor((ms - whole * unit) / smaller) : 0;
    return rest > 0 ? `${whole} ${name} ${rest} ${its}` : `${whole} ${name}`;
  }
  return "0 s";
}

/** @param {Date} at */
function exactText(at) {
  const shifted = isLocal() ? new Date(at.getTime() - at.getTimezoneOffset() * 60_000) : at;
  return shifted.toISOString().replace("T", " ").slice(0, 23);
}

/** What is on the page, or how times are shown, has changed: at once, so that nothing is seen half done. */
function shown() {
  showTimes();
  document.dispatchEvent(new Event("shown"));
}

function showTimes() {
  const zone = isLocal() ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC";
  for (const button of document.querySelectorAll("[data-zone]")) button.textContent = zone;
  for (const time of document.querySelectorAll("time[data-time]")) {
    if (!(time instanceof HTMLTimeElement)) continue;
    const at = new Date(time.dateTime);
    time.title = `${exactText(at)} ${zone}`;
    if (time.dataset.time === "exact") {
      time.textContent = exactText(at);
      continue;
    }
    const ms = Date.now() - at.getTime();
    if (ms < -SECOND_MS) time.textContent = `in ${durationText(-ms)}`;
    else time.textContent = ms < SECOND_MS ? "now" : `${durationText(ms)} ago`;
  }
}

showTimes();
setInterval(showTimes, SECOND_MS);

// ---- parts that are fetched anew -----------------------------------------------------------------------

/** Nothing moves under the pointer, or under somebody who is in the middle of something. @param {Element} part */
function isInUse(part) {
  return (
    part.matches(":hover") || part.contains(document.activeElement) || document.querySelector("dialog[open]")
  );
}

async function refresh() {
  const parts = [...document.querySelectorAll("[data-live]")].filter((part) => !isInUse(part));
  if (parts.length === 0 || document.hidden) return;
  const response = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!response.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of parts) {
    const name = part.getAttribute("data-live") ?? "";
    const replacement = fresh.querySelector(`[data-live="${CSS.escape(name)}"]`);
    if (replacement && !isInUse(part)) part.replaceWith(document.adoptNode(replacement));
  }
  shown();
}

if (document.querySelector("[data-live]")) {
  setInterval(() => void refresh().catch(() => say("The relay does not answer.")), REFRESH_MS);
}

// ---- keys ----------------------------------------------------------------------------------------------

/** When `g` was pressed, epoch ms. */
let gAt = 0;
const SEQUENCE_MS = 1_500;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const target = event.target;
  if (target instanceof Element && target.matches("input, select, textarea, [contenteditable]")) {
    if (event.key === "Escape" && target instanceof HTMLElement) target.blur();
    return;
  }
  if (Date.now() - gAt < SEQUENCE_MS && event.key !== "g") {
    gAt = 0;
    const page = document.querySelector(`nav.pages a[data-key="${CSS.escape(event.key)}"]`);
    if (page instanceof HTMLAnchorElement) return page.click();
  }
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

/** @type {Readonly<Record<string, (() => void) | undefined>>} */
const KEYS = {
  "/": () => document.getElementById("search")?.focus(),
  "?": () => openDialog("keys"),
  g: () => {
    gAt = Date.now();
  },
  j: () => moveRow(1),
  k: () => moveRow(-1),
  r: () => {
    const order = document.querySelector('[data-shortcut="r"]');
    if (order instanceof HTMLElement) order.click();
  },
};

/** The focus itself moves, so that enter opens the row and a screen reader reads it. @param {1 | -1} by */
function moveRow(by) {
  const links = [...document.querySelectorAll("[data-rows] tbody th a")];
  const at = links.findIndex((link) => link === document.activeElement);
  const next = links[at === -1 ? (by === 1 ? 0 : links.length - 1) : at + by];
  if (!(next instanceof HTMLElement)) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("focusin", (event) => {
  for (const row of document.querySelectorAll("tr.at")) row.classList.remove("at");
  if (event.target instanceof Element) event.target.closest("[data-rows] tbody tr")?.classList.add("at");
});
