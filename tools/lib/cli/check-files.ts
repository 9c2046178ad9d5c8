/** A configuration and its secrets, checked by the Worker's own reader, each problem with its file and line. Pure. */
import type { About } from "../../../src/config/problems.ts";
import { loadConfig } from "../../../src/config/schema.ts";
import { secretsNamedIn } from "../../../src/diagnose/relay-table.ts";

/** A configuration as its files have it. */
export interface ConfigurationFiles {
  /** `RELAY`, without what is not the merchant's to write. */
  readonly relay: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Where a setting stands, by its path below `RELAY`. */
  readonly placeOf: (path: readonly string[]) => Place;
  /** Where a secret stands. */
  readonly placeOfSecret: (name: string) => Place;
}

export interface Place {
  readonly file: string;
  /** From 1; null: it is not there. */
  readonly line: number | null;
}

export interface Finding extends Place {
  /** `problem`: a part stands still because of it; `note`: worth a look. */
  readonly kind: "problem" | "note";
  readonly path: string;
  readonly message: string;
  readonly stops: string | null;
}

/** Everything that is wrong or worth a look, problems first. */
export function checkFiles(files: ConfigurationFiles): Finding[] {
  const { problems } = loadConfig({ ...files.secrets, RELAY: files.relay });
  const found = problems.map(({ path, message, about }): Finding => {
    const [first = "", ...below] = path;
    const place = first === "RELAY" ? files.placeOf(below) : files.placeOfSecret(first);
    return { ...place, kind: "problem", path: path.join("."), message, stops: stoppedBy(about) };
  });
  return [...found, ...unusedSecrets(files)];
}

function stoppedBy(about: About): string | null {
  switch (about.kind) {
    case "relay":
      return "everything: no callback is accepted";
    case "setting":
      return null;
    case "source":
      return `callbacks of ${about.name}`;
    case "destination":
      return `deliveries to ${about.name}`;
    case "operators":
      return "the operator API and the console";
  }
}

/** A secret that nothing names is a typing mistake, or one that can go. */
function unusedSecrets({ relay, secrets, placeOfSecret }: ConfigurationFiles): Finding[] {
  const named = new Set([...secretsNamedIn(relay), "ADMIN_TOKEN"]);
  return Object.keys(secrets)
    .filter((name) => !named.has(name))
    .map((name) => ({
      ...placeOfSecret(name),
      kind: "note",
      path: name,
      message: "no setting names this secret",
      stops: null,
    }));
}
