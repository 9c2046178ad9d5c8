/** The presets as docs/providers.md lists them, made from their declarations. Pure. */
import type { Verification } from "../../../src/event.ts";
import { declaration, type Declaration } from "../../../src/providers/declared/declaration.ts";
import { believedBy } from "../../../src/providers/declared/provider.ts";
import type { Meaning } from "../../../src/providers/meaning.ts";
import type { Part, Value } from "../../../src/providers/declared/values.ts";
import type { Preset } from "../../../src/providers/presets/preset.ts";
import { fieldOf } from "../../../src/verify/spec/coverage.ts";

const HEAD = [
  "Name in the configuration",
  "Request",
  "Verified by",
  "Proves (`assurance`): covers",
  "One payment",
  "Same event again",
  "Answered `200`",
  "Tested against",
];

/** The table of all, and below it what the words of each mean. */
export function presetDocument(presets: readonly Preset[]): string {
  const read = presets.map((preset) => ({ preset, declared: declaration.parse(preset.written) }));
  const rows = read.map(({ preset, declared }) => `| ${cellsOf(preset, declared).join(" | ")} |`);
  const table = [`| ${HEAD.join(" | ")} |`, `|${HEAD.map(() => "---|").join("")}`, ...rows].join("\n");
  return [table, ...read.map(({ preset, declared }) => sectionOf(preset, declared))].join("\n\n");
}

function cellsOf({ name, written, tested }: Preset, declared: Declaration): readonly string[] {
  const { assurance, covers } = proofOf(declared);
  return [
    `\`${name}\` (${written.title})`,
    `${declared.methods.join(" or ")}, ${declared.source}`,
    [schemeOf(written.verify, declared), fetchOf(declared)].filter((one) => one !== "").join("; "),
    `\`${assurance}\`: ${covers.map(shortField).join(", ")}`,
    declared.subjectKey.map(partOf).join(", "),
    declared.eventKey.map(partOf).join(", "),
    declared.reply.body === "" ? "empty" : code(declared.reply.body),
    tested,
  ];
}

/** What its events say of how they are believed. */
function proofOf(declared: Declaration): Pick<Verification, "assurance" | "covers"> {
  if (declared.fetch !== null) return { assurance: "confirmed", covers: ["body"] };
  if (declared.verify === null) throw new Error("a declaration that proves nothing is never read");
  return believedBy(declared, declared.verify);
}

function fetchOf({ fetch }: Declaration): string {
  if (fetch === null) return "";
  const path = fetch.parts.map((part) => (typeof part === "string" ? part : `{${part.text}}`)).join("");
  return `asks its API for ${code(path)}`;
}

function schemeOf(written: Preset["written"]["verify"], { verify, schemes }: Declaration): string {
  if (verify === null || written === undefined) return "";
  const time = verify.time === null ? "" : `, time within ${verify.time.toleranceSeconds} s`;
  const other = schemes.size === 0 ? "" : `; also \`scheme\` ${[...schemes.keys()].map(code).join(", ")}`;
  if (verify.alg === "static") return `a token at ${code(verify.signature.text)}${other}`;
  const content = (written.content ?? "{raw}").replaceAll(
    /json:\/notificationItems\/0\/NotificationRequestItem\//g,
    "json:/…/",
  );
  return `${verify.alg} of ${code(content)} at ${code(shortPlace(verify.signature.text))}${time}${other}`;
}

function sectionOf({ name, written, note }: Preset, declared: Declaration): string {
  const groups = Map.groupBy(declared.status.words, ([, meaning]) => shownMeaning(meaning));
  const words = [...groups].map(
    ([meaning, given]) => `${given.map(([word]) => code(word)).join(", ")} → \`${meaning}\``,
  );
  const settings = [...declared.equals.keys()].map((one) => `\`${one}\``);
  return [
    `**${written.title}** (\`${name}\`). ${note ?? ""}`.trim(),
    words.length === 0 ? "" : `Words: ${words.join("; ")}; others → \`provider.event\`.`,
    settings.length === 0
      ? ""
      : `An account needs ${settings.join(", ")}: callbacks of another one are refused.`,
    declared.retries === null ? "" : `Repeats ${declared.retries}.`,
  ]
    .filter((line) => line !== "")
    .join(" ");
}

function shownMeaning({ direction, status }: Meaning): string {
  return `${direction === "out" ? "payout" : "payment"}.${status ?? "updated"}`;
}

function partOf(part: Part): string {
  return part.kind === "state" ? "state" : placeOf(part.value);
}

function placeOf({ places }: Value): string {
  return places.map((place) => code(shortPlace(fieldOf(place)))).join(" or ");
}

/** Adyen's items stand deep: the way to them says nothing. */
function shortPlace(text: string): string {
  return text.replace(/\/notificationItems\/0\/NotificationRequestItem/, "/…");
}

function shortField(claim: string): string {
  return claim.startsWith("field:") ? code(shortPlace(claim.slice("field:".length))) : claim;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", String.raw`\|`)}\``;
}
