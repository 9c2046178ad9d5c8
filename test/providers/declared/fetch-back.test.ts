/** The question at the provider's API: when it is asked, with which key, and what its answer makes of a callback. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Callback } from "../../../src/providers/callback.ts";
import { confirm, type ObjectApi } from "../../../src/providers/declared/fetch-back.ts";
import { fetchSpec } from "../../../src/providers/declared/fetch-spec.ts";
import type { World } from "../../../src/providers/provider.ts";
import { callbackOf } from "../../support/callbacks.ts";

const NOW_MS = 1_700_000_000_000;
const FORM = "application/x-www-form-urlencoded";
const ORDER = { path: "/orders/{form:id}", id: { asked: "form:id", answered: "json:/id" } };
const BASE = new URL("https://api.test/v2");

interface Asked {
  readonly href: string;
  readonly authorization: string | undefined;
}

interface Changes {
  readonly written?: object;
  readonly api?: Partial<ObjectApi>;
  readonly callback?: Callback;
  readonly world?: Partial<World>;
}

const hint = (body: string) => callbackOf(body, { contentType: FORM });
const nothing = () => Promise.reject(new Error("a token is not what this is about"));

/** What becomes of a callback about order `o-1` when the API says this, and what the API was asked. */
async function confirmed(says: () => Response, { written, api, callback, world }: Changes = {}) {
  const asked: Asked[] = [];
  const verdict = await confirm(
    { fetch: fetchSpec.parse({ ...ORDER, ...written }), base: BASE, keys: [], ...api },
    callback ?? hint("id=o-1"),
    {
      nowMs: NOW_MS,
      source: "acme/shop",
      again: true,
      mayAsk: () => Promise.resolve(true),
      tokens: { consult: nothing, refuse: nothing, undecided: nothing },
      fetch: (url, { headers }) => {
        asked.push({
          href: url.href,
          authorization: new Headers(headers).get("authorization") ?? undefined,
        });
        return Promise.resolve(says());
      },
      ...world,
    },
  );
  return { verdict, asked };
}

const object = (body: object | string) => () =>
  new Response(typeof body === "string" ? body : JSON.stringify(body));
const paid = object({ id: "o-1", state: "paid" });
const ASKED = { href: "https://api.test/v2/orders/o-1", authorization: undefined };

describe("a hint", () => {
  it("is kept when it comes, without a question and without a budget", async () => {
    const mayAsk = () => Promise.reject(new Error("nothing is asked"));
    expect(await confirmed(paid, { world: { again: false, mayAsk } })).toEqual({
      verdict: { kind: "deferred", reason: "verifier_rate", detail: "asked_over_the_queue" },
      asked: [],
    });
  });

  it("is kept on while the account's budget is used up", async () => {
    expect(await confirmed(paid, { world: { mayAsk: () => Promise.resolve(false) } })).toEqual({
      verdict: { kind: "deferred", reason: "verifier_rate" },
      asked: [],
    });
  });

  it.each([
    ["has no id", hint("order=o-1")],
    ["has an empty one", hint("id=")],
    ["has one that is no plain word", hint("id=..%2Fadmin")],
    ["has two", hint("id=o-1&id=o-1")],
    ["cannot be read", hint("id=%zz")],
  ])("that %s is refused, unasked and at once", async (_, callback) => {
    for (const again of [false, true]) {
      expect(await confirmed(paid, { callback, world: { again } })).toEqual({
        verdict: { kind: "refused", reason: "token_syntax" },
        asked: [],
      });
    }
  });

  it("is refused where its path leads elsewhere, which none does that could be written", async () => {
    const spec = fetchSpec.parse(ORDER);
    const fetch = { ...spec, parts: ["/..", ...spec.parts] };
    expect(await confirmed(paid, { api: { fetch } })).toEqual({
      verdict: { kind: "refused", reason: "token_syntax" },
      asked: [],
    });
  });

  it("is asked about by all its ids, wherever they stand", async () => {
    const callback = callbackOf('{"shop":7,"order":{"id":"o-1"}}', {
      query: "region=eu",
      headers: new Map([["x-version", "v3"]]),
    });
    const written = {
      path: "/{header:x-version}/{query:region}/shops/{json:/shop}/{json:/order/id}/state",
      id: { asked: "json:/order/id", answered: "json:/id" },
    };
    const { verdict, asked } = await confirmed(paid, { callback, written });
    expect(asked).toEqual([{ ...ASKED, href: "https://api.test/v2/v3/eu/shops/7/o-1/state" }]);
    expect(verdict.kind).toBe("verified");
  });

  it("is refused when one of several ids is missing", async () => {
    const written = { path: "/{form:shop}/{form:id}" };
    expect(await confirmed(paid, { written })).toEqual({
      verdict: { kind: "refused", reason: "token_syntax" },
      asked: [],
    });
  });
});

describe("the key", () => {
  const authorization = "Token {secret}";
  const newest = { id: "NEW", value: "key-2" };
  const before = { id: "OLD", value: "key-1" };

  it.each([
    ["the newest", [newest, before], "Token key-2", "NEW"],
    ["the newest, up to its last instant", [{ ...newest, notAfterMs: NOW_MS }, before], "Token key-2", "NEW"],
    [
      "the one before when it has expired",
      [{ ...newest, notAfterMs: NOW_MS - 1 }, before],
      "Token key-1",
      "OLD",
    ],
  ])("is %s", async (_, keys, sent, key) => {
    const { verdict, asked } = await confirmed(paid, { written: { authorization }, api: { keys } });
    expect(asked).toEqual([{ ...ASKED, authorization: sent }]);
    expect(verdict).toMatchObject({ verification: { key } });
  });

  it("is waited for when all have expired: an API may hide its objects from whom it does not know", async () => {
    const keys = [{ ...newest, notAfterMs: NOW_MS - 1 }];
    expect(await confirmed(paid, { written: { authorization }, api: { keys } })).toEqual({
      verdict: { kind: "deferred", reason: "verifier_status", detail: "no_live_key" },
      asked: [],
    });
  });

  // Of `a$&b` the API was told `a{secret}b`: what is put in place of a text may refer to it.
  it.each(["a$&b", "a$$b", "$`", "$1"])("is sent as it is: %s", async (value) => {
    const keys = [{ id: "KEY", value }];
    const { asked } = await confirmed(paid, { written: { authorization }, api: { keys } });
    expect(asked).toEqual([{ ...ASKED, authorization: `Token ${value}` }]);
  });

  it("is put wherever it is named", async () => {
    const { asked } = await confirmed(paid, {
      written: { authorization: "{secret}:{secret}" },
      api: { keys: [newest] },
    });
    expect(asked).toEqual([{ ...ASKED, authorization: "key-2:key-2" }]);
  });

  it("is not sent to an API that asks for none", async () => {
    expect((await confirmed(paid, { api: { keys: [newest] } })).asked).toEqual([ASKED]);
  });
});

describe("the answer", () => {
  it("takes the place of the callback, and is believed as a whole", async () => {
    const body = '{"id":"o-1","state":"paid"}';
    const callback = callbackOf("id=o-1&state=forged", {
      contentType: FORM,
      contentEncoding: "identity",
      kind: "deposit",
      pathKey: "PATH",
      query: "state=forged",
      headers: new Map([["x-state", "forged"]]),
      receivedAtMs: 5,
    });
    const { verdict, asked } = await confirmed(object(body), { callback });
    expect(asked).toEqual([ASKED]);
    expect(verdict).toEqual({
      kind: "verified",
      verification: { method: "fetch_back", assurance: "confirmed", covers: ["body"], key: null },
      statement: callbackOf(body, {
        method: "GET",
        kind: "deposit",
        pathKey: "PATH",
        receivedAtMs: 5,
        sha256: createHash("sha256").update(body).digest("hex"),
      }),
    });
  });

  it("that there is no such object is a refusal: whoever sent the callback made it up", async () => {
    expect(await confirmed(() => new Response(null, { status: 404 }))).toEqual({
      verdict: { kind: "refused", reason: "token_invalid" },
      asked: [ASKED],
    });
  });

  it("that is an outage says nothing of the callback", async () => {
    expect(await confirmed(() => new Response(null, { status: 503 }))).toEqual({
      verdict: { kind: "deferred", reason: "verifier_status" },
      asked: [ASKED],
    });
  });

  it.each<readonly [what: string, body: object | string]>([
    ["speaks of another object", { id: "o-2" }],
    ["speaks of none", { state: "paid" }],
    ["has something else for an id", { id: { value: "o-1" } }],
    ["says its id twice", '{"id":"o-1","id":"o-1"}'],
    ["is no JSON", "o-1"],
  ])("that %s is not used", async (_, body) => {
    expect(await confirmed(object(body))).toEqual({
      verdict: { kind: "deferred", reason: "verifier_unreadable" },
      asked: [ASKED],
    });
  });

  it("that says as little of an id as the callback is not used", async () => {
    const written = { id: { asked: "form:order", answered: "json:/id" } };
    expect(await confirmed(object({ state: "paid" }), { written })).toEqual({
      verdict: { kind: "deferred", reason: "verifier_unreadable" },
      asked: [ASKED],
    });
  });

  it.each([
    ["a number", '{"id":17}', "id=17"],
    ["a text", '{"id":"17"}', "id=17"],
  ])("may call its object by %s", async (_, body, form) => {
    const { verdict } = await confirmed(object(body), { callback: hint(form) });
    expect(verdict.kind).toBe("verified");
  });
});
