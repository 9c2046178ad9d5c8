/** `npm test`: every check (checks.ts), after installing what is missing. Plain JavaScript: lib/install.mjs explains why. */
import { runInstalled } from "./lib/install.mjs";

runInstalled("checks.ts", (why) => {
  console.error(`npm test: ${why}`);
  console.log("0 passed, 1 failed");
  process.exit(1);
});
