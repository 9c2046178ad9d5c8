/** From a callback to the Inbox's decision, with an Inbox that answers as it is told. */
import { describe, expect, it } from "vitest";
import type { Verification } from "../../src/event.ts";
import type { InboxClient } from "../../src/inbox/client.ts";
import type { Acceptance, Accepted } from "../../src/inbox/protocol.ts";
import type { IngressBindings } from "../../src/ingress/bindings.ts";
import { processCallback, type ProcessingContext } from "../../src/ingress/process-callback.ts";
import type { Source } from "../../src/providers/source.ts";
import golden from "../cases/golden-events.json";
import { callbackOf, config } from "../support/callbacks.ts";

const FORM = golden.tokenpayments.data.raw.body.replace("[redacted]", "tkn9f2c0001");
const SHA256 = "a".repeat(64);
const PROOF = golden.tokenpayments.data.verification as Verification;

/** An Inbox in which every name belongs to this owner; what it was asked to accept is kept. */
function inboxWith(ownerOf: (owner: string) => string, answer?: Accepted) {
  const accepted: Acceptance[] = [];
  const reserved: string[] = [];
  const inbox = {
    tokens: {
      consult: (use: { owner: string }) =>
        Promise.resolve({ kind: "reserved", owner: use.owner, fingerprint: SHA256 }),
    },
    reserve: ({ owner }: { owner: string }, fingerprint: string) => {
      reserved.push(fingerprint);
      return Promise.resolve(ownerOf(owner));
    },
    accept: (input: Acceptance) => {
      accepted.push(input);
      return Promise.resolve(answer ?? { outcome: "accepted", eventId: input.event.id, attempts: [] });
    },
  };
  return { inbox: inbox as unknown as InboxClient, accepted, reserved };
}

function sourceOf(name: string): Source {
  const source = config.sources.get(name);
  if (!source) throw new Error(`no account ${name}`);
  return source;
}

/** An account whose callbacks are all authentic. */
const believed = (source: Source): Source => ({
  ...source,
  verify: () => Promise.resolve({ kind: "verified", verification: PROOF }),
});

const formOf = (body: string, sha256 = SHA256) =>
  callbackOf(body, { contentType: "application/x-www-form-urlencoded", sha256 });

async function process(
  inbox: InboxClient,
  more: Partial<ProcessingContext> = {},
  callback = formOf(FORM),
  source = sourceOf("tokenpayments/broker-eu"),
) {
  const env = { SEEN: { get: () => Promise.resolve(null) } } as unknown as IngressBindings;
  const context = {
    inbox,
    config,
    env,
    nowMs: 5,
    verification: null,
    attemptNow: true,
    caller: () => Promise.resolve("c"),
    again: false,
  };
  return await processCallback(source, callback, { ...context, ...more });
}

describe("a name that may have one owner", () => {
  it("and was taken by another meanwhile refuses the callback, and nothing is accepted", async () => {
    const { inbox, accepted, reserved } = inboxWith(() => "another order");
    expect(await process(inbox)).toEqual({ kind: "refused", reason: "token_reused" });
    expect(reserved).toEqual([SHA256]);
    expect(accepted).toEqual([]);
  });

  it("and is ours now lets it through, used up even by contents that are no use", async () => {
    const { inbox, accepted } = inboxWith((owner) => owner);
    expect(await process(inbox)).toMatchObject({ kind: "event", accepted: { outcome: "accepted" } });
    expect(accepted).toHaveLength(1);
    const useless = inboxWith((owner) => owner);
    expect(await process(useless.inbox, {}, formOf(FORM.replace("amount2=", "amount3=")))).toMatchObject({
      kind: "quarantined",
      reason: "missing_amount",
      verification: { method: "callback_get" },
    });
    expect(useless.reserved).toEqual([SHA256]);
    expect(useless.accepted).toEqual([]);
  });

  it("is not asked for again where the proof was given when the callback first came", async () => {
    const { inbox, accepted, reserved } = inboxWith(() => "another order");
    const processed = await process(inbox, { verification: PROOF });
    expect(processed).toMatchObject({ kind: "event", verification: PROOF });
    expect(reserved).toEqual([]);
    expect(accepted).toHaveLength(1);
  });
});

describe("what the Inbox is asked to accept", () => {
  it("is the event with the callback's fingerprint, its proof and its destinations, unreleased", async () => {
    const { inbox, accepted } = inboxWith((owner) => owner);
    await process(inbox, { attemptNow: false });
    expect(accepted).toMatchObject([
      {
        source: "tokenpayments/broker-eu",
        event: { id: golden.tokenpayments.id },
        fingerprint: SHA256,
        contents: {},
        attemptNow: false,
        released: null,
        destinations: ["crm"],
      },
    ]);
    expect(accepted[0]?.instance).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("a callback that cannot be read", () => {
  it("is refused although it was believed before", async () => {
    const { inbox, accepted } = inboxWith((owner) => owner);
    expect(await process(inbox, { verification: PROOF }, formOf("a=1&a=2"))).toMatchObject({
      kind: "refused",
      reason: "duplicate_key",
    });
    expect(accepted).toEqual([]);
  });
});

describe("a provider whose API is asked", () => {
  const source = sourceOf("tokenpayments/broker-eu");

  it.each([true, false])("is asked out of the budget for deferred callbacks: %s", async (success) => {
    const asked: string[] = [];
    const QUESTIONS_AGAIN: RateLimit = {
      limit: ({ key }) => {
        asked.push(key);
        return Promise.resolve({ success });
      },
    };
    const asking: Source = {
      ...source,
      verify: async (_, world) =>
        (await world.mayAsk())
          ? { kind: "verified", verification: PROOF }
          : { kind: "deferred", reason: "verifier_rate" },
    };
    const { inbox, accepted } = inboxWith((owner) => owner);
    const env = { QUESTIONS_AGAIN } as unknown as IngressBindings;
    const processed = await process(inbox, { env, again: true }, formOf(FORM), asking);
    expect(processed.kind).toBe(success ? "event" : "deferred");
    expect(asked).toEqual([source.name]);
    expect(accepted).toHaveLength(success ? 1 : 0);
  });

  it("is believed, and not the callback: the event is what the API says", async () => {
    const statement = formOf(FORM.replace("INV-42", "INV-43"), "b".repeat(64));
    const stating: Source = {
      ...source,
      verify: () => Promise.resolve({ kind: "verified", verification: PROOF, statement }),
    };
    const { inbox, accepted } = inboxWith((owner) => owner);
    await process(inbox, {}, formOf(FORM), stating);
    expect(accepted).toMatchObject([
      { fingerprint: "b".repeat(64), event: { data: { merchant_reference: "INV-43" } } },
    ]);
  });
});

describe("a callback that the account does not take", () => {
  it("is quarantined with its proof, and nothing is accepted", async () => {
    const source = believed(sourceOf("tokenpayments/broker-eu"));
    const settings = { ...source.settings, networks: ["tron"] };
    const { inbox, accepted } = inboxWith((owner) => owner);
    expect(await process(inbox, {}, formOf(FORM), { ...source, settings })).toEqual({
      kind: "quarantined",
      reason: "unknown_currency",
      detail: "network:none",
      merchantReference: "INV-42",
      verification: PROOF,
    });
    expect(accepted).toEqual([]);
  });
});
