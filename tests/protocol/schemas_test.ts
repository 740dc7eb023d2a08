import assert from "node:assert/strict";
import { messageSchemas } from "../../scripts/message_schemas.ts";

Deno.test("schemas/ holds the current schema of every message", async () => {
  const folder = new URL("../../schemas/", import.meta.url);
  const expected = messageSchemas();
  assert.equal(Object.keys(expected).length, 26);
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), Object.keys(expected).sort());
  for (const [name, text] of Object.entries(expected)) {
    assert.equal(await Deno.readTextFile(new URL(name, folder)), text, `${name} is old: deno task schemas`);
  }
});
