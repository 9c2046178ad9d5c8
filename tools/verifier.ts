/** `npm run verifier`: a stand-in for TokenPayments' token verifier, correct or faulty by its mode. */
import { giveUp, parsePort, readArgs } from "./lib/text.ts";
import { isVerifierMode, startVerifier, VERIFIER_MODES } from "./lib/verifier-server.ts";

const USAGE = `Usage: npm run verifier -- [--port 8789] [--mode ${VERIFIER_MODES.join("|")}]

auto: tokens that begin with "tkn" are valid. While it runs: POST /_mode?mode=503, GET /asked`;

const { values } = readArgs(USAGE, {
  options: {
    port: { type: "string", default: "8789" },
    mode: { type: "string", default: "auto" },
  },
});

const port = parsePort("port", values.port);
const { mode } = values;
if (!isVerifierMode(mode)) giveUp(`--mode is one of ${VERIFIER_MODES.join(", ")}, not "${mode}"`);
try {
  const verifier = await startVerifier({
    port,
    mode,
    onAsked: (token, now) => console.log(`asked about ${token.slice(0, 12)}… (mode ${now})`),
  });
  console.log(`token verifier listens on ${verifier.url}`);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  giveUp(
    code === "EADDRINUSE"
      ? `port ${port} is in use by another program: stop it, or choose another with --port`
      : `the verifier's stand-in cannot start: ${message}`,
  );
}
