/**
 * The bootstrap of `npm start` and `npm test`: installs what is missing, then runs one of our programs
 * with the project's own Node.
 *
 * With its two callers the only code here that must run on an old Node and in an empty checkout: plain
 * JavaScript, nothing but the standard library. Everything else is TypeScript run by the installed Node.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const node = join(project, "node_modules", "node", "bin", "node");

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(project, file), "utf8")).packages;
  } catch {
    return null;
  }
}

/** Why what is installed is not what package-lock.json says, or null. */
function whyInstall() {
  const wanted = packagesOf("package-lock.json");
  const installed = packagesOf(join("node_modules", ".package-lock.json"));
  if (wanted === null) throw new Error("package-lock.json is missing or unreadable");
  if (installed === null || !existsSync(node)) return "nothing is installed yet";
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    // Other platforms' binaries are optional and never installed.
    if (found === undefined && optional) continue;
    if (found?.version !== version) return `${path.replace(/^node_modules\//, "")} has changed`;
  }
  return null;
}

function install(why) {
  console.error(`Installing dependencies (${why}) …`);
  // Whatever NODE_ENV or the user's npm says: the tools, the project's Node among them, are dev dependencies.
  const flags = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  // Standard output is the program's own: of a command with --json it is read by another program.
  const stdio = ["inherit", process.stderr, process.stderr];
  // Under `npm start`, the same npm.
  const npm = process.env.npm_execpath ?? "";
  const result = npm.endsWith("npm-cli.js")
    ? spawnSync(process.execPath, [npm, ...flags], { cwd: project, stdio })
    : spawnSync("npm", flags, { cwd: project, stdio });
  if (result.error) throw new Error(`npm could not be run: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`npm ci failed (exit code ${result.status})`);
  if (!existsSync(node)) {
    throw new Error(
      "npm ci installed no Node: the package `node` needs its install script (is ignore-scripts set?)",
    );
  }
}

/** Our parent (npm's shell) and, where the system tells, the parent of that (npm). */
function callers() {
  const parent = process.ppid;
  try {
    // "pid (name) state ppid …"
    const stat = readFileSync(`/proc/${parent}/stat`, "utf8");
    const above = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
    return stat.includes("(sh)") ? `${parent} ${above}` : String(parent);
  } catch {
    return String(parent);
  }
}

/**
 * Runs a program of tools/ with our arguments, and ends this process as it ended.
 *
 * The program ends its own children; this process only has to outlive it and pass signals on. It also
 * has a channel to this process, whose closing shows that this process has ended, however it died.
 *
 * @param failed called instead, with the reason, when the program cannot be run at all
 */
export function runInstalled(program, failed) {
  try {
    const why = whyInstall();
    if (why !== null) install(why);
  } catch (error) {
    return failed(error.message);
  }
  const child = spawn(node, [join(project, "tools", program), ...process.argv.slice(2)], {
    cwd: project,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal));
  }
  // A signal to npm ends npm, or npm and its shell, but is not passed on: we notice that they are gone.
  if (process.env.npm_lifecycle_event !== undefined) {
    const started = callers();
    setInterval(() => callers() === started || child.kill("SIGTERM"), 500).unref();
  }
  child.on("error", (error) => failed(`${program} could not be run: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 1));
  });
}
