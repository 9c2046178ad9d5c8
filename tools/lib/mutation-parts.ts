/** What `npm run mutate` changes, and the tests that judge it. */

export interface Part {
  readonly mutate: readonly string[];
  /** Only these: a change of a constant is judged by all of them, and a run of every test would take a day. */
  readonly tests: readonly string[];
  /** Tests that play whole requests: they judge what the others have not noticed. */
  readonly slowTests?: readonly string[];
}

export const MUTATION_PARTS: Readonly<Record<string, Part>> = {
  verify: {
    mutate: ["src/verify/*.ts", "src/verify/spec/*.ts"],
    tests: ["test/verify/*.test.ts", "test/verify/spec/*.test.ts"],
  },
  parse: { mutate: ["src/parse/*.ts"], tests: ["test/parse/*.test.ts"] },
  providers: {
    mutate: ["src/providers/*.ts", "src/providers/declared/*.ts"],
    tests: [
      "test/providers/*.test.ts",
      "test/providers/declared/*.test.ts",
      "test/providers/presets/*.test.ts",
      "test/config/*.test.ts",
    ],
    slowTests: ["test/contract/*.test.ts"],
  },
  lifecycle: {
    mutate: ["src/inbox/lifecycle.ts", "src/inbox/policy/*.ts"],
    tests: ["test/inbox/lifecycle.test.ts", "test/inbox/policy/*.test.ts"],
  },
  acceptance: {
    mutate: [
      "src/inbox/accepting.ts",
      "src/inbox/setting-aside.ts",
      "src/ingress/process-callback.ts",
      "src/ingress/shield.ts",
    ],
    tests: [
      "test/inbox/{acceptance,destinations,inbox,kept-rows,late-reports,lifecycle,probes,setting-aside}.test.ts",
      "test/ingress/{paths,process-callback,refusals,shield,shielding,shield-store}.test.ts",
    ],
  },
};

/** The part that a child process was started for; the slow tests judge only in its second turn. */
export function partOf(env: Readonly<Record<string, string | undefined>>): Part {
  const name = env.MUTATION_PART ?? "";
  const part = MUTATION_PARTS[name];
  if (part === undefined) throw new Error(`no part of npm run mutate is called ${JSON.stringify(name)}`);
  return env.MUTATION_TURN === "2" ? { ...part, tests: [...part.tests, ...(part.slowTests ?? [])] } : part;
}

interface Mutant {
  readonly status: string;
  /** It shows when its module is loaded, and so in every test or in none. */
  readonly static?: boolean;
}

/** A mutation report, as far as it is read here. */
export interface Judged {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

export interface Score {
  readonly found: number;
  readonly survived: number;
}

const FOUND: ReadonlySet<string> = new Set(["Killed", "Timeout"]);
const SURVIVED: ReadonlySet<string> = new Set(["Survived", "NoCoverage"]);

/**
 * The score of these files; a report also remembers others. A change that does not even load, and one that is
 * left out on purpose, say nothing about the tests.
 */
export function scoreOf({ files }: Judged, judged: readonly string[]): Score {
  const all = judged.flatMap((file) => files[file]?.mutants.map(({ status }) => status) ?? []);
  return {
    found: all.filter((status) => FOUND.has(status)).length,
    survived: all.filter((status) => SURVIVED.has(status)).length,
  };
}

/**
 * What is remembered for the next run: not what no test reached or could load, nor a constant's change that none
 * noticed. Stryker would take that over although a test was written since; of other changes it sees the new tests.
 */
export function remembered(report: Judged): Judged {
  const isLasting = ({ status, static: ofConstant }: Mutant) =>
    FOUND.has(status) || status === "Ignored" || (status === "Survived" && ofConstant !== true);
  const files = Object.entries(report.files).map(([file, judged]) => [
    file,
    { ...judged, mutants: judged.mutants.filter(isLasting) },
  ]);
  return { ...report, files: Object.fromEntries(files) };
}

/** Per cent of the changes that a test noticed, with two decimals. */
export function percentOf({ found, survived }: Score): string {
  return ((100 * found) / Math.max(found + survived, 1)).toFixed(2);
}
