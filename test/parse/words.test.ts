/** Words of a text: what a search can find. */
import { describe, expect, it } from "vitest";
import { lastPieceOf, valuesIn, valuesInForm, wordsOf } from "../../src/parse/words.ts";

describe("words", () => {
  it.each([
    ["order-4711", ["order-4711"]],
    ["ORDER-4711.", ["order-4711"]],
    ["Ada Lovelace <ada@example.com>", ["ada", "lovelace", "ada@example.com"]],
    ['{"a":"b","c":12.50}', ["a", "b", "c", "12.50"]],
    ["https://shop.example/orders?id=7&x=y", ["https://shop.example/orders", "id", "7", "x", "y"]],
    ["+49 30 123", ["49", "30", "123"]],
    ["Zoe\u0308 Счёт №5", ["zoë", "счёт", "5"]],
    ['--- *** "" =&', []],
  ])("of %j are %j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it("of a long text without any end take time in proportion to it", () => {
    // Matched twice over, this would be 10^10 steps.
    expect(wordsOf(`a${".".repeat(100_000)}`)).toEqual(["a"]);
    expect(wordsOf("a.".repeat(50_000))).toHaveLength(1);
  });
});

describe("the last piece of a text", () => {
  it.each([
    ["order-", "order-"],
    ["paid by ada@exam", "ada@exam"],
    ["(Счёт-5", "Счёт-5"],
    ["order-4711 ", ""],
    ['say "', ""],
    ["", ""],
  ])("%j is %j", (text, piece) => {
    expect(lastPieceOf(text)).toBe(piece);
  });
});

describe("values", () => {
  it.each([
    ["JSON without its keys", '{"id":"x1","nested":{"n":10.50}}', "application/json", ["x1", "10.50"]],
    [
      "numbers that no float holds",
      '{"id":12345678901234567890}',
      "application/json",
      ["12345678901234567890"],
    ],
    [
      "what JSON escapes",
      String.raw`{"u":"a\/b","c":"\u0421\u0447\u0451\u0442","l":"one\ntwo"}`,
      null,
      ["a/b", "счёт", "one", "two"],
    ],
    ["JSON within JSON", String.raw`{"data":"{\"order\":\"o-1\"}"}`, null, ["o-1"]],
    [
      "a form, decoded",
      "order=o%2D1&name=Ada+L%C3%B6w",
      "application/x-www-form-urlencoded",
      ["o-1", "ada", "löw"],
    ],
    ["a form that is badly encoded", "order=%zz-1", "application/x-www-form-urlencoded", ["zz-1"]],
    ["XML, with the names of its elements", "<order>o-1</order>", "text/xml", ["order", "o-1", "order"]],
  ])("of a body: %s", (_, body, contentType, words) => {
    expect(wordsOf(valuesIn(body, contentType))).toEqual(words);
  });

  it("of a query are decoded, without their names", () => {
    expect(wordsOf(valuesInForm("order=o%2D1&t="))).toEqual(["o-1"]);
  });
});
