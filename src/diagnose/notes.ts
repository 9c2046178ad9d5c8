/** What can be seen in a capture without any assumption: a lost byte, a secret in a wrong place. Pure. */
import { requestTarget } from "../ingress/request-target.ts";
import { absoluteUrl, headerOf, type CapturedRequest, type Case } from "./captured.ts";
import { secretNames } from "./relay-table.ts";

export function notesOn(given: Case): string[] {
  return [...lengthNote(given.request), ...placesOfSecrets(given)];
}

/** The sender counted its body: another length is another body. */
function lengthNote(request: CapturedRequest): string[] {
  const declared = Number(headerOf(request, "content-length") ?? Number.NaN);
  const { length } = request.body;
  if (!Number.isSafeInteger(declared) || declared === length) return [];
  return [
    `content-length says ${declared} bytes, the body has ${length}: it was changed after it was sent or kept`,
  ];
}

/** Shorter values stand in a body by chance. */
const SHORTEST_SECRET = 6;

/** Where the values of configured secrets stand in the request, by name; never the values. */
function placesOfSecrets({ request, env }: Case): string[] {
  const { path, query } = requestTarget(absoluteUrl(request));
  const body = new TextDecoder().decode(request.body);
  const places: [string, string][] = [
    ...request.headers.map(([name, value]): [string, string] => [`header ${name}`, value]),
    ["path", path],
    ["query", query],
    ["body", body],
  ];
  return secretNames(env).flatMap((name) => {
    const value = String(env[name]);
    if (value.length < SHORTEST_SECRET) return [];
    return places.flatMap(([place, text]) => {
      if (!text.includes(value)) return [];
      const field = place === "body" ? fieldOf(text, value) : null;
      return [`the value of ${name} stands in the ${place}${field === null ? "" : ` (${field})`}`];
    });
  });
}

/** The name in front of a value, in JSON or a form. */
function fieldOf(body: string, value: string): string | null {
  const before = body.slice(0, body.indexOf(value));
  return /"([^"]{1,64})"\s*:\s*"$/.exec(before)?.[1] ?? /(?:^|&)([^=&]{1,64})=$/.exec(before)?.[1] ?? null;
}
