/**
 * Building blocks of the configuration schema: names of secrets resolved to values, address lists,
 * addresses of other servers. Every field reports its problem by path, so that all come out together.
 */
import { z } from "zod";
import { DEFAULT_MAX_BODY_BYTES, MAX_MAX_BODY_BYTES, MIN_PATH_SECRET_CHARS } from "../limits.ts";
import { networkOf } from "../parse/currency.ts";
import { isSampleSecret } from "../sample-secrets.ts";
import { parseIpRange, type IpRange } from "../verify/ip.ts";
import type { Secret } from "../verify/secret.ts";

/** What the schema needs of the environment it is read in. */
export interface Surroundings {
  /** The value of a Worker secret, or undefined when it is not set. */
  readonly secret: (name: string) => string | undefined;
  /** Names under `RELAY.destinations`, right or wrong: a source may name them. */
  readonly destinations: readonly string[];
  /** `RELAY.environment = "development"`: loopback and `http:` addresses are allowed. */
  readonly development: boolean;
}

const secretEntry = z.union([
  z.string().min(1),
  z.strictObject({
    name: z.string().min(1),
    /** Shown as `verification.key` and in logs; the secret's name unless given. */
    id: z.string().min(1).optional(),
    /** No longer accepted after this instant. */
    not_after: z.iso.datetime({ offset: true }).optional(),
  }),
]);

/** Fields whose validation depends on the surroundings. */
export class SourceFields {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Options every source has, spread into each provider's schema; `commonSettings` reads them. */
  common() {
    const names = this.#surroundings.destinations;
    const destination = z.string().refine((name) => names.includes(name), "is not a destination");
    return {
      mode: z.enum(["live", "test", "both"]).default("live"),
      allow_ips: z.array(ipRange).default([]),
      raw: z.enum(["full", "hash", "none"]).default("full"),
      networks: z.array(network).min(1).nullable().default(null),
      destinations: z
        .array(destination)
        .nullable()
        .default(null)
        .refine(
          (given) => given !== null || names.length <= 1,
          `must be named, since there is more than one: ${names.join(", ")}`,
        ),
      max_body_bytes: z.int().min(1).max(MAX_MAX_BODY_BYTES).default(DEFAULT_MAX_BODY_BYTES),
    };
  }

  /** Names of Worker secrets, newest first. Each must be set and not empty: an empty secret equals an empty token. */
  secrets() {
    return z
      .array(secretEntry)
      .min(1)
      .transform((entries, context): readonly Secret[] => {
        const ids = new Set<string>();
        return entries.flatMap((entry, index) => {
          const { name, id = name, not_after } = typeof entry === "string" ? { name: entry } : entry;
          const value = this.#surroundings.secret(name) ?? "";
          const problem = this.#secretProblem(name, value, ids.has(id));
          if (problem)
            context.issues.push({ code: "custom", input: undefined, path: [index], message: problem });
          ids.add(id);
          const notAfterMs = not_after === undefined ? undefined : Date.parse(not_after);
          return problem ? [] : [{ id, value, notAfterMs }];
        });
      });
  }

  /** Only a name that looks like one is repeated: whoever pastes the secret itself must not find it on `/healthz`. */
  #secretProblem(name: string, value: string, isRepeated: boolean): string | null {
    const shown = /^[A-Z][A-Z0-9_]*$/.test(name) ? name : "of this name";
    if (value === "") {
      return `secret ${shown} is not set, or empty (wrangler secret put <name>; .dev.vars locally)`;
    }
    if (!this.#surroundings.development && isSampleSecret(value)) {
      return `secret ${shown} is a published sample: everybody knows it`;
    }
    if (value.trim() !== value) return `secret ${shown} begins or ends with white space`;
    return isRepeated ? `secret ${shown}, or its id, is given twice in this list` : null;
  }

  /** Secrets that stand in an address: long enough not to be guessed, and plain enough to be a path segment. */
  pathSecrets() {
    return this.secrets().check((context) => {
      for (const [index, secret] of context.value.entries()) {
        const problem = this.#pathSecretProblem(secret);
        if (problem) {
          context.issues.push({ code: "custom", input: secret.id, path: [index], message: problem });
        }
      }
    });
  }

  #pathSecretProblem(secret: Secret): string | null {
    if (!/^[A-Za-z0-9_-]+$/.test(secret.value)) {
      return `secret ${secret.id} must consist of A-Z a-z 0-9 _ - to be a path segment`;
    }
    if (!this.#surroundings.development && secret.value.length < MIN_PATH_SECRET_CHARS) {
      return `secret ${secret.id} is guessable: a path secret needs ${MIN_PATH_SECRET_CHARS} or more characters`;
    }
    return null;
  }

  /** Where we send requests: https by name only, so that no configuration reaches into a private network, unless in development. */
  outboundUrl() {
    return z.string().transform((text, context): URL => {
      const url = URL.parse(text);
      if (url === null) return refused(context, text, "is not a URL");
      const problem = this.#outboundProblem(url);
      return problem === null ? url : refused(context, text, problem);
    });
  }

  #outboundProblem(url: URL): string | null {
    if (url.username || url.password) return "must not carry a user name or password";
    if (url.hash) return "must not carry a fragment";
    if (this.#surroundings.development) {
      return ["http:", "https:"].includes(url.protocol) ? null : "must be http: or https:";
    }
    if (url.protocol !== "https:") return "must be https:";
    // A parser takes `127.0.0.1..` and `localhost..` for names of their own.
    const host = url.hostname.replace(/\.+$/, "");
    if (parseIpRange(host.replace(/^\[|\]$/g, "")) || /^[\d.]+$/.test(host)) {
      return "must not be an IP address";
    }
    if (/\.(localhost|internal|local)$/.test(host) || !host.includes(".")) {
      return "must be a public host name";
    }
    return null;
  }
}

/** Reports a value that no setting can be made of; nothing is made of it. */
function refused(context: z.RefinementCtx, input: string, message: string): never {
  context.issues.push({ code: "custom", input, message });
  return z.NEVER;
}

const ipRange = z.string().transform((text, context): IpRange => {
  return parseIpRange(text) ?? refused(context, text, "is not an address or CIDR range");
});

/** A chain by any name a provider has for it: what is compared is the relay's own (`MATIC` is `polygon`). */
const network = z.string().transform((text, context): string => {
  return networkOf(text) ?? refused(context, text, "is not the name of a network");
});

/** The common options in the Worker's own spelling. */
export function commonSettings(input: {
  mode: "live" | "test" | "both";
  allow_ips: readonly IpRange[];
  raw: "full" | "hash" | "none";
  networks: readonly string[] | null;
  destinations: readonly string[] | null;
  max_body_bytes: number;
}) {
  return {
    mode: input.mode,
    allowIps: input.allow_ips,
    raw: input.raw,
    networks: input.networks,
    destinations: input.destinations,
    maxBodyBytes: input.max_body_bytes,
  };
}
