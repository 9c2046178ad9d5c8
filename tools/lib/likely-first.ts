/**
 * The order of the tests that judge one change, for `npm run mutate`: the first that fails ends the run, so the
 * likely ones come first. What plays whole requests comes last.
 */
import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const PLAYS_REQUESTS = /\/test\/(?:contract|ingress)\//;

export interface TestFile {
  readonly moduleId: string;
  /** When it ran last; undefined before it has. */
  readonly last?: { readonly failed: boolean; readonly duration: number } | undefined;
}

/**
 * The tests of the changed file first, by its name; then what failed for the change before this one, which is
 * often of the same line; then the shortest.
 *
 * @param changed paths of the sources that are judged; several when all tests run without a change
 */
export function likelyFirst<T extends TestFile>(files: readonly T[], changed: readonly string[]): T[] {
  const namesakes = new Set(changed.map((path) => basename(path).replace(/\.ts$/, ".test.ts")));
  const rank = ({ moduleId, last }: TestFile): number => {
    if (namesakes.has(basename(moduleId))) return 0;
    if (PLAYS_REQUESTS.test(moduleId)) return 3;
    return last?.failed === true ? 1 : 2;
  };
  return files.toSorted((a, b) => rank(a) - rank(b) || (a.last?.duration ?? 0) - (b.last?.duration ?? 0));
}

export class LikelyFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { cache, config } = this.ctx;
    const known = files.map((spec) => {
      const path = spec.moduleId.slice(config.root.length + 1);
      const last = cache.getFileTestResults(`${spec.project.name}:${path}`);
      return { spec, moduleId: spec.moduleId, last };
    });
    return Promise.resolve(likelyFirst(known, config.related ?? []).map(({ spec }) => spec));
  }
}
