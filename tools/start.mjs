/** `npm start`: the demo (demo.ts), after installing what is missing. Plain JavaScript: lib/install.mjs explains why. */
import { runInstalled } from "./lib/install.mjs";

runInstalled("demo.ts", (why) => {
  console.error(`npm start: ${why}`);
  process.exit(1);
});
