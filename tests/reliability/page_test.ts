import assert from "node:assert/strict";
import { pageFaults } from "../../scripts/reliability/page.ts";
import { ROOT } from "../../scripts/root.ts";

Deno.test("docs/reliability.md names every fault that is tried, and no other, and says that all held", async () => {
  assert.deepEqual(pageFaults(await Deno.readTextFile(`${ROOT}docs/reliability.md`)), []);
});
