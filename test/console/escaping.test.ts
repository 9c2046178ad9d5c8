/** Payment data is an attacker's text: planted in every text field of every provider, it is text on every page. */
import { beforeAll, expect, it } from "vitest";
import { hmacSha256 } from "../../src/verify/hmac.ts";
import { toHex } from "../../src/parse/encoding.ts";
import { listed, order } from "../support/api.ts";
import { TABS } from "../../src/console/parts/set-aside-tabs.ts";
import { elementsOf, Visitor } from "../support/console.ts";
import { secrets } from "../support/bindings.ts";
import { freshRelay, post, type CaseRequest } from "../support/worker.ts";

/** Ends whatever it stands in, and begins an element of its own. */
const PLANTED = `"'\`></title></textarea></script></pre><x-planted onclick=alert(1)>`;
const NOW = "2036-01-01T00:00:00.000Z";
const bytes = (text: string) => new TextEncoder().encode(text);

const IPAY = {
  accountEDTO: "acc_1",
  blockchainTxId: "0xabc",
  chain: "MATIC",
  currency: "USDT",
  customerID: "848151",
  transferedAmount: 25.5,
  status: "SUCCESS",
};
const CRYPTOPAY = {
  id: "evt_1",
  type: "payment_intent.succeeded",
  data: {
    object: {
      id: "pi_1",
      object: "payment_intent",
      amount: 2000,
      amount_received: 2000,
      currency: "usd",
      status: "succeeded",
      metadata: { order_id: "order-1" },
    },
  },
};
const IQPAY = {
  address: "1Demo",
  wallet_ext_id: "90233",
  fromAddress: "1From",
  txid: "tx1",
  amount: 0.5,
  currency: "BTC",
  status: 1,
};
const TOKENPAYMENTS = {
  merchant_id: "M-1001",
  token: "tkn9f2c0001",
  page_hash: "ph_77",
  item_name: "Deposit",
  item_desc: "",
  invoice: "INV-1",
  custom: "acct:991",
  amount1: "100",
  currency1: "USD",
  amount2: "0.03125",
  currency2: "ETH",
};

/** Copies of the sample, each with one text replaced; the ids of the others made its own, so that each is kept. */
function planted(sample: object): string[] {
  const text = JSON.stringify(sample);
  const texts = [...text.matchAll(/:("(?:[^"\\]|\\.)*")/g)];
  return texts.map((match, i) => {
    const at = match.index + 1;
    const replaced = text.slice(0, at) + JSON.stringify(PLANTED) + text.slice(at + (match[1] ?? "").length);
    const own = (id: string) => id.replace(/1"$/, `1-${i}"`);
    return replaced
      .replace(/"(?:evt_1|pi_1|tx1|tkn9f2c0001|INV-1|order-1)"/g, own)
      .replace('"0xabc"', `"0xabc${i}"`);
  });
}

const json = (path: string, body: string, headers: Record<string, string> = {}): CaseRequest => ({
  method: "POST",
  path,
  headers: { "content-type": "application/json", ...headers },
  body,
});

async function signed(body: string): Promise<CaseRequest> {
  const t = String(Date.parse(NOW) / 1000);
  const mac = await hmacSha256(bytes(secrets.CRYPTOPAY_SECRET), bytes(`${t}.${body}`));
  return json("/in/cryptopay/broker-eu", body, { "x-cryptopay-signature": `t=${t},v1=${toHex(mac)}` });
}

async function requests(): Promise<CaseRequest[]> {
  const ipay = planted(IPAY).map((body) =>
    json("/in/ipay/broker-eu", body.replace("{", `{"token":${JSON.stringify(secrets.IPAY_TOKEN)},`)),
  );
  const cryptopay = await Promise.all(planted(CRYPTOPAY).map(signed));
  const unreadable = await signed(`{"id": ${PLANTED}`);
  const iqpay = planted(IQPAY).map((body) =>
    json(`/in/iqpay/broker-eu/deposit/${secrets.IQPAY_DEPOSIT_PATH}`, body),
  );
  const tokenpayments = planted(TOKENPAYMENTS).map((body) => ({
    method: "POST",
    path: "/in/tokenpayments/broker-eu",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: String(new URLSearchParams(JSON.parse(body) as Record<string, string>)),
  }));
  return [...ipay, ...cryptopay, unreadable, ...iqpay, ...tokenpayments];
}

/** What came of each: provider and outcome. */
const outcomes: string[] = [];
let visitor: Visitor;
let pages: string[];

beforeAll(async () => {
  const outside = await freshRelay(NOW);
  outside.verifier = { status: 200, content_type: "application/json", body: `{"valid":true}` };
  // The receiver's answer is somebody else's text as well.
  outside.crm = () => new Response(PLANTED, { status: 500 });
  for (const request of await requests()) {
    const { headers } = await post(request, "198.51.100.7");
    outcomes.push(`${request.path.split("/")[2]} ${headers.get("relay-outcome")}`);
  }

  await order("/api/destinations/crm/pause", { why: PLANTED });
  visitor = await Visitor.signIn();
  const events = await listed();
  const waiting = events.find(({ state }) => state === "quarantined");
  await order(`/api/events/${String(waiting?.id)}/dismiss`, { reason: PLANTED });
  const query = encodeURIComponent(PLANTED);
  pages = [
    "/",
    "/payments",
    `/payments?q=${query}`,
    `/payments?from=${query}&state=dead`,
    "/destinations",
    "/settings",
    "/refused",
    `/refused?source=${query}`,
    `/live?what=${query}&source=${query}`,
    ...TABS.map(({ id }) => `/set-aside?tab=${id}`),
    `/set-aside?tab=${query}&source=${query}`,
    "/?range=month",
    `/orders?order=dismissals&state=parked&q=${query}`,
    `/payments/${query}`,
    ...events.map(({ id }) => `/events/${String(id)}`),
  ];
});

it("is accepted from every provider, and set aside", () => {
  const providers = ["ipay", "cryptopay", "iqpay", "tokenpayments"];
  expect(outcomes).toEqual(expect.arrayContaining(providers.map((provider) => `${provider} accepted`)));
  expect(outcomes).toContain("cryptopay quarantined");
});

it("no page has an element of it", async () => {
  const visited: string[] = [];
  for (const path of pages) {
    const html = await visitor.page(path);
    visited.push(html);
    const elements = await elementsOf(html);
    expect(
      elements.filter(({ name, attributes }) => name === "x-planted" || attributes.has("onclick")),
    ).toEqual([]);
  }
  // It was there, as text: in bodies, in references, in the receiver's answer, in reasons.
  const shown = visited.filter((html) => html.includes("&lt;x-planted onclick=alert(1)&gt;"));
  expect(shown.length).toBeGreaterThan(20);
});

it("a page of sign-in has nothing of what it is asked for", async () => {
  const html = await (await Visitor.signIn("guessed")).page(`/?next=/${PLANTED}`);
  expect((await elementsOf(html)).map(({ name }) => name)).not.toContain("x-planted");
});
