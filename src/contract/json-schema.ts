/**
 * JSON Schemas for receivers, made from the Zod schemas that the relay itself holds to.
 *
 * The relay's own are closed. What is published is open where v1 may grow, so that a CRM that validates does not
 * refuse next year's events: objects admit further members, and lists of words marked `x-extensible` admit others.
 */
import { z } from "zod";

type JsonSchema = Record<string, unknown>;

/** @param target the dialect: 2020-12 for a schema of its own, draft 7 inside an AsyncAPI document */
export function publishedSchema(schema: z.ZodType, target: "draft-2020-12" | "draft-7"): JsonSchema {
  return z.toJSONSchema(schema, {
    target,
    override: ({ jsonSchema }) => {
      opened(jsonSchema);
    },
  });
}

/** Changes the node in place, as Zod's hook asks for. */
function opened(node: JsonSchema): void {
  if (node["additionalProperties"] === false) delete node["additionalProperties"];
  if (node["x-extensible"] !== true) return;
  const { type, enum: known } = node;
  delete node["x-extensible"];
  delete node["type"];
  delete node["enum"];
  // The known words for whoever generates code from this, any other for whoever validates.
  node["anyOf"] = [{ type, enum: known }, { type }];
}
