/** Writes the JSON Schema of every message to `schemas/`: what goes over the wire, for authors of adapters in any language. */
import { join } from "node:path";
import { messageSchemas } from "./message_schemas.ts";
import { ROOT } from "./root.ts";

const folder = join(ROOT, "schemas");
await Deno.mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(messageSchemas())) await Deno.writeTextFile(join(folder, name), text);
