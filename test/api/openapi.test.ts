/** The description of the operator API and its routes, each by the other. */
import { expect, it } from "vitest";
import { openApi } from "../../src/api/openapi.ts";
import { api } from "../../src/api/routes.ts";
import { ALL_OPERATIONS } from "../../src/api/table.ts";

interface Described {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

const { paths } = openApi(ALL_OPERATIONS) as { paths: Record<string, Record<string, Described>> };
const described = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);

it("every route is described, and every described route exists", () => {
  // Middleware is registered for all methods.
  const routes = api.routes.filter(({ method }) => method !== "ALL");
  const names = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  expect(names.toSorted()).toEqual(described.map(({ name }) => name).toSorted());
});

it("every operation has an id of its own and a meaning for each status", () => {
  const ids = described.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { operation } of described)
    for (const { description } of Object.values(operation.responses)) expect(description).toMatch(/\w/);
});

it.each(described)("$name may be refused, limited or out of order", ({ name, operation }) => {
  const statuses = Object.keys(operation.responses);
  expect(operation.security).toBeUndefined();
  for (const status of ["401", "429", "503"]) expect(statuses).toContain(status);
  // Orders are not for everybody.
  expect(statuses.includes("403")).toBe(name.startsWith("POST"));
  // What names something may name what is not there.
  if (name.includes("{")) expect(statuses).toContain("404");
  // Whatever is not known to be asked for is refused.
  expect(statuses).toContain("400");
});

it("every reference leads to a schema", () => {
  const text = JSON.stringify(openApi(ALL_OPERATIONS));
  const { components } = openApi(ALL_OPERATIONS) as { components: { schemas: Record<string, unknown> } };
  const named = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
  expect(new Set(named)).toEqual(
    new Set(Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`)),
  );
});

it("a body is required where the order means nothing without it", () => {
  const required = described.filter(({ operation }) => operation.requestBody?.required);
  expect(required.map(({ operation }) => operation.operationId).toSorted()).toEqual([
    "diagnoseCallback",
    "dismissEvent",
    "dismissEvents",
    "releaseEvents",
    "startReplay",
  ]);
});
