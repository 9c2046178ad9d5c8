/** What `npm run scale` measures of a filled shard, one operation after another. */
import { cryptopay } from "../../tools/lib/callbacks.ts";
import { Client } from "./client.ts";
import { copiedId } from "./fill.ts";
import { ask, beginLife, type Filled, orderObject, type ScaleSurroundings, SHARD } from "./scale-subject.ts";
import { median } from "./stats.ts";
import { DESTINATION, order } from "./subjects.ts";

export interface OperationFigures {
  readonly name: string;
  readonly ms: number;
  /** Of one call: the least of all, since an alarm may run meanwhile. */
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/** Enough for a median; the first ones warm up. */
const CALLS = 15;
const PAGE = "limit=50";
let payments = 0;

/** The order matters: what changes the shard comes last. */
export async function measureOperations(
  { host, owedIds, owedFrom, events, file }: Filled,
  around: ScaleSurroundings,
  owed: number,
): Promise<OperationFigures[]> {
  const { secrets, who } = around;
  const client = new Client(host.url, 1);
  const rows = async () =>
    (await (await fetch(`${host.url}/scale/rows`)).json()) as { read: number; written: number };
  const results: OperationFigures[] = [];
  const time = async (
    name: string,
    calls: number,
    call: (index: number) => Promise<unknown>,
  ): Promise<void> => {
    const times: number[] = [];
    const read: number[] = [];
    const written: number[] = [];
    for (let index = 0; index < calls; index += 1) {
      await rows();
      const from = performance.now();
      await call(index);
      times.push(performance.now() - from);
      const counted = await rows();
      read.push(counted.read);
      written.push(counted.written);
    }
    results.push({ name, ms: median(times), rowsRead: Math.min(...read), rowsWritten: Math.min(...written) });
  };
  const scale = async (order: string, body: object) => await orderObject(host.url, order, body);
  const alarm = async () => await scale("alarm", { shard: SHARD });
  const accept = async (payment: string): Promise<void> => {
    const { status } = await client.send(cryptopay(who, { payment, now: new Date() }));
    if (status !== 200) throw new Error(`a callback was answered ${status}`);
  };
  const api = async (path: string) => await ask(host.url, secrets, path);
  const owedReference = (index: number) => {
    const n = owedFrom + index;
    const [event, payment] = owedIds.map((id) => copiedId(id, n));
    return { shard: SHARD, payment, n, event, destination: DESTINATION };
  };
  try {
    await time("alarm, the first of a life, with a step of the purge", 1, alarm);
    await beginLife(host, file);
    await time("accept, the first of a life", 1, async () => await accept(`scale-${(payments += 1)}`));
    const accepted = payments + 1;
    await time("accept", CALLS, async () => await accept(`scale-${(payments += 1)}`));
    if (owed > 0) {
      await time(
        "lease",
        CALLS,
        async (index) => await scale("lease", { shard: SHARD, references: [owedReference(index)] }),
      );
    }
    await time("list, newest page", CALLS, async () => await api(`events?${PAGE}`));
    await time("list, by state", CALLS, async () => await api(`events?${PAGE}&state=dead`));
    await time(
      "search for a text nobody wrote",
      3,
      async () => await api(`events?${PAGE}&q=nobody-wrote-this`),
    );
    if (events > 2) {
      const [id, payment] = owedIds.map((each) => copiedId(each, owedFrom + Math.min(owed, 1) - 1));
      await time("one event by its id", 5, async () => await api(`events/${id}`));
      await time("a payment's time line", CALLS, async () => await api(`payments/${payment}`));
    }
    await time("ledger", 5, async () => await api("ledger"));
    await time("alarm", 5, alarm);
    await beginLife(host, file);
    await accept(`scale-${(payments += 1)}`);
    await time("alarm, the purge finds nothing", 1, alarm);
    // The Worker has begun anew as well: it remembers none of these, and the Inbox is asked.
    await time("accept a duplicate", CALLS, async (index) => await accept(`scale-${accepted + index}`));
    await time("pause", 1, async () => await order(host.url, secrets, `destinations/${DESTINATION}/pause`));
    await time("accept, paused", CALLS, async () => await accept(`scale-${(payments += 1)}`));
    await time("resume", 1, async () => await order(host.url, secrets, `destinations/${DESTINATION}/resume`));
    return results;
  } finally {
    client.close();
  }
}
