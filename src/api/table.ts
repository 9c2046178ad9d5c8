/** Everything the API answers, its own description included. */
import { z } from "zod";
import { done, operation, type AnyOperation } from "./operations/operation.ts";
import { OPERATIONS } from "./operations/table.ts";
import { openApi } from "./openapi.ts";

const describe = operation({
  id: "describe",
  method: "get",
  path: "/api/openapi.json",
  summary: "This description",
  tag: "relay",
  role: "read",
  responses: { 200: z.record(z.string(), z.unknown()) },
  run: () => Promise.resolve(done(200, openApi(ALL_OPERATIONS))),
});

export const ALL_OPERATIONS: readonly AnyOperation[] = [...OPERATIONS, describe];
