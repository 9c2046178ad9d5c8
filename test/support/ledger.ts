/** The ledger of one shard, as tests compare it. */
import { addUp, type LedgerPart } from "../../src/inbox/ledger.ts";

const OWED = ["dead", "parked", "pending"] as const;

/** What is owed, by destination and state, in the order of their names; nothing where there is none. */
export async function owedBy(inbox: {
  ledger(): Promise<LedgerPart>;
}): Promise<{ destination: string; state: (typeof OWED)[number]; count: number }[]> {
  const { destinations } = addUp([await inbox.ledger()]);
  return Object.entries(destinations)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([destination, counts]) =>
      OWED.map((state) => ({ destination, state, count: counts[state] })).filter(({ count }) => count > 0),
    );
}
