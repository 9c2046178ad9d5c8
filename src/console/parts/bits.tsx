/** Small pieces of every page: ids, instants, money, states. Whatever they are given is escaped by hono/jsx. */
import type { Child } from "hono/jsx";
import type { Money } from "../../event.ts";
import type { ShownState } from "../../inbox/filter.ts";
import { absoluteText, agoText, decimalParts, shortId } from "./text.ts";
import { STATES } from "./words.ts";

/** A state: always its word, its colour and its shape, so that colour is never the only sign. */
export function State({ of }: { of: string }) {
  const known = STATES[of as ShownState] as (typeof STATES)[ShownState] | undefined;
  return (
    <span class={`state state-${known ? of : "none"}`} title={known?.means}>
      {of}
    </span>
  );
}

/** An id in full for the clipboard and on hover, shortened for the eye. */
export function Id({ of, href, whole = false }: { of: string; href?: string; whole?: boolean }) {
  const shown = whole ? of : shortId(of);
  return (
    <span class="id">
      {href === undefined ? (
        <code title={of}>{shown}</code>
      ) : (
        <a href={href} title={of}>
          <code>{shown}</code>
        </a>
      )}
      <Copy of={of} label={`Copy ${of}`} />
    </span>
  );
}

/** The way to the next page of a list that is newest first; `of`: the list's name. */
export function Older({ of, href }: { of: string; href: string }) {
  return (
    <nav class="more" aria-label={`Pages of the ${of}`}>
      <a rel="next" href={href}>
        Older
      </a>
    </nav>
  );
}

/** A button that copies a text. */
export function Copy({ of, label }: { of: string; label: string }) {
  return (
    <button type="button" class="copy" data-copy={of} aria-label={label} title={label}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
        <path d="M10.5 3.5v-.5a1 1 0 0 0-1-1H3.5a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h.5" />
      </svg>
    </button>
  );
}

/** Relative, absolute on hover. `exact`: the absolute time is shown, and follows the switch between UTC and local. */
export function Time({ at, nowMs, exact = false }: { at: string; nowMs: number; exact?: boolean }) {
  const shown = exact ? absoluteText(at).slice(0, 23) : agoText(Date.parse(at), nowMs);
  return (
    <time datetime={at} title={absoluteText(at)} data-time={exact ? "exact" : "ago"}>
      {shown}
    </time>
  );
}

/** As it was stated, never rounded; in a table the points stand below one another. */
export function Amount({ of, network = false }: { of: Money | null; network?: boolean }) {
  if (of === null) return <span class="none">not stated</span>;
  const { whole, fraction } = decimalParts(of.value);
  return (
    <span class="amount">
      <span class="whole">{whole}</span>
      <span class="fraction">{fraction}</span>
      <span class="currency"> {of.currency}</span>
      {network && of.network !== undefined && <span class="network"> on {of.network}</span>}
    </span>
  );
}

/** A class for a table of amounts: room for the longest fraction among them. */
export function fractionClass(amounts: readonly (Money | null)[]): string {
  const longest = Math.max(0, ...amounts.map((amount) => decimalParts(amount?.value ?? "").fraction.length));
  return `f${Math.min(longest, MAX_ALIGNED_CHARS)}`;
}

/** The style sheet has a class for each up to this; longer fractions stand out to the right. */
const MAX_ALIGNED_CHARS = 19;

/** What is said where nothing is to be seen: never an empty table. */
export function Empty({ title, children }: { title: string; children?: Child }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** A command to copy. */
export function Command({ of }: { of: string }) {
  return (
    <div class="command">
      <pre>
        <code>{of}</code>
      </pre>
      <Copy of={of} label="Copy the command" />
    </div>
  );
}
