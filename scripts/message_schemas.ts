import * as z from "zod";
import { capabilitiesSchema, errorResponse, REQUESTS, RESULTS } from "../lib/protocol/mod.ts";

/** Unknown fields are ignored by whoever reads a message, so no schema forbids them. */
function override({ jsonSchema }: { jsonSchema: { additionalProperties?: unknown } }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

/** File names and texts of the JSON Schemas: a request as the host sends it, a result without its envelope. */
export function messageSchemas(): Record<string, string> {
  const named: Record<string, z.ZodType> = { "capabilities": capabilitiesSchema, "error": errorResponse };
  for (const [command, schema] of Object.entries(REQUESTS)) named[`${command}.request`] = schema;
  for (const [command, schema] of Object.entries(RESULTS)) named[`${command}.result`] = schema;
  return Object.fromEntries(
    Object.entries(named).map(([name, schema]) => [
      `${name}.schema.json`,
      JSON.stringify(z.toJSONSchema(schema, { io: "output", unrepresentable: "any", override }), null, 2) + "\n",
    ]),
  );
}
