/** `npm run relay`: the one program (relay.ts), after installing what is missing. Plain JavaScript: lib/install.mjs explains why. */
import { runInstalled } from "./lib/install.mjs";

runInstalled("relay.ts", (why) => {
  console.error(`npm run relay: ${why}`);
  process.exit(4);
});
