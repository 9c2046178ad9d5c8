/** docs/receivers/worker.ts as it stands there, in workerd, over a table that behaves like D1's. */
import { beforeEach, describe, expect, it } from "vitest";
import receiver from "../../docs/receivers/worker.ts";
import { faultsOfEvent } from "../support/contract.ts";
import { event, idOf, NEW, OLD, WRONG } from "./events.ts";
import { sign } from "./sign.ts";

let rows: Map<string, unknown[]>;

beforeEach(() => {
  rows = new Map();
});

/** Just enough of a database: one insert that ignores what it has. */
const DB = {
  prepare: (sql: string) => ({
    bind: (id: string, ...rest: unknown[]) => ({
      run: () => {
        if (!sql.endsWith("ON CONFLICT (id) DO NOTHING")) throw new Error("this would throw at a repeat");
        if (!rows.has(id)) rows.set(id, [id, ...rest]);
        return Promise.resolve();
      },
    }),
  }),
} as unknown as D1Database;

async function post(body: string, headers: Record<string, string>): Promise<number> {
  const request = { method: "POST", body, headers };
  const env = { CRM_SIGNING_SECRETS: `${NEW} ${OLD}`, DB };
  return (await receiver.request("/webhooks/payments", request, env)).status;
}

describe("the receiver on Workers", () => {
  const body = event({ payment: "p", assurance: "signed", value: "1.00" });

  it("is tested with what the relay may send", () => {
    expect(faultsOfEvent(JSON.parse(body))).toEqual([]);
  });

  it("keeps what the relay signed, once, with the bytes as they came", async () => {
    for (const secrets of [[NEW], [OLD], [NEW, OLD]]) {
      expect(await post(body, await sign(body, secrets))).toBe(204);
    }
    expect([...rows.values()]).toEqual([[idOf("p"), expect.stringMatching(/^pay_/), 1, body]]);
  });

  it("keeps nothing else", async () => {
    const headers = await sign(body, [NEW]);
    expect(await post(body.replace("1.00", "2.00"), headers)).toBe(400);
    expect(await post(body, await sign(body, [WRONG]))).toBe(400);
    expect(await post(body, await sign(body, [NEW], Date.now() - 3_600_000))).toBe(400);
    expect(await post(body, {})).toBe(400);
    expect([...rows]).toEqual([]);
  });
});
