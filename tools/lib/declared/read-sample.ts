/** Reads the sample of a preset from tools/samples. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Sample } from "./samples.ts";

const DIRECTORY = join(import.meta.dirname, "../../samples");

/** @param name of the preset; throws when it has no sample */
export function readSample(name: string): Sample {
  return JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), "utf8")) as Sample;
}

/** Names of the presets that have one. */
export const SAMPLED: ReadonlySet<string> = new Set(
  readdirSync(DIRECTORY).map((file) => file.replace(/\.json$/, "")),
);
