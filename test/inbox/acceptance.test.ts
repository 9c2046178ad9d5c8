/** What the Inbox makes of an event that says what another one has said, or nearly: a table of small differences. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Money } from "../../src/event.ts";
import type { Accepted } from "../../src/inbox/protocol.ts";
import { acceptance, type Stated } from "../support/events.ts";
import { interceptQueue } from "../support/queue.ts";
import { freshRelay, inboxOf, type Outside } from "../support/worker.ts";

let outside: Outside;

beforeEach(async () => {
  outside = await freshRelay("2036-01-01T00:00:00.000Z");
  interceptQueue();
});

const inbox = () => inboxOf("8/0");
const accept = (stated: Stated = {}) => inbox().accept(acceptance(stated));
const abouts = () => outside.lines("alert").map(({ about }) => about);

async function acceptOf(amount: Money | null, stated: Stated): Promise<Accepted> {
  const input = acceptance(stated);
  return await inbox().accept({
    ...input,
    event: { ...input.event, data: { ...input.event.data, amount } },
  });
}

describe("the same state again, by another event", () => {
  it.each([
    ["the same sum, differently padded", { value: "10.0", currency: "EUR" }, []],
    ["another sum", { value: "10.01", currency: "EUR" }, ["conflict:amount"]],
    // Ten dollars are not ten euros.
    ["the same sum in another currency", { value: "10.00", currency: "USD" }, ["conflict:amount"]],
    ["no sum", null, []],
  ])("with %s", async (_, amount, warnings) => {
    await accept({ event: "e1" });
    const again = await acceptOf(amount, { event: "e2" });
    expect(again).toMatchObject({ outcome: "superseded", reason: "same_state", warnings });
    expect(abouts()).toEqual(warnings);
  });
});
