/** Callbacks as the core sees them, without a request, and what an account of the test Worker reads in them. */
import { Callback, type CallbackParts } from "../../src/providers/callback.ts";
import type { Facts, Reading } from "../../src/providers/provider.ts";
import { testBindings } from "./bindings.ts";
import { configFrom } from "./config.ts";

export const config = configFrom(testBindings);

/** A POST of this text, or of an object as JSON, unless `more` says otherwise. */
export function callbackOf(body: string | object | Uint8Array, more: Partial<CallbackParts> = {}): Callback {
  const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  return new Callback({
    method: "POST",
    kind: null,
    pathKey: null,
    query: "",
    contentType: "application/json",
    contentEncoding: null,
    headers: new Map(),
    body: typeof text === "string" ? new TextEncoder().encode(text) : text,
    isCut: false,
    receivedAtMs: 0,
    sha256: "a".repeat(64),
    ...more,
  });
}

/** What the account `broker-eu` of this provider reads. */
export async function readingOf(provider: string, callback: Callback): Promise<Reading> {
  const source = config.sources.get(`${provider}/broker-eu`);
  if (!source) throw new Error(`no account of ${provider}`);
  return await source.normalise(callback);
}

/** The facts of a callback that must have some. */
export async function factsOf(provider: string, callback: Callback): Promise<Facts> {
  const reading = await readingOf(provider, callback);
  if (reading.kind !== "facts") throw new Error(`no facts: ${JSON.stringify(reading)}`);
  return reading.facts;
}

const IPN = {
  merchant_id: "M-1001",
  token: "tkn9f2c0001",
  page_hash: "ph",
  invoice: "INV",
  custom: "acct",
  amount1: "100",
  currency1: "USD",
  amount2: "0.03125",
  currency2: "ETH",
};

export type IpnChanges = Partial<Record<keyof typeof IPN, string | null>>;

/** The form of a TokenPayments payment with these changes (null leaves a field out), and this text behind it. */
export function ipn(changes: IpnChanges = {}, behind = ""): Callback {
  const fields = Object.entries({ ...IPN, ...changes }).flatMap(([name, value]) =>
    value === null ? [] : [[name, value]],
  );
  return callbackOf(new URLSearchParams(fields).toString() + behind, {
    contentType: "application/x-www-form-urlencoded",
  });
}
