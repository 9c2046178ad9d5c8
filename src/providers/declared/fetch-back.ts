/**
 * The kind of declared provider whose callback is only a hint: what it names is asked for at the provider's API, and
 * the event says what the API said (assurance `confirmed`).
 *
 * Never at once: the callback is kept and answered, and the queue asks, so that a stranger's callbacks cost the
 * provider's API no more than the account's budget, and an API that hangs keeps no provider waiting. A provider that
 * signs its hints is verified before they are kept.
 */
import { sha256Hex } from "../../verify/digest.ts";
import { askForObject, isPlainId, objectUrl } from "../../verify/object-api.ts";
import { needsOf, readContents, textOf, valueOf, type Place } from "../../verify/spec/places.ts";
import { liveSecrets, type Secret } from "../../verify/secret.ts";
import { Callback } from "../callback.ts";
import type { Verdict, World } from "../provider.ts";
import type { FetchBack } from "./fetch-spec.ts";

export interface ObjectApi {
  readonly fetch: FetchBack;
  readonly base: URL;
  /** The API's own keys, newest first: the first that has not expired is used. */
  readonly keys: readonly Secret[];
}

/** Keep it and ask later, or, when that later has come, what the API says in place of the callback. */
export async function confirm(
  { fetch, base, keys }: ObjectApi,
  callback: Callback,
  world: World,
): Promise<Verdict> {
  const path = await pathOf(fetch, callback);
  const url = path === null ? null : objectUrl(base, path);
  if (url === null) return { kind: "refused", reason: "token_syntax" };
  if (!world.again) return { kind: "deferred", reason: "verifier_rate", detail: "asked_over_the_queue" };
  const [key] = liveSecrets(keys, world.nowMs);
  // An API may answer whom it does not know that there is no such object, which would be the end of a genuine callback.
  if (key === undefined && fetch.authorization?.includes("{secret}"))
    return { kind: "deferred", reason: "verifier_status", detail: "no_live_key" };
  if (!(await world.mayAsk())) return { kind: "deferred", reason: "verifier_rate" };

  // By a function: `$&` in a text to put there would stand for something else.
  const authorization = fetch.authorization?.replaceAll("{secret}", () => key?.value ?? "") ?? null;
  const answer = await askForObject(url, authorization, world.fetch);
  if (answer.kind === "outage") return { kind: "deferred", reason: answer.reason };
  // Nothing of that name: whoever sent this made it up.
  if (answer.kind === "none") return { kind: "refused", reason: "token_invalid" };

  const statement = await statementOf(callback, answer.body);
  if (!(await isAbout(fetch, callback, statement)))
    return { kind: "deferred", reason: "verifier_unreadable" };
  const verification = {
    method: "fetch_back",
    assurance: "confirmed" as const,
    covers: ["body"],
    key: key?.id ?? null,
  };
  return { kind: "verified", verification, statement };
}

/** What the API said, as if it had been sent: the event is made of it, and shows it. */
async function statementOf(callback: Callback, body: Uint8Array): Promise<Callback> {
  return new Callback({
    method: "GET",
    kind: callback.kind,
    pathKey: callback.pathKey,
    query: "",
    contentType: "application/json",
    contentEncoding: null,
    headers: new Map(),
    body,
    isCut: false,
    receivedAtMs: callback.receivedAtMs,
    sha256: await sha256Hex(body),
  });
}

/** The path of the API with the callback's ids in it; null where one is missing or is none. */
async function pathOf({ parts }: FetchBack, callback: Callback): Promise<string | null> {
  let path = "";
  for (const part of parts) {
    const text = typeof part === "string" ? part : await idAt(part, callback);
    if (text === null) return null;
    path += text;
  }
  return path;
}

async function idAt(place: Place, callback: Callback): Promise<string | null> {
  const text = await textAt(place, callback);
  return text !== null && isPlainId(text) ? text : null;
}

/** Does the object call itself what the callback called it? An API may answer with another one. */
async function isAbout({ id }: FetchBack, callback: Callback, statement: Callback): Promise<boolean> {
  const asked = await textAt(id.asked, callback);
  return asked !== null && asked === (await textAt(id.answered, statement));
}

/** The text of the value at a place; null where there is none, or the message cannot be read. */
async function textAt(place: Place, message: Callback): Promise<string | null> {
  const contents = await readContents(message, needsOf([place]));
  return contents.ok ? (textOf(valueOf(place, contents.value)) ?? null) : null;
}
