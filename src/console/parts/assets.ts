/**
 * The console's style sheets and scripts, served by the Worker from its own bundle: each under a name that holds the
 * hash of its content, so that a browser may keep it for ever and never uses an old one.
 */
import chartLibrary from "uplot/dist/uPlot.iife.min.js";
import chartStyle from "uplot/dist/uPlot.min.css";
import { ASSET_MAX_AGE_SECONDS } from "../../limits.ts";
import { sha256Hex } from "../../verify/digest.ts";
import charts from "../assets/charts.client.js";
import live from "../assets/live.client.js";
import script from "../assets/console.client.js";
import style from "../assets/console.css";
import icon from "../assets/icon.svg";

const JS = "text/javascript; charset=utf-8";
const CSS = "text/css; charset=utf-8";

/** `isPublic`: the sign-in page needs it, which anybody may see. */
const FILES = {
  "console.css": { type: CSS, text: style, isPublic: true },
  "icon.svg": { type: "image/svg+xml", text: icon, isPublic: true },
  "console.js": { type: JS, text: script, isPublic: false },
  "live.js": { type: JS, text: live, isPublic: false },
  "uplot.css": { type: CSS, text: chartStyle, isPublic: false },
  "uplot.js": { type: JS, text: chartLibrary, isPublic: false },
  "charts.js": { type: JS, text: charts, isPublic: false },
} as const;
export type AssetName = keyof typeof FILES;

/** The address of each file. */
export type AssetUrls = Readonly<Record<AssetName, string>>;

/** Part of a file's name: enough of its hash that no two versions share it. */
const HASH_CHARS = 12;

async function hashed(): Promise<AssetUrls> {
  const entries = Object.entries(FILES).map(async ([name, { text }]) => {
    const hash = (await sha256Hex(text)).slice(0, HASH_CHARS);
    return [name, `/assets/${name.replace(".", `.${hash}.`)}`];
  });
  return Object.fromEntries(await Promise.all(entries)) as AssetUrls;
}

let urls: Promise<AssetUrls> | undefined;

/** Hashed once per isolate, when first asked for. */
export function assetUrls(): Promise<AssetUrls> {
  urls ??= hashed();
  return urls;
}

/** The file at this path; null: there is none, or not for somebody who has not signed in. */
export async function assetAt(path: string, isSignedIn: boolean): Promise<Response | null> {
  const known = Object.entries(await assetUrls()).find(([, url]) => url === path);
  if (!known) return null;
  const { type, text, isPublic } = FILES[known[0] as AssetName];
  if (!isPublic && !isSignedIn) return null;
  return new Response(text, {
    headers: {
      "content-type": type,
      "cache-control": `${isPublic ? "public" : "private"}, max-age=${ASSET_MAX_AGE_SECONDS}, immutable`,
      "x-content-type-options": "nosniff",
    },
  });
}
