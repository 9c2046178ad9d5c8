/**
 * Who may look and give orders: the operator of `ADMIN_TOKEN`, those of `RELAY.operators`, each with tokens of its own,
 * and whoever Cloudflare Access lets in, where `RELAY.access` says so. What everybody knows or can guess lets nobody in;
 * an operator with a problem is not let in, the others are.
 */
import { z } from "zod";
import { MIN_ADMIN_TOKEN_CHARS } from "../limits.ts";
import type { SourceFields } from "../providers/settings-fields.ts";
import { isSampleSecret } from "../sample-secrets.ts";
import type { Secret } from "../verify/secret.ts";
import { problemsOf, type About, type Problem } from "./problems.ts";
import { segment } from "./segment.ts";
import type { Table } from "./table.ts";

/** What an operator may do: look, or look and give orders. */
export const ROLES = ["read", "operate"] as const;
export type Role = (typeof ROLES)[number];

/** Somebody with tokens. */
export interface ConfiguredOperator {
  /** As the audit names it. */
  readonly name: string;
  readonly role: Role;
  /** Newest first; each is accepted. */
  readonly tokens: readonly Secret[];
}

/** Operators who sign in at Cloudflare Access. */
export interface Access {
  /** `https://team.cloudflareaccess.com`: who issues their tokens. */
  readonly issuer: string;
  /** The tag of the application that protects the relay. */
  readonly audience: string;
  /** Of whoever is let in … */
  readonly role: Role;
  /** … but for these (e-mail addresses, or names of service tokens), who may give orders. */
  readonly operate: readonly string[];
}

export interface Operators {
  readonly operators: readonly ConfiguredOperator[];
  readonly access: Access | null;
  readonly problems: readonly Problem[];
}

/** The name of the operator of `ADMIN_TOKEN`; nobody else can have it. */
export const ADMIN = "admin";

const ABOUT: About = { kind: "operators" };

const accessSchema = z.strictObject({
  team_domain: z
    .string()
    .regex(/^[a-z0-9-]+\.cloudflareaccess\.com$/, "must be like team.cloudflareaccess.com, without https://"),
  audience: z.string().min(1),
  role: z.enum(ROLES).default("read"),
  operate: z.array(z.string().min(1)).default([]),
});

/** @param adminToken the Worker secret `ADMIN_TOKEN` */
export function readOperators(
  { operators: table, access: accessTable }: { readonly operators: Table; readonly access: unknown },
  adminToken: unknown,
  fields: SourceFields,
  isDevelopment: boolean,
): Operators {
  const schema = z.strictObject({ secrets: fields.secrets(), role: z.enum(ROLES) });
  const problems: Problem[] = [];
  const operators: ConfiguredOperator[] = [];
  const taken = new Set<string>();

  const admit = (name: string, role: Role, tokens: readonly Secret[], path: readonly string[]): void => {
    const found = tokens.map(({ value }) =>
      taken.has(value) ? "is the token of another operator" : isDevelopment ? null : problemOf(value),
    );
    for (const { value } of tokens) taken.add(value);
    for (const message of found) if (message !== null) problems.push({ path, message, about: ABOUT });
    if (found.every((message) => message === null)) operators.push({ name, role, tokens });
  };

  for (const [name, settings] of Object.entries(table)) {
    const path = ["RELAY", "operators", name];
    const isName = segment.safeParse(name).success && name !== ADMIN;
    if (!isName) problems.push({ path, message: "is no name an operator can have", about: ABOUT });
    const parsed = schema.safeParse(settings);
    if (!parsed.success) problems.push(...problemsOf(parsed.error.issues, path, ABOUT));
    else if (isName) admit(name, parsed.data.role, parsed.data.secrets, [...path, "secrets"]);
  }
  const access = accessTable === undefined ? null : accessSchema.safeParse(accessTable);
  if (access?.error) problems.push(...problemsOf(access.error.issues, ["RELAY", "access"], ABOUT));

  const token = typeof adminToken === "string" ? adminToken : "";
  const isNeeded = operators.length === 0 && !access?.success;
  if (token !== "") admit(ADMIN, "operate", [{ id: "ADMIN_TOKEN", value: token }], ["ADMIN_TOKEN"]);
  else if (isNeeded && !isDevelopment)
    problems.push({
      path: ["ADMIN_TOKEN"],
      message: "is not set: nobody can look, and /api answers 503 (wrangler secret put ADMIN_TOKEN)",
      about: ABOUT,
    });
  return { operators, access: access?.data ? accessOf(access.data) : null, problems };
}

function accessOf({ team_domain, ...rest }: z.output<typeof accessSchema>): Access {
  return { issuer: `https://${team_domain}`, ...rest };
}

function problemOf(token: string): string | null {
  if (isSampleSecret(token)) return "is a published sample: everybody knows it";
  if (token.length < MIN_ADMIN_TOKEN_CHARS)
    return `is guessable: it needs ${MIN_ADMIN_TOKEN_CHARS} or more characters`;
  return null;
}
