/// <reference types="vite/types/importMeta.d.ts" />
/** The contract of the providers: every file of cases in test/cases. A new provider's is found by being there. */
import { describeCases, type CaseFile } from "../support/cases.ts";

describeCases(
  Object.values(
    import.meta.glob<CaseFile>(["../cases/*.json", "!../cases/more-*.json", "!../cases/golden-events.json"], {
      eager: true,
      import: "default",
    }),
  ),
);
