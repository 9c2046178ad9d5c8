/**
 * The receivers of docs/receivers/ as servers: what each needs, fetched once and kept in node_modules/.cache, and how it
 * is started. Where a language or a library is not to be had, it says which; a receiver that is not right is an error.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fetchBy, fetched, lacks } from "../../tools/lib/fetched.ts";

const root = join(import.meta.dirname, "../..");
export const FOLDER = join(root, "docs/receivers");

export interface Server {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

export interface Language {
  readonly name: string;
  /** Below docs/receivers/, shown whole in docs/receivers.md. */
  readonly file: string;
  /** What is missing here, or null. */
  missing(): string | null;
  /** Fetches the libraries and answers where they are; throws where they are not to be had. */
  fetch(): Promise<string>;
  /** How it is started. What throws here is a mistake of the receiver. */
  server(libraries: string, port: number): Promise<Server> | Server;
}

/** As docs/receivers/go/go.mod says. */
const OLDEST_GO_MINOR = 22;
const NOTHING = () => Promise.resolve("");
const PYTHON_LIBRARY = "standardwebhooks==1.1.0";
/** -O0: SQLite is compiled in a third of the time. */
const GO_ENV = { GOTOOLCHAIN: "local", CGO_ENABLED: "1", CGO_CFLAGS: "-O0" };

export const LANGUAGES: readonly Language[] = [
  {
    name: "Node",
    file: "node.mjs",
    missing: () => null,
    fetch: NOTHING,
    server: () => ({ command: [process.execPath, join(FOLDER, "node.mjs")], env: {} }),
  },
  {
    name: "Python",
    file: "receiver.py",
    missing: () =>
      lacks("python3", "-c", "import sqlite3, sys; assert sys.version_info >= (3, 10)") ??
      lacks("python3", "-m", "pip", "--version"),
    fetch: async () =>
      await fetched("python", PYTHON_LIBRARY, async (folder) => {
        await fetchBy("python3", ["-m", "pip", "install", "--quiet", "--target", folder, PYTHON_LIBRARY]);
      }),
    server: (libraries) => ({
      command: ["python3", join(FOLDER, "receiver.py")],
      env: { PYTHONPATH: libraries },
    }),
  },
  {
    name: "Go",
    file: "go/receiver.go",
    missing: () => lacksGo() ?? lacks("gcc", "--version"),
    fetch: async () => {
      await fetchBy("go", ["mod", "download"], {
        cwd: join(FOLDER, "go"),
        env: { ...process.env, ...GO_ENV },
      });
      return "";
    },
    server: async () => {
      const sources = ["go/receiver.go", "go/go.mod", "go/go.sum"].map(textOf).join("\0");
      const built = await fetched("go", sources, async (folder) => {
        const env = { ...process.env, ...GO_ENV };
        await fetchBy("go", ["build", "-o", join(folder, "receiver"), "."], { cwd: join(FOLDER, "go"), env });
      });
      return { command: [join(built, "receiver")], env: {} };
    },
  },
  {
    name: "Java",
    file: "java/Receiver.java",
    missing: () => lacks("java", "--version") ?? lacks("javac", "--version") ?? lacks("mvn", "--version"),
    fetch: async () =>
      await fetched("java", textOf("java/pom.xml"), async (folder) => {
        const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${folder}`];
        await fetchBy("mvn", ["--quiet", "--batch-mode", "--file", join(FOLDER, "java/pom.xml"), ...goal]);
      }),
    server: (libraries) => ({
      command: ["java", "-cp", join(libraries, "*"), join(FOLDER, "java/Receiver.java")],
      env: {},
    }),
  },
  {
    name: "PHP",
    file: "receiver.php",
    missing: () => lacks("php", "-r", "exit(extension_loaded('pdo_sqlite') ? 0 : 1);"),
    fetch: NOTHING,
    server: (_, port) => ({
      command: ["php", "-S", `127.0.0.1:${port}`, join(FOLDER, "receiver.php")],
      // It serves one request after another otherwise.
      env: { PHP_CLI_SERVER_WORKERS: "4" },
    }),
  },
];

const textOf = (file: string) => readFileSync(join(FOLDER, file), "utf8");

/** Of Debian's older releases, Go is older than the libraries take. */
function lacksGo(): string | null {
  const { stdout } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  const [, minor] = /^go1\.(\d+)/.exec(stdout ?? "") ?? [];
  return Number(minor ?? 0) >= OLDEST_GO_MINOR ? null : `go 1.${OLDEST_GO_MINOR} is not installed here`;
}
