/** The AsyncAPI document is one by the specification's own schema. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import specs from "@asyncapi/specs";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { expect, it } from "vitest";

// Its schema brings draft 7 along, under the name that Ajv's own copy has.
const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
addFormats.default(ajv);
const isAsyncApi = ajv.compile(specs.schemas["3.0.0"] as object);

const kept = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../docs/schemas/asyncapi.json"), "utf8"),
) as Record<string, unknown>;

it("is valid by the AsyncAPI 3 specification", () => {
  isAsyncApi(kept);
  expect(isAsyncApi.errors).toBeNull();
});

it("would not be with a mistake in an operation, a message or a payload", () => {
  const { operations, components } = kept as never as {
    operations: { sendAlert: object };
    components: { messages: { alert: object } };
  };
  const { alert } = components.messages;
  const withMessage = (changed: object) => ({
    ...kept,
    components: { messages: { alert: { ...alert, ...changed } } },
  });
  expect(
    isAsyncApi({ ...kept, operations: { sendAlert: { ...operations.sendAlert, action: "post" } } }),
  ).toBe(false);
  expect(isAsyncApi(withMessage({ contentTyp: "application/json" }))).toBe(false);
  const schema = { type: "objekt" };
  expect(
    isAsyncApi(
      withMessage({ payload: { schemaFormat: "application/schema+json;version=draft-07", schema } }),
    ),
  ).toBe(false);
});

it("refers only to what it has", () => {
  const references = [...JSON.stringify(kept).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = ""]) => path);
  expect(references.length).toBeGreaterThan(5);
  const found = (path: string) =>
    path
      .split("/")
      .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], kept);
  expect(references.filter((path) => found(path) === undefined)).toEqual([]);
});
