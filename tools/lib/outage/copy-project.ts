import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/** `wrangler dev` reloads when a source file is saved, and loses its queue: the relay runs from a copy. */
export function copyProject(project: string, to: string): string {
  for (const part of ["src", "wrangler.toml", "package.json", "tsconfig.json"]) {
    cpSync(join(project, part), join(to, part), { recursive: true });
  }
  symlinkSync(join(project, "node_modules"), join(to, "node_modules"));
  return to;
}
