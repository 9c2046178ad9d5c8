import { afterEach, beforeEach, expect, it } from "vitest";
import { startVerifier, type Verifier } from "../../tools/lib/verifier-server.ts";

let verifier: Verifier;
beforeEach(async () => {
  verifier = await startVerifier();
});
afterEach(() => verifier.close());

const ask = (token: string) => fetch(verifier.url + token);

it("calls tokens valid that begin with tkn, and remembers what it was asked", async () => {
  expect(await (await ask("tkn123")).json()).toEqual({ valid: true });
  expect(await (await ask("other")).json()).toEqual({ valid: false });
  expect(verifier.asked()).toEqual(["tkn123", "other"]);
});

it("responds as its mode says", async () => {
  verifier.setMode("true");
  expect(await (await ask("other")).json()).toEqual({ valid: true });
  verifier.setMode("false");
  expect(await (await ask("tkn123")).json()).toEqual({ valid: false });
  verifier.setMode("503");
  expect((await ask("tkn123")).status).toBe(503);
  verifier.setMode("html");
  expect(await (await ask("tkn123")).text()).toContain("<p>");
});

it("never answers about tokens it is to hang over", async () => {
  const hanging = await startVerifier({ hangsOver: "invented" });
  try {
    const given = new AbortController();
    const answer = fetch(`${hanging.url}invented1`, { signal: given.signal });
    expect(await (await fetch(`${hanging.url}tkn1`)).json()).toEqual({ valid: true });
    given.abort();
    await expect(answer).rejects.toHaveProperty("name", "AbortError");
  } finally {
    await hanging.close();
  }
});
