/** What the providers read in callbacks that are odd in one place: a warning, a reason, or nothing at all. */
import { describe, expect, it } from "vitest";
import { DEFAULT_MAX_BODY_BYTES } from "../../src/limits.ts";
import { callbackOf, factsOf, ipn, readingOf, type IpnChanges } from "../support/callbacks.ts";

const number = (text: string) => `#${text}#`;
/** An object as JSON whose numbers may be written in any way: `number("1e3")`. */
const json = (value: object) => JSON.stringify(value).replaceAll(/"#([^#]*)#"/g, "$1");

describe("iPay", () => {
  const PAYMENT = {
    blockchainTxId: "0xAB",
    chain: "MATIC",
    accountEDTO: "acc",
    customerID: 12345,
    transferedAmount: number("10.50"),
    currency: "USDT",
  };
  const callback = (more: object) => callbackOf(json({ ...PAYMENT, ...more }));
  const facts = (more: object) => factsOf("ipay", callback(more));
  const reading = (more: object) => readingOf("ipay", callback(more));

  it("reads a payment whole", async () => {
    const money = (value: string) => ({ value, currency: "USDT", network: "polygon" });
    expect(
      await facts({
        transactionFee: number("0.1"),
        value_in_usd: number("10.4"),
        timestamp: { seconds: 1_790_000_000 },
      }),
    ).toEqual({
      kind: "status",
      direction: "in",
      status: "confirmed",
      eventKey: ["0xab", "acc", "12345", "status:confirmed"],
      subjectKey: ["0xab", "acc", "12345"],
      provider: { event: "payment", event_id: null, payment_id: null, status: null },
      merchantReference: "12345",
      amount: money("10.50"),
      amountRequested: null,
      amountNet: money("10.50"),
      amountConverted: { value: "10.4", currency: "USD" },
      fee: money("0.1"),
      blockchain: { network: "polygon", txid: "0xAB", from: null, to: null, confirmations: null },
      occurredAt: "2026-09-21T14:13:20Z",
      warnings: [],
      contents: { "conflict:amount": "10.5 USDT", "conflict:network": "polygon" },
    });
  });

  it.each([
    [{ transactionFee: "0.1" }, ["unreadable:transactionFee"]],
    [{ value_in_usd: "10" }, ["unreadable:value_in_usd"]],
    [{ amount: "10" }, ["unreadable:amount"]],
    [{ amount: number("10.51") }, ["inconsistent:amount_differs_from_net"]],
    [{ amount: number("10.5") }, []],
    [{ currency: "FAKECOIN" }, ["unknown_ticker"]],
    [{ currency: "USDT.TRC20" }, ["inconsistent:network"]],
    [{ currency: "USDTMATIC" }, []],
    [
      { transactionFee: true, value_in_usd: [1], amount: {} },
      ["unreadable:transactionFee", "unreadable:value_in_usd", "unreadable:amount"],
    ],
  ])("%j earns %j", async (more, warnings) => {
    expect((await facts(more)).warnings).toEqual(warnings);
  });

  it.each([
    [{ transferedAmount: "10" }, "bad_amount", undefined],
    // Whatever the state: what cannot be read may be money all the same.
    [{ transferedAmount: "10", status: "PENDING" }, "bad_amount", undefined],
    [{ transferredAmount: "10", transferedAmount: null, status: "PENDING" }, "bad_amount", undefined],
    [{ transferredAmount: true }, "bad_amount", undefined],
    [{ transferedAmount: number("0") }, "bad_amount", undefined],
    [{ transferedAmount: null }, "missing_amount", undefined],
    [{ transferredAmount: number("11") }, "conflict", "transferedAmount/transferredAmount"],
    [{ blockchainTxId: null }, "missing_event_id", "blockchainTxId"],
    [{ blockchainTxId: ["x"] }, "missing_event_id", "blockchainTxId"],
    [{ customerID: {} }, "missing_event_id", "customerID"],
    [{ accountEDTO: 1.5 }, "missing_event_id", "accountEDTO"],
    [{ chain: [] }, "missing_event_id", "chain"],
    [{ currency: "?" }, "unknown_currency", undefined],
    [{ currency: 7 }, "unknown_currency", undefined],
  ])("%j is set aside as %s", async (more, reason, detail) => {
    expect(await reading(more)).toEqual({ kind: "quarantined", reason, ...(detail ? { detail } : {}) });
  });

  it.each([
    ["SUCCESS", "confirmed"],
    ["PENDING", "pending"],
    ["PROCESSING", "pending"],
    ["FAILED", "failed"],
    ["REJECTED", "failed"],
    ["EXPIRED", "expired"],
    ["REFUNDED", "refunded"],
  ])("the word %s is %s", async (word, status) => {
    expect(await facts({ status: word })).toMatchObject({
      kind: "status",
      status,
      eventKey: ["0xab", "acc", "12345", `status:${status}`],
      provider: { status: word },
    });
  });

  it.each(["confirmed", "success", "toString", "1"])("the word %s is the provider's own", async (word) => {
    expect(await facts({ status: word })).toMatchObject({
      kind: "provider",
      status: null,
      eventKey: ["0xab", "acc", "12345", `word:${word}`],
    });
  });

  it("takes either spelling of the amount and of the account, and lacks what is not there", async () => {
    const legacy = {
      transferedAmount: null,
      transferredAmount: number("10.5"),
      accountEDTO: null,
      accountId: "old",
    };
    expect(await facts(legacy)).toMatchObject({
      amount: { value: "10.5" },
      subjectKey: ["0xab", "old", "12345"],
    });
    expect(await facts({ transferredAmount: number("10.500") })).toMatchObject({
      amount: { value: "10.50" },
    });
    const bare = {
      status: "PENDING",
      transferedAmount: null,
      amount: number("10"),
      transactionFee: number("1"),
      currency: null,
      chain: null,
      customerID: "",
    };
    expect(await facts(bare)).toMatchObject({
      amount: null,
      amountNet: null,
      amountConverted: null,
      fee: null,
      merchantReference: null,
      blockchain: { network: null },
      warnings: [],
      contents: { "conflict:amount": " ", "conflict:network": "" },
    });
  });

  it.each([
    ["2026-09-21T14:13:20+02:00", "2026-09-21T12:13:20Z"],
    [{ seconds: 1_790_000_000 }, "2026-09-21T14:13:20Z"],
    [{ seconds: "1790000000" }, null],
    [1_790_000_000, null],
    ["yesterday", null],
    [null, null],
  ])("the time %j is %j", async (timestamp, occurredAt) => {
    expect((await facts({ timestamp })).occurredAt).toBe(occurredAt);
  });

  it("refuses again, from the store, what it cannot read", async () => {
    expect(await readingOf("ipay", callbackOf('{"a":1,"a":2}'))).toMatchObject({
      kind: "refused",
      reason: "duplicate_key",
      detail: "/a",
    });
    expect(await readingOf("ipay", callbackOf("[]"))).toMatchObject({
      kind: "refused",
      reason: "not_an_object",
    });
  });
});

describe("iqpay", () => {
  const DEPOSIT = {
    address: "1A",
    wallet_ext_id: "7",
    fromAddress: "1F",
    txid: "04fb",
    amount: number("0.50"),
    currency: "BTC",
    status: number("1"),
  };
  const WITHDRAWAL = {
    id: number("11"),
    txid: "04fb",
    address: "1A",
    amount: number("2"),
    currency: "USDTTRC20",
    status: number("1"),
  };
  const of = (kind: string, body: object, more = {}) => callbackOf(json(body), { kind, ...more });
  const deposit = (more: object) => factsOf("iqpay", of("deposit", { ...DEPOSIT, ...more }));
  const withdrawal = (more: object) => factsOf("iqpay", of("withdrawal", { ...WITHDRAWAL, ...more }));

  it("reads a deposit whole", async () => {
    expect(await deposit({ convert_currency: "USD", converted_amount: number("30.1") })).toEqual({
      kind: "status",
      direction: "in",
      status: "confirmed",
      eventKey: ["deposit", "BTC", "04fb", "1A", "0.5", "7", "1"],
      subjectKey: ["deposit", "BTC", "04fb", "1A", "0.5", "7"],
      provider: { event: "deposit", event_id: null, payment_id: null, status: "1" },
      merchantReference: "7",
      amount: { value: "0.50", currency: "BTC", network: "bitcoin" },
      amountRequested: null,
      amountNet: null,
      amountConverted: { value: "30.1", currency: "USD" },
      fee: null,
      blockchain: { network: "bitcoin", txid: "04fb", from: "1F", to: "1A", confirmations: null },
      occurredAt: null,
      warnings: [],
      contents: { "conflict:network": "bitcoin" },
    });
  });

  it.each([
    [{ convert_currency: "", converted_amount: number("0") }, null, []],
    [{ convert_currency: "USD", converted_amount: number("0") }, null, []],
    [{ convert_currency: "?", converted_amount: number("3") }, null, []],
    [{ convert_currency: "USD", converted_amount: "3.5" }, { value: "3.5", currency: "USD" }, []],
    [{ convert_currency: "USD", converted_amount: "x" }, null, ["unreadable:converted_amount"]],
    [{ convert_currency: "USD", converted_amount: [1] }, null, ["unreadable:converted_amount"]],
  ])("%j is converted to %j", async (more, amountConverted, warnings) => {
    expect(await deposit(more)).toMatchObject({ amountConverted, warnings });
  });

  it("reads a withdrawal whole", async () => {
    const money = (value: string) => ({ value, currency: "USDT", network: "tron" });
    expect(
      await withdrawal({
        gas: number("0.3"),
        timeCreated: number("1790000000"),
        timeConfirmed: number("1790000001"),
      }),
    ).toEqual({
      kind: "status",
      direction: "out",
      status: "confirmed",
      eventKey: ["withdrawal", "11", "1"],
      subjectKey: ["withdrawal", "11"],
      provider: { event: "withdrawal", event_id: null, payment_id: "11", status: "1" },
      merchantReference: null,
      amount: money("2"),
      amountRequested: null,
      amountNet: null,
      amountConverted: null,
      fee: money("0.3"),
      blockchain: { network: "tron", txid: "04fb", from: null, to: "1A", confirmations: null },
      occurredAt: "2026-09-21T14:13:21Z",
      warnings: [],
      contents: { "conflict:amount": "2 USDT", "conflict:network": "tron" },
    });
  });

  it.each([
    [{ gas: "x" }, ["unreadable:gas"]],
    [{ gas: [1] }, ["unreadable:gas"]],
    [{ currency: "FAKECOIN" }, ["unknown_ticker"]],
    [
      { status: number("2"), timeConfirmed: number("1790000001") },
      ["inconsistent:timeConfirmed_with_error_status"],
    ],
    [{ status: number("2"), timeConfirmed: number("0") }, []],
    [{ status: number("2"), timeConfirmed: null }, []],
  ])("a withdrawal with %j earns %j", async (more, warnings) => {
    expect((await withdrawal(more)).warnings).toEqual(warnings);
  });

  it("knows a withdrawal without an id by what it moved, and when from when it was made", async () => {
    expect(
      await withdrawal({ id: null, txid: "0xAB", amount: "2.0", timeCreated: "1790000000" }),
    ).toMatchObject({
      eventKey: ["withdrawal", null, "USDT", "0xab", "1A", "2", "1"],
      occurredAt: "2026-09-21T14:13:20Z",
    });
  });

  it("knows a withdrawal by its id alone where nothing has moved yet, and a coin of no chain by its name", async () => {
    const bare = { txid: null, address: null, currency: "USDT", status: number("0") };
    expect(await withdrawal(bare)).toMatchObject({
      status: "pending",
      eventKey: ["withdrawal", "11", "0"],
      subjectKey: ["withdrawal", "11"],
      amount: { value: "2", currency: "USDT" },
      blockchain: { network: null, txid: null, to: null },
      contents: { "conflict:amount": "2 USDT", "conflict:network": "" },
    });
    const unnamed = { id: null, address: null };
    expect(await withdrawal(unnamed)).toMatchObject({
      subjectKey: ["withdrawal", null, "USDT", "04fb", null, "2"],
    });
  });

  it("takes a withdrawal without an amount, unless it is said to have gone out", async () => {
    expect(await withdrawal({ amount: null, status: number("0") })).toMatchObject({
      status: "pending",
      amount: null,
      contents: { "conflict:amount": " USDT" },
    });
    const confirmed = of("withdrawal", { ...WITHDRAWAL, amount: null });
    expect(await readingOf("iqpay", confirmed)).toEqual({ kind: "quarantined", reason: "missing_amount" });
    const pending = of("deposit", { ...DEPOSIT, amount: null, status: number("0") });
    expect(await readingOf("iqpay", pending)).toEqual({ kind: "quarantined", reason: "missing_amount" });
  });

  it.each([
    ["deposit", { ...DEPOSIT, id: "1" }, "kind_mismatch", undefined],
    ["deposit", { ...DEPOSIT, gas: "1" }, "kind_mismatch", undefined],
    ["deposit", { ...DEPOSIT, timeCreated: "1" }, "kind_mismatch", undefined],
    ["deposit", { ...DEPOSIT, timeConfirmed: "1" }, "kind_mismatch", undefined],
    [
      "deposit",
      { txid: "x", address: "y", amount: 1, currency: "BTC", status: 1 },
      "kind_mismatch",
      undefined,
    ],
    ["withdrawal", { ...WITHDRAWAL, wallet_ext_id: "7" }, "kind_mismatch", undefined],
    ["withdrawal", { ...WITHDRAWAL, amount: "x", status: number("0") }, "bad_amount", undefined],
    ["withdrawal", { ...WITHDRAWAL, fromAddress: "7" }, "kind_mismatch", undefined],
    ["deposit", { ...DEPOSIT, currency: "?" }, "unknown_currency", undefined],
    ["deposit", { ...DEPOSIT, currency: 7 }, "unknown_currency", undefined],
    ["deposit", { ...DEPOSIT, txid: null }, "missing_event_id", undefined],
    ["deposit", { ...DEPOSIT, address: "" }, "missing_event_id", undefined],
    ["deposit", { ...DEPOSIT, txid: [1] }, "missing_event_id", "txid"],
    ["deposit", { ...DEPOSIT, wallet_ext_id: {} }, "missing_event_id", "wallet_ext_id"],
    ["deposit", { ...DEPOSIT, fromAddress: true }, "missing_event_id", "fromAddress"],
    ["withdrawal", { ...WITHDRAWAL, id: null, txid: null }, "missing_event_id", undefined],
    ["withdrawal", { ...WITHDRAWAL, id: 1.5 }, "missing_event_id", "id"],
    ["confirmations", { txid: {} }, "missing_event_id", "txid"],
    ["confirmations", { txid: "x", id: [] }, "missing_event_id", "id"],
    ["confirmations", { txid: "x", address: 1.5 }, "missing_event_id", "address"],
    ["confirmations", { txid: "x", wallet_ext_id: 1.5 }, "missing_event_id", "wallet_ext_id"],
  ])("a %s of %j is set aside as %s", async (kind, body, reason, detail) => {
    const reading = await readingOf("iqpay", of(kind, body));
    expect(reading).toEqual({ kind: "quarantined", reason, ...(detail ? { detail } : {}) });
  });

  it.each([
    [number("0"), "pending"],
    [number("1"), "confirmed"],
    [number("2"), "failed"],
    ["1", "confirmed"],
    [number("3"), null],
    ["toString", null],
    [null, null],
  ])("a deposit's status %s is %s", async (status, meant) => {
    expect(await deposit({ status })).toMatchObject({
      status: meant,
      kind: meant === null ? "provider" : "status",
    });
  });

  it("forwards confirmations and invoices as the provider's own word", async () => {
    const body = {
      txid: "0xAB",
      id: "9",
      address: "1A",
      wallet_ext_id: "7",
      currency: "eth",
      confirmations: 12,
      status: 1,
    };
    const base = {
      kind: "provider",
      direction: "in",
      status: null,
      merchantReference: "7",
      amount: null,
      amountRequested: null,
      amountNet: null,
      amountConverted: null,
      fee: null,
      occurredAt: null,
      warnings: [],
      contents: {},
    };
    expect(await factsOf("iqpay", of("confirmations", body))).toEqual({
      ...base,
      eventKey: ["confirmations", "ETH", "0xab", "1A", "7", "12"],
      subjectKey: ["confirmations", "ETH", "0xab", "1A", "7"],
      provider: { event: "confirmations", event_id: null, payment_id: "9", status: "1" },
      blockchain: { network: "ethereum", txid: "0xAB", from: null, to: null, confirmations: 12 },
    });
    const key = ["invoice", "a".repeat(64)];
    expect(await factsOf("iqpay", of("invoice", body))).toMatchObject({ eventKey: key, subjectKey: key });
    expect(await factsOf("iqpay", of("confirmations", { id: "9" }))).toMatchObject({
      eventKey: ["confirmations", "a".repeat(64)],
      blockchain: null,
    });
  });

  it.each([
    [12, 12],
    ["12", 12],
    ["999999999", 999_999_999],
    ["1000000000", null],
    ["1.5", null],
    ["x1", null],
    ["1x", null],
    [null, null],
    [-1, null],
  ])("%j confirmations are %j", async (confirmations, count) => {
    const facts = await factsOf(
      "iqpay",
      of("confirmations", { txid: "x", currency: "USDTTRC20", confirmations }),
    );
    expect(facts.blockchain).toMatchObject({ confirmations: count, network: "tron" });
  });

  it.each([
    [null, null],
    ["?", null],
    ["USDT", null],
    ["BTC", "bitcoin"],
  ])("confirmations of the currency %j are on %j", async (currency, network) => {
    const facts = await factsOf("iqpay", of("confirmations", { txid: "x", currency }));
    expect(facts.blockchain).toMatchObject({ network });
  });
});

describe("what iqpay sends in any form", () => {
  const JSON_BODY = '{"txid":"x"}';
  const read = async (body: string | Uint8Array, more: object = {}) => {
    const reading = await readingOf("iqpay", callbackOf(body, { kind: "confirmations", ...more }));
    return reading.kind === "facts" ? reading.facts.blockchain?.txid : reading;
  };
  const aside = (reason: string, detail?: string) => ({
    kind: "quarantined",
    reason,
    ...(detail === undefined ? {} : { detail }),
  });

  it.each([
    ["application/json"],
    ["text/json"],
    ["application/json; charset=utf-8"],
    [null],
    ["text/plain"],
    ["application/x-www-form-urlencoded"],
  ])("is read as JSON when it looks like it, under %j", async (contentType) => {
    expect(await read(` \t\r\n${JSON_BODY}`, { contentType })).toBe("x");
  });

  it("is read as a form under a form's content type, and from the query where there is no body", async () => {
    expect(await read("txid=x", { contentType: "application/x-www-form-urlencoded" })).toBe("x");
    expect(await read("", { method: "GET", query: "txid=x", contentType: null })).toBe("x");
    expect(await read("", { method: "DELETE", query: "txid=x", contentType: "application/json" })).toBe("x");
  });

  it("is read as a form wherever a brace is not the first thing in it", async () => {
    expect(await read("txid=x&a={1}", { contentType: "application/x-www-form-urlencoded" })).toBe("x");
  });

  it("names nothing where a GET has no query, and is its own subject", async () => {
    const callback = callbackOf("", { kind: "confirmations", method: "GET", contentType: null });
    expect(await factsOf("iqpay", callback)).toMatchObject({
      eventKey: ["confirmations", "a".repeat(64)],
      blockchain: null,
    });
  });

  it("is read up to the largest body of the account", async () => {
    const ofBytes = (bytes: number) => JSON_BODY.padEnd(bytes, " ");
    expect(await read(ofBytes(DEFAULT_MAX_BODY_BYTES))).toBe("x");
    expect(await read(ofBytes(DEFAULT_MAX_BODY_BYTES + 1))).toEqual(aside("too_large"));
  });

  it.each(["application/json", "text/json", null])("under %j is JSON or nothing", async (contentType) => {
    expect(await read("[1]", { contentType })).toEqual(aside("json", "not_an_object"));
    expect(await read("txid=x", { contentType })).toEqual(aside("json"));
  });

  it("in a form says nothing twice but the document's sample", async () => {
    const form = { contentType: "application/x-www-form-urlencoded" };
    expect(await read("txid=x&txid=x", form)).toEqual(aside("duplicate_key", "/txid"));
    expect(await read("txid=x&status=1&status=200", form)).toEqual(aside("duplicate_key", "/status"));
  });

  it("is set aside by its reason otherwise", async () => {
    expect(await read(JSON_BODY, { query: "a=1" })).toEqual(aside("mixed_sources"));
    expect(await read(JSON_BODY, { method: "GET" })).toEqual(aside("mixed_sources"));
    expect(await read(JSON_BODY, { contentEncoding: "gzip" })).toEqual(aside("content_encoding"));
    expect(await read(JSON_BODY, { contentType: "a/b, c/d" })).toEqual(aside("content_type"));
    expect(await read("txid=x", { contentType: "text/plain" })).toEqual(aside("content_type"));
    expect(await read(JSON_BODY, { contentType: "application/json; charset=koi8-r" })).toEqual(
      aside("charset"),
    );
    expect(await read(JSON_BODY, { contentType: "application/json; charset=iso-8859-1" })).toEqual(
      aside("charset"),
    );
    expect(await read(JSON_BODY, { isCut: true })).toEqual(aside("too_large"));
    expect(await read("", { contentType: null })).toEqual(aside("json"));
    expect(await read("txid=%zz", { contentType: "application/x-www-form-urlencoded" })).toEqual(
      aside("json", "encoding"),
    );
    expect(await read("[1]")).toEqual(aside("json", "not_an_object"));
    expect(await read('{"a":')).toEqual(aside("json"));
  });

  it.each([
    ['{"txid":"x","status":200,"status":1}', ["duplicate_key:/status"]],
    ['{"txid":"x","status":"200","status":"2"}', ["duplicate_key:/status"]],
  ])("%s is the document's own sample, with a warning", async (body, warnings) => {
    const facts = await factsOf("iqpay", callbackOf(body, { kind: "confirmations" }));
    expect(facts.warnings).toEqual(warnings);
    const form = callbackOf("", {
      kind: "confirmations",
      method: "GET",
      query: "txid=x&status=200&status=1",
    });
    expect((await factsOf("iqpay", form)).warnings).toEqual(warnings);
  });

  it.each([
    ['{"txid":"x","status":1,"status":200}', "/status"],
    ['{"txid":"x","status":200,"status":1,"status":1}', "/status"],
    ['{"txid":"x","status":200,"status":7}', "/status"],
    ['{"txid":"x","status":200,"status":[1]}', "/status"],
    ['{"txid":"x","status":201,"status":1}', "/status"],
    ['{"txid":"x","txid":"x"}', "/txid"],
    ['{"txid":"x","a":{"status":200,"status":1}}', "/a/status"],
  ])("%s is set aside: nobody can tell which counts", async (body, pointer) => {
    expect(await read(body)).toEqual(aside("duplicate_key", pointer));
  });
});

describe("CryptoPay", () => {
  const OBJECT = { id: "pay_1", amount: 2000, amount_received: 2000, currency: "usd", status: "succeeded" };
  const EVENT = { id: "evt_1", type: "payment.succeeded", created: 1_790_000_000, livemode: true };
  const event = (object: object | null, more: object = {}) =>
    callbackOf(json({ ...EVENT, data: { object: object && { ...OBJECT, ...object } }, ...more }));
  const facts = (object: object, more: object = {}) => factsOf("cryptopay", event(object, more));
  const reading = (object: object, more: object = {}) => readingOf("cryptopay", event(object, more));
  const aside = (reason: string, detail?: string) => ({
    kind: "quarantined",
    reason,
    ...(detail === undefined ? {} : { detail }),
  });

  it("reads a payment whole", async () => {
    const { contents, ...read } = await facts({ metadata: { order_id: "o-1" } });
    expect(Object.keys(contents)).toEqual(["conflict:body"]);
    expect(contents["conflict:body"]).toMatch(/^[0-9a-f]{64}$/);
    expect(read).toEqual({
      kind: "status",
      direction: "in",
      status: "confirmed",
      eventKey: ["evt_1", "pay_1"],
      subjectKey: ["pay_1"],
      provider: { event: "payment.succeeded", event_id: "evt_1", payment_id: "pay_1", status: "succeeded" },
      merchantReference: "o-1",
      amount: { value: "20.00", currency: "USD" },
      amountRequested: { value: "20.00", currency: "USD" },
      amountNet: null,
      amountConverted: null,
      amountRefunded: undefined,
      fee: null,
      blockchain: null,
      occurredAt: "2026-09-21T14:13:20Z",
      warnings: [],
      livemode: true,
    });
  });

  it.each([
    [{ amount_received: null }, { amount: { value: "20.00" }, amountRequested: { value: "20.00" } }],
    [{ amount_received: 1999 }, { amount: { value: "19.99" }, amountRequested: { value: "20.00" } }],
    [{ amount: null }, { amount: { value: "20.00" }, amountRequested: null }],
    [{ currency: "jpy" }, { amount: { value: "2000", currency: "JPY" } }],
    [{ metadata: { order_id: 7 } }, { merchantReference: "7", warnings: [] }],
    [{ metadata: { order_id: {} } }, { merchantReference: null, warnings: ["unreadable:order_id"] }],
    [{ metadata: "x" }, { merchantReference: null, warnings: [] }],
  ])("%j is read as %j", async (object, expected) => {
    expect(await facts(object)).toMatchObject(expected);
  });

  it.each([
    [{ livemode: true }, { livemode: true }],
    [{ livemode: false }, { livemode: false }],
    [{ livemode: null }, { livemode: undefined }],
    [{ livemode: "true" }, { livemode: false }],
    [{ livemode: 1 }, { livemode: false }],
    [{ created: "1790000000" }, { occurredAt: null }],
    [{ created: null }, { occurredAt: null }],
  ])("an event with %j has %j", async (more, expected) => {
    expect(await facts({}, more)).toMatchObject(expected);
  });

  it.each([
    [{ amount: null, amount_received: null }, "missing_amount", undefined],
    [{ amount_received: 0 }, "bad_amount", undefined],
    [{ amount_received: "2000" }, "bad_amount", "amount_received"],
    [{ amount: number("20.5") }, "bad_amount", "amount"],
    [{ amount_refunded: number("-1") }, "bad_amount", "amount_refunded"],
    [{ currency: "btc" }, "unknown_currency", undefined],
    [{ currency: null }, "unknown_currency", undefined],
    [{ status: "requires_capture" }, "conflict", "status"],
    [{ id: null }, "missing_event_id", "data.object.id"],
    [{ payment_intent: 7 }, "missing_event_id", "data.object.payment_intent"],
  ])("%j is set aside as %s", async (object, reason, detail) => {
    expect(await reading(object)).toEqual(aside(reason, detail));
  });

  it.each([
    [{ id: null }, undefined],
    [{ type: 7 }, "type"],
    [{ data: null }, "data.object.id"],
    [{ data: [] }, "data.object.id"],
  ])("an event with %j is set aside", async (more, detail) => {
    expect(await reading({}, more)).toEqual(aside("missing_event_id", detail));
  });

  describe("a refund", () => {
    const refund = (object: object) =>
      facts({ status: "succeeded", ...object }, { type: "payment.refunded" });
    const refused = (object: object) => reading(object, { type: "charge.refunded" });

    it("of all is refunded, of a part partially, with what was taken back", async () => {
      expect(await refund({ amount_refunded: 2000 })).toMatchObject({
        status: "refunded",
        amountRefunded: { value: "20.00", currency: "USD" },
      });
      expect(await refund({ amount_refunded: 1 })).toMatchObject({
        status: "partially_refunded",
        amountRefunded: { value: "0.01", currency: "USD" },
      });
    });

    it.each([
      [{}, "missing_amount"],
      [{ amount_refunded: 1, amount: null, amount_received: null }, "missing_amount"],
      [{ amount_refunded: 0 }, "bad_amount"],
      [{ amount_refunded: 2001 }, "bad_amount"],
    ])("of %j is set aside as %s", async (object, reason) => {
      expect(await refused(object)).toEqual(aside(reason, "amount_refunded"));
    });
  });

  it("takes data for its object where it has none, and an unknown event without one for itself", async () => {
    const flat = callbackOf(json({ ...EVENT, data: OBJECT }));
    expect(await factsOf("cryptopay", flat)).toMatchObject({ subjectKey: ["pay_1"], status: "confirmed" });
    const word = callbackOf(json({ ...EVENT, type: "customer.created" }));
    expect(await factsOf("cryptopay", word)).toMatchObject({
      kind: "provider",
      status: null,
      eventKey: ["evt_1", "evt_1"],
      subjectKey: ["evt_1"],
      amount: null,
      amountRequested: null,
      provider: { payment_id: null, status: null },
    });
  });

  it("reads no amounts in what is the provider's own word, and so finds none of them bad", async () => {
    const word = { type: "payout.created" };
    for (const object of [{}, { amount: "x" }, { currency: "btc" }]) {
      expect(await facts(object, word)).toMatchObject({
        kind: "provider",
        status: null,
        subjectKey: ["pay_1"],
        amount: null,
        amountRequested: null,
      });
    }
  });

  it("is set aside when it was signed and cannot be read, and refused when its shape is hostile", async () => {
    expect(await readingOf("cryptopay", callbackOf("{"))).toMatchObject(aside("json"));
    for (const [body, reason] of [
      ["[]", "not_an_object"],
      ['{"a":1,"a":1}', "duplicate_key"],
      ['{"__proto__":1}', "forbidden_key"],
    ] as const)
      expect(await readingOf("cryptopay", callbackOf(body))).toMatchObject({ kind: "refused", reason });
  });
});

describe("TokenPayments", () => {
  const facts = (more: IpnChanges) => factsOf("tokenpayments", ipn(more));

  it("reads an order whole", async () => {
    const { instance, ...read } = await facts({});
    expect(instance).toMatch(/^[0-9a-f]{64}$/);
    expect(read).toEqual({
      kind: "status",
      direction: "in",
      status: "confirmed",
      eventKey: ["M-1001", "ph", "INV", "acct", "100", "USD", "0.03125", "ETH"],
      subjectKey: ["M-1001", "ph", "INV", "acct"],
      provider: { event: "ipn", event_id: null, payment_id: "ph", status: null },
      merchantReference: "INV",
      amount: { value: "0.03125", currency: "ETH" },
      amountRequested: { value: "100", currency: "USD" },
      amountNet: null,
      amountConverted: null,
      fee: null,
      blockchain: null,
      occurredAt: null,
      warnings: [],
      contents: {},
    });
  });

  it.each([
    [
      { amount2: "000.50" },
      { amount: { value: "0.50" }, eventKey: ["M-1001", "ph", "INV", "acct", "100", "USD", "0.5", "ETH"] },
    ],
    [{ amount1: "" }, { amountRequested: null }],
    [
      { amount1: "", currency1: "?" },
      { amountRequested: null, warnings: [] },
    ],
    [{ invoice: "" }, { merchantReference: "acct", subjectKey: ["M-1001", "ph", null, "acct"] }],
    [
      { invoice: "", custom: "" },
      { merchantReference: null, warnings: [] },
    ],
    [
      { invoice: "", custom: "a\nb" },
      { merchantReference: null, warnings: ["unreadable:custom"] },
    ],
    [{ custom: "a\nb" }, { merchantReference: "INV", warnings: [] }],
    [{ page_hash: "" }, { provider: { payment_id: null }, subjectKey: ["M-1001", null, "INV", "acct"] }],
    [{ currency2: "FAKECOIN" }, { warnings: ["unknown_ticker"] }],
    [{ currency1: "FAKECOIN", currency2: "FAKECOIN" }, { warnings: ["unknown_ticker"] }],
    [{ currency2: "USDT.TRC20" }, { amount: { currency: "USDT", network: "tron" } }],
  ])("%j is read as %j", async (more, expected) => {
    expect(await facts(more)).toMatchObject(expected);
  });

  it.each([
    [{ amount2: "" }, "missing_amount", undefined],
    [{ amount2: "0" }, "bad_amount", undefined],
    [{ amount2: "-1" }, "bad_amount", undefined],
    [{ amount1: "x" }, "bad_amount", "amount1"],
    [{ currency2: "?" }, "unknown_currency", undefined],
    [{ currency2: "" }, "unknown_currency", undefined],
    [{ currency1: "?" }, "unknown_currency", undefined],
    [{ page_hash: "", invoice: "" }, "missing_event_id", undefined],
    [{ page_hash: "a\u0000" }, "missing_event_id", "page_hash"],
    [{ invoice: "a\u0000" }, "missing_event_id", "invoice"],
  ])("%j is set aside as %s", async (more, reason, detail) => {
    expect(await readingOf("tokenpayments", ipn(more))).toEqual({
      kind: "quarantined",
      reason,
      ...(detail ? { detail } : {}),
    });
  });

  it("names its proof by the token alone", async () => {
    const { instance } = await facts({});
    expect((await facts({ amount2: "7" })).instance).toBe(instance);
    expect((await facts({ token: "tkn9f2c0002" })).instance).not.toBe(instance);
  });
});
