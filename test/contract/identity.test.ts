/**
 * What a table of cases cannot show of identity: the ids of what is set aside, what is kept of a body that
 * cannot be read, and that no form of a TokenPayments callback leaves its token behind.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { fromBase64 } from "../../src/parse/encoding.ts";
import type { StoredCallback } from "../../src/inbox/protocol.ts";
import { DEFAULT_MAX_BODY_BYTES, MAX_MAX_BODY_BYTES } from "../../src/limits.ts";
import { sha256Hex } from "../../src/verify/digest.ts";
import { relay, secrets } from "../support/bindings.ts";
import {
  bindings,
  envWith,
  freshRelay,
  keptRows,
  post,
  type CaseRequest,
  type Outside,
} from "../support/worker.ts";

const IQPAY_IP = "198.51.100.7";
const QUERY = "address=1A&wallet_ext_id=7&fromAddress=1F&txid=04fb&amount=0.5&currency=BTC&status=1";
const DEPOSIT =
  '{"address":"1A","wallet_ext_id":"7","fromAddress":"1F","txid":"04fb","amount":0.5,"currency":"BTC","status":1}';
let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2026-09-21T14:13:25.000Z");
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const kinds = (method: string) => ({ deposit: { method, secrets: ["IQPAY_DEPOSIT_PATH"] } });
const env = envWith({
  ...relay.sources,
  iqpay: {
    a: { kinds: kinds("DELETE") },
    b: { kinds: { ...kinds("POST"), withdrawal: { secrets: ["IQPAY_DEPOSIT_PATH"] } } },
  },
});

function iqpay(
  account: "a" | "b",
  more: Partial<CaseRequest> & { query?: string; kind?: string },
): CaseRequest {
  const { query = "", kind = "deposit", ...request } = more;
  const path = `/in/iqpay/${account}/${kind}/${secrets.IQPAY_DEPOSIT_PATH}${query && `?${query}`}`;
  return { method: account === "a" ? "DELETE" : "POST", path, headers: {}, ...request };
}

async function send(
  request: CaseRequest,
): Promise<{ status: number; outcome: string; reason: string | null; id: string }> {
  const { status, headers } = await post(request, IQPAY_IP, env);
  const of = (name: string) => headers.get(`relay-${name}`);
  return { status, outcome: of("outcome") ?? "", reason: of("reason"), id: of("event-id") ?? "" };
}

const kept = async () =>
  (await keptRows()).map(({ callback, reason }) => ({
    reason,
    callback: JSON.parse(callback ?? "null") as StoredCallback | null,
  }));
/** One event as the operators' API shows it, as text. */
async function shownToOperators(id: string): Promise<string> {
  const ctx = createExecutionContext();
  const headers = { authorization: `Bearer ${secrets.ADMIN_TOKEN}` };
  const shown = await app.fetch(
    new Request(`https://relay.test/api/events/${id}`, { headers }),
    bindings,
    ctx,
  );
  await waitOnExecutionContext(ctx);
  return await shown.text();
}

const alerts = () => outside.lines("alert").map(({ about }) => about);

describe("a message in the query", () => {
  it("is what the event shows as its raw text, with the fingerprint of the query", async () => {
    expect(await send(iqpay("a", { query: QUERY }))).toMatchObject({ status: 200, outcome: "accepted" });
    const [row] = await keptRows();
    expect(row?.event?.data.raw).toEqual({
      content_type: null,
      sha256: await sha256Hex(QUERY),
      body: QUERY,
      redacted: [],
    });
  });
});

describe("what is set aside has an id of its own", () => {
  const json = { "content-type": "application/json" };

  it("by method, kind, query and bytes, and the same for a repeat", async () => {
    const requests = [
      iqpay("b", { query: QUERY, headers: json, body: DEPOSIT }),
      iqpay("b", { query: `${QUERY}&x=1`, headers: json, body: DEPOSIT }),
      iqpay("b", { query: QUERY, headers: json, body: `${DEPOSIT} ` }),
      iqpay("b", { query: QUERY, headers: json, body: DEPOSIT, kind: "withdrawal" }),
      iqpay("a", { query: QUERY, headers: json, body: DEPOSIT }),
    ];
    const first = await Promise.all(requests.map(send));
    expect(first.every(({ status, reason }) => status === 200 && reason === "mixed_sources")).toBe(true);
    expect(new Set(first.map(({ id }) => id)).size).toBe(requests.length);
    expect(await kept()).toHaveLength(requests.length);
    const again = await Promise.all(requests.map(send));
    expect(again.map(({ id }) => id)).toEqual(first.map(({ id }) => id));
    expect(await kept()).toHaveLength(requests.length);
  });

  it("whatever parameters a DELETE has that nobody can read", async () => {
    const ids = [];
    for (const query of ["txid=%zz", "txid=%zy", "txid=%zx"])
      ids.push((await send(iqpay("a", { query }))).id);
    expect(new Set(ids).size).toBe(3);
    expect((await kept()).map(({ callback }) => callback?.query ?? "").toSorted()).toEqual([
      "txid=%zx",
      "txid=%zy",
      "txid=%zz",
    ]);
  });
});

describe("a body from iqpay that cannot be read", () => {
  it.each([
    ["charset", { "content-type": "application/json; charset=ISO-8859-1" }, DEPOSIT],
    ["content_type", { "content-type": "text/plain" }, QUERY],
    [
      "content_type",
      { "content-type": "multipart/form-data; boundary=b" },
      '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--b--',
    ],
    ["content_encoding", { "content-type": "application/json", "content-encoding": "gzip" }, DEPOSIT],
  ])("is answered 200, kept as it came and alerted: %s", async (reason, headers, body) => {
    expect(await send(iqpay("b", { headers, body }))).toMatchObject({
      status: 200,
      outcome: "quarantined",
      reason,
    });
    const [row] = await kept();
    expect(row?.reason).toBe(reason);
    expect(row?.callback).toMatchObject({
      contentType: headers["content-type"],
      sha256: await sha256Hex(body),
    });
    expect(new TextDecoder().decode(fromBase64(row?.callback?.body ?? "") ?? undefined)).toBe(body);
    expect(alerts()).toEqual(["quarantined"]);
  });

  const padded = (bytes: number) => `${DEPOSIT}${" ".repeat(bytes - DEPOSIT.length)}`;

  it("above the account's limit is kept whole", async () => {
    const body = padded(DEFAULT_MAX_BODY_BYTES + 1);
    const sent = await send(iqpay("b", { body }));
    expect(sent).toMatchObject({ status: 200, outcome: "quarantined", reason: "too_large" });
    const [row] = await kept();
    expect(row?.callback?.isCut).toBeUndefined();
    expect(row?.callback?.sha256).toBe(await sha256Hex(body));
    expect(fromBase64(row?.callback?.body ?? "")?.length).toBe(body.length);
  });

  it("at the account's limit is read", async () => {
    expect(await send(iqpay("b", { body: padded(DEFAULT_MAX_BODY_BYTES) }))).toMatchObject({
      outcome: "accepted",
    });
  });

  it("above all that is ever kept is cut there, and says so", async () => {
    const body = padded(MAX_MAX_BODY_BYTES + 10);
    const sent = await send(iqpay("b", { body }));
    expect(sent).toMatchObject({ status: 200, outcome: "quarantined", reason: "too_large" });
    const [row] = await kept();
    expect(row?.callback?.isCut).toBe(true);
    expect(row?.callback?.sha256).toBe(await sha256Hex(body.slice(0, MAX_MAX_BODY_BYTES)));
    expect(fromBase64(row?.callback?.body ?? "")?.length).toBe(MAX_MAX_BODY_BYTES);
    expect(JSON.parse(await shownToOperators(sent.id))).toMatchObject({ callback: { cut: true } });
    expect(alerts()).toEqual(["quarantined"]);
  });

  it("is read by a replay once the account's limit is raised", async () => {
    const { id } = await send(iqpay("b", { body: padded(DEFAULT_MAX_BODY_BYTES + 1) }));
    const raised = envWith({ iqpay: { b: { max_body_bytes: MAX_MAX_BODY_BYTES, kinds: kinds("POST") } } });
    const ctx = createExecutionContext();
    const answer = await app.fetch(
      new Request(`https://relay.test/api/events/${id}/replay`, {
        method: "POST",
        headers: { authorization: `Bearer ${secrets.ADMIN_TOKEN}`, "content-type": "application/json" },
        body: "{}",
      }),
      raised,
      ctx,
    );
    await waitOnExecutionContext(ctx);
    expect(answer.status).toBeLessThan(300);
    expect((await keptRows()).map(({ state }) => state).toSorted()).toEqual(["accepted", "released"]);
  });
});

describe("a TokenPayments callback in any of its forms", () => {
  const TOKEN = "tkn9f2c0001";
  const FIELDS = {
    merchant_id: "M-1001",
    token: TOKEN,
    page_hash: "ph",
    invoice: "Zo\u00eb",
    amount1: "1",
    currency1: "USD",
    amount2: "1",
    currency2: "ETH",
  };
  const parts = Object.entries(FIELDS).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const multipart = `${parts.join("")}--b--\r\n`;
  const form = Object.entries(FIELDS)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
  const latin = (text: string) => btoa(text);

  it.each([
    [
      "multipart",
      "multipart/form-data; boundary=b",
      btoa(String.fromCharCode(...new TextEncoder().encode(multipart))),
      multipart,
    ],
    [
      "multipart in Latin-1",
      "multipart/form-data; charset=ISO-8859-1; boundary=b",
      latin(multipart),
      multipart,
    ],
    ["a Latin-1 form", "application/x-www-form-urlencoded; charset=ISO-8859-1", latin(form), form],
    ["a windows-1252 form", "application/x-www-form-urlencoded; charset=windows-1252", latin(form), form],
  ])("shows everything but its token: %s", async (_, contentType, body_base64, text) => {
    outside.verifier = { status: 200, content_type: "application/json", body: '{"valid":true}' };
    const path = "/in/tokenpayments/broker-eu";
    const request = { method: "POST", path, headers: { "content-type": contentType }, body_base64 };
    expect((await post(request, undefined, bindings)).headers.get("relay-outcome")).toBe("accepted");
    const [row] = await keptRows();
    expect(row?.event?.data.raw?.body).toBe(text.replace(TOKEN, "[redacted]"));
    expect(row?.event?.data.raw?.redacted).toEqual(["token"]);
    expect(row?.event?.data.merchant_reference).toBe("Zo\u00eb");
    expect(JSON.stringify(await keptRows())).not.toContain(TOKEN);
  });

  it.each([
    ["multipart", "multipart/form-data; boundary=b", multipart.replace("\u00eb", "e")],
    [
      "a Latin-1 form",
      "application/x-www-form-urlencoded; charset=ISO-8859-1",
      form.replace("\u00eb", "%EB"),
    ],
  ])("set aside, is shown to operators without its token: %s", async (_, contentType, body) => {
    outside.verifier = { status: 500 };
    const path = "/in/tokenpayments/broker-eu";
    const headers = { "content-type": contentType };
    const deferred = await post({ method: "POST", path, headers, body }, undefined, bindings);
    expect(deferred.headers.get("relay-outcome")).toBe("deferred");
    const text = await shownToOperators(deferred.headers.get("relay-event-id") ?? "");
    expect(text).toContain("[redacted]");
    expect(text).not.toContain(TOKEN);
  });
});
