/** How an object is asked for, as it is written: what is read of it, and what is refused with which sentence. */
import { describe, expect, it } from "vitest";
import { fetchSpec } from "../../../src/providers/declared/fetch-spec.ts";
import { issuesOf } from "./made.ts";

const written = { path: "/v2/orders/{form:id}", id: { asked: "form:id", answered: "json:/data/id" } };

const FORM_ID = { kind: "form", name: "id", text: "form:id" };
const ANSWERED = { kind: "json", pointer: ["data", "id"], text: "json:/data/id" };

describe("how an object is asked for", () => {
  it("needs a path, and what the object is called", () => {
    expect(fetchSpec.parse(written)).toEqual({
      base: null,
      parts: ["/v2/orders/", FORM_ID],
      authorization: null,
      id: { asked: FORM_ID, answered: ANSWERED },
    });
  });

  it("may name the API, a key for it, and several places of the callback", () => {
    const path = "/{json:/shop}/a_b.C-1/.{header:X-Id}/status.";
    const authorization = "Token {secret}";
    const base = "https://api.test/v2";
    expect(fetchSpec.parse({ ...written, base, path, authorization })).toEqual({
      base,
      parts: [
        "/",
        { kind: "json", pointer: ["shop"], text: "json:/shop" },
        "/a_b.C-1/.",
        { kind: "header", name: "x-id", text: "header:x-id" },
        "/status.",
      ],
      authorization,
      id: { asked: FORM_ID, answered: ANSWERED },
    });
  });
});

describe("the header of the key", () => {
  it.each(["{secret}", "Bearer {secret}", "{secret} ~", "Basic {secret}:{secret}"])("may be %j", (header) => {
    expect(fetchSpec.parse({ ...written, authorization: header }).authorization).toBe(header);
  });

  it.each(["", "Bearer", "{Secret}", "é{secret}", "{secret}é", "\n{secret}", "{secret}\n"])(
    "may not be %j",
    (authorization) => {
      expect(issuesOf(fetchSpec, { ...written, authorization })).toEqual([
        { code: "invalid_format", path: ["authorization"], message: "must contain {secret}" },
      ]);
    },
  );
});

describe("refused is", () => {
  const noPlace = (text: string) =>
    `${text} is no place: write header:<name>, json:/<pointer>, form:<name> or query:<name>`;
  const notPlain = (text: string) => `has ${text} in it: write a plain path like /v2/orders/{form:id}`;

  it.each<readonly [what: string, changes: object, message: string]>([
    ["a path with a blank", { path: "/v 2/{form:id}" }, notPlain("/v 2/")],
    ["a path with a query", { path: "/v2?id={form:id}" }, notPlain("/v2?id=")],
    ["a path with an escape behind its id", { path: "/{form:id}%2f" }, notPlain("%2f")],
    ["a path to the folder above", { path: "/a..b/{form:id}" }, notPlain("/a..b/")],
    ["a path with an empty folder", { path: "/a//{form:id}" }, notPlain("/a//")],
    ["a path with the same folder again", { path: "/a/./{form:id}" }, notPlain("/a/./")],
    ["a path that ends in its folder", { path: "/{form:id}/." }, notPlain("/.")],
    ["a brace that ends nothing", { path: "/{form:id}}" }, notPlain("}")],
    ["a brace that begins nothing", { path: "/{{form:id}" }, notPlain("{")],
    ["a part without a name", { path: "/{}" }, noPlace("")],
    ["a part that is no place", { path: "/{id}" }, noPlace("id")],
    ["a path from elsewhere", { path: "{form:id}/" }, "must begin with /"],
    [
      "a path without an id",
      { path: "/v2/orders" },
      "names nothing of the callback: write /v2/orders/{form:id}",
    ],
    ["an id asked of no place", { id: { ...written.id, asked: "id" } }, noPlace("id")],
    ["an id answered at no place", { id: { ...written.id, answered: "id" } }, noPlace("id")],
    [
      "an id answered outside the answer",
      { id: { ...written.id, answered: "form:id" } },
      "id.answered must be a value of the answer: json:/<pointer>",
    ],
  ])("%s", (_, changes, message) => {
    expect(issuesOf(fetchSpec, { ...written, ...changes })).toEqual([{ code: "custom", path: [], message }]);
  });

  it.each<readonly [what: string, changes: object, code: string, path: readonly string[]]>([
    ["an empty address", { base: "" }, "too_small", ["base"]],
    ["an empty path", { path: "" }, "too_small", ["path"]],
    ["an id that is only asked", { id: { asked: "form:id" } }, "invalid_type", ["id", "answered"]],
    ["an id that is only answered", { id: { answered: "json:/id" } }, "invalid_type", ["id", "asked"]],
    ["a setting there is not", { method: "POST" }, "unrecognized_keys", []],
    ["another name of the id", { id: { ...written.id, is: "form:id" } }, "unrecognized_keys", ["id"]],
  ])("%s", (_, changes, code, path) => {
    expect(issuesOf(fetchSpec, { ...written, ...changes })).toEqual([
      { code, path, message: expect.any(String) as unknown },
    ]);
  });
});
