/** The overview answers whether money moves: per source and destination, what needs a person, and since when. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { SILENCE_MIN_EVENTS, SILENCE_MIN_MS } from "../../src/limits.ts";
import { delivered, order } from "../support/api.ts";
import { changedEnv } from "../support/deploy.ts";
import { Visitor } from "../support/console.ts";
import { secrets } from "../support/bindings.ts";
import { payByIpay } from "../support/payments.ts";
import { freshRelay, type Outside } from "../support/worker.ts";

let outside: Outside;
let visitor: Visitor;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T10:00:30.000Z");
  visitor = await Visitor.signIn();
  // Charts begin with the first look at them.
  await visitor.page("/?range=day");
  vi.setSystemTime(Date.now() + 60_000);
});

/** The cells of the row that begins with this name, as text. */
async function row(name: string, path = "/"): Promise<string[]> {
  const html = await visitor.page(path);
  const found = html.split("<tr>").find((part) => part.includes(`>${name}</a></th>`)) ?? "";
  return [...found.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = ""]) =>
    cell.replace(/<svg.*?<\/svg>/gs, "").replace(/<[^>]*>/g, ""),
  );
}

describe("of a source the overview", () => {
  it("tells what came in the last hour, when the last one came, and what was refused by reason", async () => {
    for (const transaction of ["0x1", "0x2"]) await payByIpay(transaction);
    await payByIpay("0x3", "a-wrong-token");
    await delivered(outside, 2);
    vi.setSystemTime(Date.now() + 120_000);
    await expect
      .poll(async () => await row("ipay/broker-eu"), { timeout: 10_000 })
      .toEqual(["2/h", "2 min ago", "0", "1 bad_token"]);
    // The figures stay those of the hour, whatever the charts show.
    expect((await row("ipay/broker-eu", "/?range=month"))[0]).toBe("2/h");
    expect(await row("cryptopay/broker-eu")).toEqual(["0/h", "not yet", "0", "0"]);
  });

  it("marks one that has been quiet for unusually long", async () => {
    for (let i = 0; i < SILENCE_MIN_EVENTS; i += 1) await payByIpay(`0x${i}`);
    expect((await row("ipay/broker-eu"))[1]).not.toContain("silent");
    vi.setSystemTime(Date.now() + SILENCE_MIN_MS);
    expect((await row("ipay/broker-eu"))[1]).toBe("30 min agosilent");
  });

  it("says of one with a problem that it answers 503, and why", async () => {
    await payByIpay("0x1");
    const env = changedEnv({ sources: { ipay: { "broker-eu": { secrets: ["NOT_SET"] } } } });
    const html = await (await Visitor.signIn(secrets.ADMIN_TOKEN, env)).page("/");
    expect(html).toContain("answers 503: its configuration has a problem");
    expect(html).toContain("NOT_SET");
  });
});

describe("of a destination the overview", () => {
  it("tells what was delivered, how fast, and with which answers", async () => {
    await payByIpay("0x1");
    await delivered(outside, 1);
    const cells = await row("→ crm");
    expect(cells[0]).toBe("1/h");
    expect(cells[1]).toBe("delivering");
    expect(cells.slice(2, 4)).toEqual(["0", "none"]);
    expect(cells[4]).toMatch(/^\d+ m?s$/);
    expect(cells[5]).toBe("2xx 1");
  });

  it("tells what is owed and since when, and classes of answers that were no success", async () => {
    outside.crm = () => new Response("no room", { status: 503 });
    await payByIpay("0x1");
    await expect.poll(async () => (await row("→ crm"))[5], { timeout: 10_000 }).toBe("5xx 1");
    vi.setSystemTime(Date.now() + 1000);
    const [, , owed, oldest] = await row("→ crm");
    expect(owed).toBe("1");
    expect(oldest).toMatch(/^1 s ago$/);
  });

  it("tells of a pause, whose reason is text", async () => {
    await payByIpay("0x1");
    await order("/api/destinations/crm/pause", { why: `"><x-planted>` });
    const html = await visitor.page("/");
    expect(html).toContain("&quot;&gt;&lt;x-planted&gt;");
    expect(html).not.toContain("<x-planted>");
  });
});

it("the steps in which nothing was recorded are told apart from those in which nothing came", async () => {
  await payByIpay("0x1");
  const html = await visitor.page("/");
  const spark = /<svg class="spark".*?<\/svg>/s.exec(html.split("ipay/broker-eu</a>")[1] ?? "")?.[0] ?? "";
  expect(spark.match(/<rect/g)).toHaveLength(12);
  expect(spark.match(/class="unknown"/g)).toHaveLength(11);
});
