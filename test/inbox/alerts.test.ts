import { describe, expect, it } from "vitest";
import type { AlertMessage, AlertName } from "../../src/alert.ts";
import type { LogFields } from "../../src/log.ts";
import { AlertGate, alertBody } from "../../src/inbox/alerts.ts";
import { ALERT_REPEAT_MS, MAX_ALERTS_PER_MINUTE } from "../../src/limits.ts";

const NOW = 1_790_000_000_000;

describe("the gate of alerts", () => {
  it("lets the first through and holds back, counting, its repeats for a quarter of an hour", () => {
    const gate = new AlertGate();
    expect(gate.admit("dead_letter", { destination: "crm" }, NOW)).toBe(0);
    expect(gate.admit("dead_letter", { destination: "crm" }, NOW + 1)).toBeNull();
    expect(gate.admit("dead_letter", { destination: "crm" }, NOW + ALERT_REPEAT_MS - 1)).toBeNull();
    expect(gate.admit("dead_letter", { destination: "crm" }, NOW + ALERT_REPEAT_MS)).toBe(2);
  });

  it("tells destinations and sources apart", () => {
    const gate = new AlertGate();
    gate.admit("dead_letter", { destination: "crm" }, NOW);
    expect(gate.admit("dead_letter", { destination: "erp" }, NOW)).toBe(0);
    expect(gate.admit("quarantined", { source: "ipay/a" }, NOW)).toBe(0);
    expect(gate.admit("quarantined", { source: "ipay/b" }, NOW)).toBe(0);
    // The monitor has all of its alerts raised by one shard: the second full database was never told of.
    expect(gate.admit("storage", { shard: "8/1" }, NOW)).toBe(0);
    expect(gate.admit("storage", { shard: "8/2" }, NOW)).toBe(0);
    expect(gate.admit("ledger_remainder", { name: "crm" }, NOW)).toBe(0);
    expect(gate.admit("ledger_remainder", { name: "erp" }, NOW)).toBe(0);
  });

  it("holds back nothing that says another is over, however much was said before", () => {
    const gate = new AlertGate();
    for (let i = 0; i < 50; i += 1) gate.admit("quarantined", { source: `ipay/${i}` }, NOW);
    expect(gate.admit("breaker_closed", { destination: "crm" }, NOW)).toBe(0);
    expect(gate.admit("breaker_closed", { destination: "crm" }, NOW + 1)).toBe(0);
    expect(gate.admit("resolved", { was: "silence", source: "ipay/0" }, NOW)).toBe(0);
    expect(gate.admit("resolved", { was: "refused_surge", source: "ipay/0" }, NOW)).toBe(0);
  });

  it("lets no more than a few a minute through, whatever they are about", () => {
    const gate = new AlertGate();
    const admitted = Array.from({ length: 50 }, (_, i) =>
      gate.admit("quarantined", { source: `ipay/${i}` }, NOW),
    );
    expect(admitted.filter((held) => held !== null)).toHaveLength(MAX_ALERTS_PER_MINUTE);
    expect(gate.admit("silence", {}, NOW + 60_001)).toBe(0);
  });
});

describe("the message of an alert", () => {
  it("is readable as text and as data", () => {
    const body = JSON.parse(
      alertBody(
        {
          about: "breaker_open",
          fields: { destination: "crm", shard: "8/1", event: undefined },
          held: 3,
          atMs: NOW,
        },
        { environment: "production", consoleUrl: new URL("https://relay.example.com") },
      ),
    ) as object;
    expect(body).toEqual({
      type: "relay.alert",
      about: "breaker_open",
      at: "2026-09-21T14:13:20.000Z",
      severity: "critical",
      environment: "production",
      text: "psp-relay (production): breaker open, destination crm, shard 8/1, and 3 more like it since the last message",
      held: 3,
      link: "https://relay.example.com/destinations",
      destination: "crm",
      shard: "8/1",
    });
  });

  it("names the merchant's reference as it is, and in its text without what could be markup", () => {
    const merchantReference = "order-4711 <!channel>\n@all";
    const body = JSON.parse(
      alertBody(
        { about: "second_payment", fields: { payment: "pay_1" }, merchantReference, held: 0, atMs: NOW },
        { environment: "test", consoleUrl: null },
      ),
    ) as AlertMessage;
    expect(body.merchant_reference).toBe(merchantReference);
    expect(body.text).toBe(
      "psp-relay (test): second payment, payment pay_1, merchant_reference order-4711 _!channel___all",
    );
  });

  const linkOf = (about: AlertName, fields: LogFields, consoleUrl: URL | null) =>
    (
      JSON.parse(
        alertBody({ about, fields, held: 0, atMs: NOW }, { environment: "test", consoleUrl }),
      ) as AlertMessage
    ).link;

  it.each<[AlertName, LogFields, string]>([
    ["dead_letter", { event: `evt_${"0".repeat(32)}`, destination: "crm" }, `/events/evt_${"0".repeat(32)}`],
    ["dead_letter", { event: `alr_${"0".repeat(32)}`, destination: "@alerts.team" }, "/destinations"],
    ["refused_surge", { source: "ipay/shop" }, "/refused"],
    ["silence", { source: "ipay/shop" }, "/"],
  ])("of %s %j leads to %s in the console", (about, fields, page) => {
    expect(linkOf(about, fields, new URL("https://relay.example.com"))).toBe(
      `https://relay.example.com${page}`,
    );
  });

  it("has no link where the relay does not know where its console is", () => {
    expect(linkOf("silence", {}, null)).toBeUndefined();
  });
});
