/** Generated parts of documents, between two markers: what a command wrote is told from what a person wrote. Pure. */

/** By section: the script that writes it. */
const WRITTEN_BY = {
  bench: "bench",
  profile: "profile",
  cost: "cost",
  scale: "scale",
  console: "bench:console",
  "scale-cost": "cost",
  presets: "presets",
  declared: "bench:declared",
  "deploy-cost": "cost",
} as const;
export type Section = keyof typeof WRITTEN_BY;

const begin = (name: Section) =>
  `<!-- ${name}: begin (written by npm run ${WRITTEN_BY[name]} -- --write) -->`;
const end = (name: Section) => `<!-- ${name}: end -->`;

/** The text between the markers; null if the document has none of that name. */
export function sectionOf(document: string, name: Section): string | null {
  const from = document.indexOf(begin(name));
  const to = document.indexOf(end(name));
  return from < 0 || to < from ? null : document.slice(from + begin(name).length, to).trim();
}

/** The document with another text between the markers. */
export function withSection(document: string, name: Section, text: string): string {
  const from = document.indexOf(begin(name));
  const to = document.indexOf(end(name));
  if (from < 0 || to < from) throw new Error(`the document has no markers of "${name}"`);
  const head = document.slice(0, from + begin(name).length);
  return `${head}\n\n${text.trim()}\n\n${document.slice(to)}`;
}
