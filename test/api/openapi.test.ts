/** The description of the operator API and its routes, each by the other. */
import { expect, it } from "vitest";
import { openApi } from "../../src/api/openapi.ts";
import { api } from "../../src/api/routes.ts";

interface Described {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly required: boolean };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

const { paths } = openApi() as { paths: Record<string, Record<string, Described>> };
const described = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);

it("every route is described, and every described route exists", () => {
  // Middleware is registered for all methods.
  const routes = api.routes.filter(({ method }) => method !== "ALL");
  const names = routes.map(({ method, path }) => `${method} /api${path.replace(/:(\w+)/g, "{$1}")}`);
  expect(names.toSorted()).toEqual(described.map(({ name }) => name).toSorted());
});

it("every operation has an id of its own and a meaning for each status", () => {
  const ids = described.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { operation } of described)
    for (const { description } of Object.values(operation.responses)) expect(description).toMatch(/\w/);
});

it("every operation but the description itself may be refused, limited or out of order", () => {
  for (const { name, operation } of described) {
    const statuses = Object.keys(operation.responses);
    const isPublic = name === "GET /api/openapi.json";
    expect(operation.security).toEqual(isPublic ? [] : undefined);
    for (const status of ["401", "429", "503"]) expect(statuses.includes(status)).toBe(!isPublic);
    // What names something may name what is not there.
    if (name.includes("{")) expect(statuses).toContain("404");
    const inputs = operation.parameters.filter(({ in: place }) => place === "query").length;
    expect(statuses.includes("400")).toBe(inputs > 0 || operation.requestBody !== undefined);
  }
});

it("a body is required where the order means nothing without it", () => {
  const required = described.filter(({ operation }) => operation.requestBody?.required);
  expect(required.map(({ operation }) => operation.operationId).toSorted()).toEqual([
    "dismissEvent",
    "dismissEvents",
    "releaseEvents",
    "startReplay",
  ]);
});
