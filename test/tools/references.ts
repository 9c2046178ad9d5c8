/**
 * Finds references that lead nowhere: to a document, a heading or a numbered section that is not in the
 * repository. Pure, so that the test can show it bad text.
 */
import { posix } from "node:path";

/** Paths from the root of the repository to the text; a file that is not text has an empty one. */
export type Repository = ReadonlyMap<string, string>;

/** `docs/a.md`, `../a.md#heading`, `a.md`; not the `.md` of a package's address or of a pattern. */
const DOCUMENT = /(?<![\w/.*:-])((?:\.{0,2}\/)*[\w-]+(?:\/[\w-]+)*\.md)\b(#[\w-]+)?(?!\.)/gi;
/** `docs/a.md, "A heading"`, also over the end of a comment's line. */
const QUOTED = /([\w./-]+\.md),\s+(?:\*\s+|\/\/\s+)?"([^"]+)"/g;
/** A Markdown link or image to anything in the repository. */
const LINK = /\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]+)?\)/g;
/** Numbers of lists and sections that only another document could explain. */
const NUMBERED = [
  /\b(?:threats?|rules?|promises?) \d+(?:\.\d+)*\b/gi,
  /\b[\w-]+\.md,? (?:section )?\d+(?:\.\d+)*\b/gi,
  /§ ?\d+/g,
];

/** Everything in `text` that refers to what is not there, as readers would look for it. */
export function brokenReferences(path: string, text: string, repository: Repository): string[] {
  const isDocument = path.endsWith(".md");
  const numbered = isDocument
    ? []
    : NUMBERED.flatMap((pattern) => [...text.matchAll(pattern)].map(([all]) => all));
  const links = isDocument ? [...text.matchAll(LINK)] : [];
  const linked = links
    .filter(
      ([, target = "", anchor]) =>
        !resolves(target === "" ? [path] : [below(path, target)], anchor, repository),
    )
    .map(([all]) => all);
  // What a link names is checked as a link.
  const rest = links.reduce((left, [all]) => left.replace(all, "]"), text);
  const named = [...rest.matchAll(DOCUMENT)]
    .filter(([, target = "", anchor]) => !resolves(placesOf(path, target), anchor, repository))
    .map(([all]) => all);
  const quoted = [...rest.matchAll(QUOTED)]
    .filter(
      ([, target = "", heading = ""]) => !resolves(placesOf(path, target), `#${slugOf(heading)}`, repository),
    )
    .map(([all]) => all);
  return [...numbered, ...linked, ...named, ...quoted];
}

/** Where a document named in a comment may be: beside the file, from the root, or in docs/. */
function placesOf(path: string, target: string): string[] {
  if (target.startsWith(".")) return [below(path, target)];
  return [below(path, target), target, `docs/${target}`];
}

function below(path: string, target: string): string {
  return posix.normalize(posix.join(posix.dirname(path), target)).replace(/\/$/, "");
}

function resolves(places: readonly string[], anchor: string | undefined, repository: Repository): boolean {
  return places.some((place) => {
    const text = repository.get(place);
    if (text === undefined) return [...repository.keys()].some((path) => path.startsWith(`${place}/`));
    return anchor === undefined || slugsOf(text).has(anchor.slice(1));
  });
}

/** The anchors GitHub gives a document's headings: the second of two equal ones ends in `-1`. */
export function slugsOf(markdown: string): ReadonlySet<string> {
  const slugs = new Set<string>();
  const prose = markdown.replaceAll(/^(```|~~~)[^]*?^\1/gm, "");
  for (const [, heading = ""] of prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const slug = slugOf(heading);
    let unique = slug;
    for (let times = 1; slugs.has(unique); times += 1) unique = `${slug}-${times}`;
    slugs.add(unique);
  }
  return slugs;
}

function slugOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-");
}
