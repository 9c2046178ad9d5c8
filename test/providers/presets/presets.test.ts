/// <reference types="vite/types/importMeta.d.ts" />
/** Every preset holds what a declared provider must hold, over its own sample. */
import { expect, it } from "vitest";
import { presets } from "../../../src/providers/presets/index.ts";
import type { Sample } from "../../../tools/lib/declared/samples.ts";
import { describeConformance } from "./conformance.ts";

const samples = Object.fromEntries(
  Object.entries(
    import.meta.glob<Sample>("../../../tools/samples/*.json", { eager: true, import: "default" }),
  ).map(([file, sample]) => [file.replace(/^.*\/|\.json$/g, ""), sample]),
);

it("every preset has its sample, and every sample its preset", () => {
  expect(Object.keys(samples).toSorted()).toEqual(presets.map(({ name }) => name).toSorted());
});

for (const { name, written } of presets) {
  const sample = samples[name];
  if (sample) describeConformance(name, written, sample);
}
