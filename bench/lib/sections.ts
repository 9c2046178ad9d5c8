/** Generated parts of documents, between two markers: what a command wrote is told from what a person wrote. */
import { readFileSync, writeFileSync } from "node:fs";

const begin = (name: string) => `<!-- ${name}: begin (written by npm run ${name} -- --write) -->`;
const end = (name: string) => `<!-- ${name}: end -->`;

/** The text between the markers; null if the document has none of that name. */
export function sectionOf(document: string, name: string): string | null {
  const from = document.indexOf(begin(name));
  const to = document.indexOf(end(name));
  return from < 0 || to < from ? null : document.slice(from + begin(name).length, to).trim();
}

/** The document with another text between the markers. */
export function withSection(document: string, name: string, text: string): string {
  const from = document.indexOf(begin(name));
  const to = document.indexOf(end(name));
  if (from < 0 || to < from) throw new Error(`the document has no markers of "${name}"`);
  const head = document.slice(0, from + begin(name).length);
  return `${head}\n\n${text.trim()}\n\n${document.slice(to)}`;
}

export function writeSection(file: string, name: string, text: string): void {
  writeFileSync(file, withSection(readFileSync(file, "utf8"), name, text));
}
