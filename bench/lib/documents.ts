/** Writes a generated section where its document has it. */
import { readFileSync, writeFileSync } from "node:fs";
import { type Section, withSection } from "./sections.ts";

export function writeSection(file: string, name: Section, text: string): void {
  writeFileSync(file, withSection(readFileSync(file, "utf8"), name, text));
}
