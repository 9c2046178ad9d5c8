/// <reference types="vite/types/importMeta.d.ts" />
/** The contract continued: hostile and odd requests, every sentence of the providers' rules (test/cases/more-*.json). */
import { describeCases, type CaseFile } from "../support/cases.ts";

describeCases(
  Object.values(import.meta.glob<CaseFile>("../cases/more-*.json", { eager: true, import: "default" })),
);
