/** `npm run schemas`: writes the published contract into docs/schemas/, as the relay serves it at /schemas/. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contractDocument, DOCUMENT_NAMES } from "../src/contract/documents.ts";
import { readArgs } from "./lib/text.ts";

readArgs("Usage: npm run schemas", { options: {} });

const folder = join(import.meta.dirname, "..", "docs", "schemas");
mkdirSync(folder, { recursive: true });
for (const name of DOCUMENT_NAMES) {
  writeFileSync(join(folder, name), contractDocument(name) ?? "");
  console.log(`docs/schemas/${name}`);
}
