/** Where the time of an isolate goes: a V8 CPU profile, summed up by source file. Pure. */

/** What of V8's `Profiler.Profile` is read here (Chrome DevTools Protocol). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Node ids, one for each sample. */
  readonly samples: readonly number[];
  /** µs before each sample. */
  readonly timeDeltas: readonly number[];
}

export interface Share {
  /** A source file, a package, or `platform: …` for a function of the runtime. */
  readonly where: string;
  /** Of the time in which the isolate was busy: 0 to 1. */
  readonly share: number;
}

/** Which file each line of a bundle came from (zero-based), as its bundler's comments say. */
export function sourcesOf(bundle: string): readonly string[] {
  let source = "the bundle";
  return bundle.split("\n").map((line) => {
    const found = /^\/\/ ((?:src|node_modules|\.\.)\/.+\.[a-z]+)$/.exec(line)?.[1];
    if (found !== undefined)
      source = found.replace(/^.*node_modules\/((?:@[^/]+\/)?[^/]+)\/.*$/, "$1 (package)");
    return source;
  });
}

/** Self time by place, the largest first; the isolate's idle time is left out. */
export function sharesOf(profile: CpuProfile, sources: readonly string[]): Share[] {
  const byId = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const microsOf = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of profile.samples.entries()) {
    const frame = byId.get(id);
    const micros = profile.timeDeltas[i] ?? 0;
    if (frame === undefined || frame.functionName === "(idle)" || frame.functionName === "(root)") continue;
    // Some functions of the runtime are JavaScript too: their lines are of other files than the bundle.
    const isPlatform = frame.lineNumber < 0 || /^[a-z]+-internal:/.test(frame.url);
    const where = isPlatform
      ? `platform: ${frame.functionName === "" ? "anonymous" : frame.functionName}`
      : (sources[frame.lineNumber] ?? "the bundle");
    microsOf.set(where, (microsOf.get(where) ?? 0) + micros);
    busy += micros;
  }
  return [...microsOf]
    .map(([where, micros]) => ({ where, share: micros / busy }))
    .sort((a, b) => b.share - a.share);
}
