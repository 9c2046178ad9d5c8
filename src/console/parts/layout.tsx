/** The frame of every page: navigation, search, what was just done, the list of keys. */
import type { Child } from "hono/jsx";
import { MAX_SEARCH_CHARS, MIN_SEARCH_CHARS } from "../../limits.ts";
import { counted } from "./text.ts";
import type { AssetName, AssetUrls } from "./assets.ts";

/** What every page knows. */
export interface Frame {
  readonly assets: AssetUrls;
  readonly environment: string;
  readonly operator: { readonly name: string; readonly role: "read" | "operate" };
  /** Epoch ms: of all that is relative on this page. */
  readonly nowMs: number;
  readonly path: string;
  /** What is wrong with the configuration, each with its place. */
  readonly problems: readonly string[];
  /** What has just been done, in a sentence. */
  readonly done: string | null;
}

/** In the order of the navigation; `key` after `g` leads there. */
export const PAGES = [
  { path: "/", name: "Overview", key: "o" },
  { path: "/payments", name: "Payments", key: "p" },
  { path: "/live", name: "Live", key: "l" },
  { path: "/set-aside", name: "Set aside", key: "s" },
  { path: "/refused", name: "Refused", key: "r" },
  { path: "/destinations", name: "Destinations", key: "d" },
  { path: "/settings", name: "Settings", key: "c" },
] as const;

interface DocumentProps {
  readonly assets: AssetUrls;
  readonly title: string;
  readonly scripts: readonly AssetName[];
  readonly styles?: readonly AssetName[];
  readonly children: Child;
}

/** No inline script and no inline style: the content security policy permits neither. */
export function Document({ assets, title, scripts, styles = [], children }: DocumentProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        <link rel="icon" href={assets["icon.svg"]} type="image/svg+xml" />
        {[...styles, "console.css" as const].map((name) => (
          <link rel="stylesheet" href={assets[name]} />
        ))}
        {scripts.map((name) => (
          <script src={assets[name]} defer />
        ))}
      </head>
      {children}
    </html>
  );
}

interface PageProps {
  readonly frame: Frame;
  readonly title: string;
  /** What is searched for, in the box at the top. */
  readonly search?: string;
  readonly scripts?: readonly AssetName[];
  readonly styles?: readonly AssetName[];
  readonly children: Child;
}

export function Page({ frame, title, search = "", scripts = [], styles = [], children }: PageProps) {
  return (
    <Document
      assets={frame.assets}
      title={`${title} · psp-relay`}
      scripts={[...scripts, "console.js"]}
      styles={styles}
    >
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="top">
          <a class="brand" href="/">
            <img src={frame.assets["icon.svg"]} alt="" width="22" height="22" />
            psp-relay
          </a>
          <form class="search" action="/payments" method="get" role="search">
            <label class="hidden" for="search">
              Search payments
            </label>
            <input
              id="search"
              type="search"
              name="q"
              value={search}
              minlength={MIN_SEARCH_CHARS}
              maxlength={MAX_SEARCH_CHARS}
              placeholder="Whole reference, transaction, event, payment, customer; or order-20*"
              autocomplete="off"
              spellcheck={false}
            />
            <kbd aria-hidden="true">/</kbd>
          </form>
          <div class="who">
            <span class={frame.environment === "development" ? "environment" : "environment real"}>
              {frame.environment}
            </span>
            <button type="button" class="button quiet" data-zone title="Times in UTC or in local time">
              UTC
            </button>
            <form method="post" action="/sign-out">
              <button class="button quiet" title={`Signed in as ${frame.operator.name}`}>
                Sign out
              </button>
            </form>
          </div>
        </header>
        <nav class="pages" aria-label="Pages">
          <ul>
            {PAGES.map(({ path, name, key }) => (
              <li>
                <a href={path} data-key={key} aria-current={isCurrent(path, frame.path) ? "page" : undefined}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="main" tabindex={-1}>
          <div role="status" class="hidden" id="said" />
          {frame.problems.length > 0 && (
            <p class="problem" role="alert">
              The configuration has {counted(frame.problems.length, "problem")}:{" "}
              <a href="/settings">what is wrong, and where</a>
            </p>
          )}
          {frame.done !== null && (
            <p class="done" role="status">
              {frame.done}
            </p>
          )}
          {children}
        </main>
        <Keys />
      </body>
    </Document>
  );
}

function isCurrent(path: string, current: string): boolean {
  return path === "/" ? current === "/" : current.startsWith(path);
}

function Keys() {
  const keys: readonly (readonly [string, string])[] = [
    ["/", "search"],
    ...PAGES.map(({ key, name }) => [`g ${key}`, name] as const),
    ["j k", "next and previous row"],
    ["enter", "open the row"],
    ["r", "replay (asks first)"],
    ["?", "this list"],
  ];
  return (
    <dialog id="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl class="keys">
        {keys.map(([key, does]) => (
          <div>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        <button type="button" class="button" data-closes>
          Close
        </button>
      </div>
    </dialog>
  );
}
