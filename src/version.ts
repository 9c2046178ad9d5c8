/** The version of this build: of package.json, which test/tools/ops.test.ts compares. */
export const VERSION = "0.2.0";
