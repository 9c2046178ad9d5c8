/**
 * Callbacks that are hints: kept and answered at once, asked about at the provider's API over the queue, and
 * forwarded with what the API said and nothing of what the callback did.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PaymentEvent } from "../../src/event.ts";
import type { StoredCallback } from "../../src/inbox/protocol.ts";
import { reprocess } from "../../src/ingress/reprocess.ts";
import { declaration } from "../../src/providers/declared/declaration.ts";
import { presets } from "../../src/providers/presets/index.ts";
import { changed, requestOf, type Sample } from "../../tools/lib/declared/samples.ts";
import { sign } from "../../tools/lib/declared/sign.ts";
import { configFrom } from "../support/config.ts";
import { NOW_MS } from "../support/declared.ts";
import { replaceQueues } from "../support/queue.ts";
import { envWith, freshRelay, keptById, keptRows, post, type Outside } from "../support/worker.ts";

const hints = presets.filter(({ written }) => written.fetch !== undefined);
const files = import.meta.glob<Sample>("../../tools/samples/*.json", { eager: true, import: "default" });

interface Asked {
  readonly url: string;
  readonly authorization: string | null;
}

let outside: Outside;
let asked: Asked[];
let answer: () => Response;

beforeEach(async () => {
  outside = await freshRelay(new Date(NOW_MS).toISOString());
  asked = [];
  // What is accepted here is delivered nowhere.
  replaceQueues(() => Promise.resolve());
  const others = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).hostname !== "api.test") return await others(input, init);
    asked.push({ url: request.url, authorization: request.headers.get("authorization") });
    return answer();
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function setUp(name: string) {
  const preset = hints.find((one) => one.name === name);
  const sample = files[`../../tools/samples/${name}.json`];
  if (!preset || !sample?.api) throw new Error(`no hint ${name}`);
  const declared = declaration.parse(preset.written);
  const settings = {
    api_url: "http://api.test",
    ...sample.settings,
    ...(declared.verify === null ? {} : { secrets: ["SAMPLE_SECRET"] }),
    ...(declared.fetch?.authorization === null ? {} : { api_secrets: ["API_SECRET"] }),
  };
  const env = envWith(
    { [name]: { shop: settings } },
    { SAMPLE_SECRET: sample.secret, API_SECRET: "an-api-token" },
  );
  const { api } = sample;
  answer = () => Response.json(api.body);
  const send = async (body?: string, secret = sample.secret) => {
    const unsigned = requestOf(
      sample,
      `https://relay.test/in/${name}/shop`,
      body === undefined ? {} : { body },
    );
    const request =
      declared.verify === null ? unsigned : await sign(declared.verify, secret, unsigned, NOW_MS);
    return await post(
      { method: "POST", path: `/in/${name}/shop`, headers: request.headers, body: request.body },
      undefined,
      env,
    );
  };
  /** As the queue's consumer has it processed. */
  const ask = async (id: string) => {
    const kept = await keptById(id);
    const stored = JSON.parse(kept?.callback ?? "null") as StoredCallback;
    return await reprocess(`${name}/shop`, stored, configFrom(env), env);
  };
  return { sample, api, send, ask, text: requestOf(sample, "").body };
}

const idOf = (response: Response) => response.headers.get("relay-event-id") ?? "";

describe.each(hints)("$name", ({ name }) => {
  it("is kept and answered unasked, then forwarded with what the API says", async () => {
    const { sample, api, send, ask } = setUp(name);
    const response = await send();
    expect(response.status).toBe(200);
    expect(response.headers.get("relay-outcome")).toBe("deferred");
    expect(asked).toEqual([]);
    expect(outside.delivered).toEqual([]);

    expect(await ask(idOf(response))).toMatchObject({ kind: "accepted", outcome: "accepted" });
    expect(asked).toEqual([{ url: `http://api.test${api.path}`, authorization: api.authorization ?? null }]);
    const event = (await keptRows()).find(({ state }) => state === "accepted")?.event;
    expect(event?.type).toBe(sample.expect.type);
    expect(event?.data).toMatchObject({
      amount: { value: sample.expect.amount, currency: sample.expect.currency },
      merchant_reference: sample.expect.merchant_reference,
      verification: { method: "fetch_back", assurance: "confirmed", covers: ["body"] },
    } satisfies Partial<Record<keyof PaymentEvent["data"], unknown>>);
    expect(event?.data.raw?.body).toBe(JSON.stringify(api.body));
    expect(JSON.stringify([await keptRows(), outside.logged])).not.toContain("an-api-token");
  });

  it("is one event, however often it is announced", async () => {
    const { send, ask } = setUp(name);
    const response = await send();
    await ask(idOf(response));
    expect(await ask(idOf(response))).toMatchObject({ kind: "accepted", outcome: "duplicate" });
  });

  it("is refused when the API knows nothing of that name", async () => {
    const { send, ask } = setUp(name);
    answer = () => new Response(null, { status: 404 });
    expect(await ask(idOf(await send()))).toEqual({ kind: "refused", reason: "token_invalid" });
  });

  it.each<readonly [what: string, says: () => Response | Promise<never>, reason: string]>([
    ["fails", () => new Response(null, { status: 500 }), "verifier_status"],
    ["does not know our key", () => new Response(null, { status: 401 }), "verifier_status"],
    ["leads elsewhere", () => Response.redirect("http://api.test/other", 302), "verifier_status"],
    ["cannot be reached", () => Promise.reject(new Error("refused")) as never, "verifier_timeout"],
    ["says too much", () => new Response("x".repeat(65_537)), "verifier_too_large"],
    ["says no JSON", () => new Response("<html>"), "verifier_unreadable"],
    [
      "speaks of another object",
      () => Response.json({ id: "other", data: { id: "other" } }),
      "verifier_unreadable",
    ],
  ])("is asked about again when the API %s", async (_, says, reason) => {
    const { send, ask } = setUp(name);
    answer = says as () => Response;
    expect(await ask(idOf(await send()))).toMatchObject({ kind: "undecided", reason });
    expect((await keptRows()).map(({ state }) => state)).toEqual(["deferred"]);
  });
});

describe("a hint", () => {
  it.each(["../../admin", "a/b", "a%2fb", "a?b", "a#b", "", "x".repeat(129)])(
    "whose id is %j is refused before anything is asked or kept",
    async (id) => {
      const { send, text } = setUp("bitpay");
      expect((await send(changed(text, { "json:/data/id": id }))).status).toBe(400);
      expect(asked).toEqual([]);
      expect(await keptRows()).toEqual([]);
    },
  );

  it("that its provider signs is refused unsigned, and not kept", async () => {
    const { send } = setUp("btcpay");
    expect((await send(undefined, "another")).status).toBe(401);
    expect(await keptRows()).toEqual([]);
  });
});
