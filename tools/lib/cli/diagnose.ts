/** `relay diagnose`: why a captured callback does not verify, and what would. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { diagnose, type Diagnosis } from "../../../src/diagnose/diagnose.ts";
import { withHeader } from "../../../src/diagnose/captured.ts";
import { instant, wholeNumber } from "./arguments.ts";
import { type Capture, readCapture } from "./capture.ts";
import { choosing, type Chosen, configurationOf } from "./configuration.ts";
import { printable } from "./event-views.ts";
import { CliError, EXIT } from "./exit-codes.ts";
import type { Common, Frame } from "./frame.ts";
import { type Io, paint, show } from "./io.ts";

interface Options extends Common, Chosen {
  readonly secrets?: string;
  readonly at?: string;
  readonly from?: string;
  readonly entry?: number;
  readonly ask: boolean;
}

export function addDiagnose(frame: Frame): void {
  const { io } = frame;
  frame.add<Options>(
    "diagnose [file]",
    "Why a captured callback does not verify, and what would: a curl line, a HAR file or raw HTTP (standard input without [file])",
    (command) =>
      choosing(command)
        .option("--secrets <file>", "other secrets, as KEY=value lines")
        .option("--at <time>", "when it came (a HAR file says so itself; else now)", (text: string) =>
          instant(text),
        )
        .option("--from <address>", "who sent it, for allow_ips")
        .option("--entry <n>", "which entry of a HAR file", wholeNumber(1))
        .option("--ask", "ask the provider's verifier about a token (it is sent to the provider)", false),
    async (options, file) => {
      const capture = await captured(io, options, file);
      const path = options.secrets === undefined ? undefined : resolve(io.cwd, options.secrets);
      const { relay, secrets } = configurationOf(io, options, path);
      const env = { ...secrets, RELAY: relay };
      const { request, atMs } = capture;
      const diagnosis = await diagnose(
        {
          request:
            options.from === undefined ? request : withHeader(request, "cf-connecting-ip", options.from),
          env,
          nowMs: options.at === undefined ? (atMs ?? io.now()) : Date.parse(options.at),
        },
        options.ask ? (url, init) => fetch(url, init) : null,
      );
      show(io, options.json, diagnosis, () => diagnosisText(io, diagnosis));
      return diagnosis.outcome === "event" ? EXIT.ok : EXIT.problems;
    },
    [
      "diagnose callback.http",
      "diagnose requests.har --entry 3 --deployment production --json",
      `diagnose <<'EOF'\ncurl https://relay.example.com/in/ipay/eu -H 'content-type: application/json' -d '{"token":"…"}'\nEOF`,
    ],
  );
}

/** The callback in this file, or in what is read from standard input. */
export async function captured(
  io: Io,
  options: { readonly entry?: number },
  file: string | undefined,
): Promise<Capture> {
  const readFile = (name: string) => readFileSync(resolve(io.cwd, name));
  try {
    const bytes = file === undefined || file === "-" ? Buffer.from(await io.stdin()) : readFile(file);
    return readCapture(bytes, { entry: options.entry ?? null, readFile });
  } catch (error) {
    throw new CliError(EXIT.usage, (error as Error).message);
  }
}

function diagnosisText(io: Io, diagnosis: Diagnosis): string {
  const { outcome, source, passed, failed, why, verified_by, would_verify, notes, event } = diagnosis;
  const isFine = outcome === "event";
  const list = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", heading, ...lines.map((line) => `  - ${printable(line)}`)];
  return [
    `${paint(io, isFine ? "green" : "red", isFine ? "it verifies" : outcome)}  ${printable(source ?? "no source")}`,
    ...passed.map((check) => `  ${paint(io, "green", "passed")}  ${check}`),
    ...(failed === null
      ? []
      : [`  ${paint(io, "red", "failed")}  ${failed.check}: ${printable(failed.reason)}`]),
    "",
    printable(why),
    ...(verified_by === null
      ? []
      : [
          `verified by ${verified_by.method}${verified_by.key === null ? "" : `, ${printable(verified_by.key)}`}`,
        ]),
    ...(event === null
      ? []
      : [
          `${event.id} of ${event.payment_id}: ${printable([event.status, event.amount, event.merchant_reference].filter(Boolean).join(", "))}`,
        ]),
    ...list(
      "It would verify if",
      would_verify.map((changes) => changes.join(", and ")),
    ),
    ...(outcome === "refused" && would_verify.length === 0
      ? [
          "",
          "Nothing that was tried makes it verify: other secrets, schemes, clocks and encodings of the body.",
        ]
      : []),
    ...list("What else can be seen", notes),
  ].join("\n");
}
