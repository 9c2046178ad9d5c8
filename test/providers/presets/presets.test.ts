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

// What is asked for at an API proves nothing by itself: test/ingress/fetch-back.test.ts.
for (const { name, written } of presets) {
  const sample = samples[name];
  if (sample && written.fetch === undefined) describeConformance(name, written, sample);
}
