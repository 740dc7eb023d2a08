import assert from "node:assert/strict";
import { join } from "node:path";
import { canonicalJson, parseJson } from "../../lib/codec/mod.ts";
import { corpora } from "../corpora.ts";

Deno.test({
  name: "canonicalJson() gives the RFC 8785 output for each input of its test data",
  ignore: corpora.missing,
  fn() {
    const folder = join(corpora.path, "jcs", "testdata");
    const names = [...Deno.readDirSync(join(folder, "input"))].map((entry) => entry.name);
    assert.ok(names.length >= 5);
    for (const name of names) {
      const input = parseJson(Deno.readFileSync(join(folder, "input", name)), { maxBytes: 100_000, what: name });
      assert.equal(canonicalJson(input), Deno.readTextFileSync(join(folder, "output", name)), name);
    }
  },
});

Deno.test("canonicalJson() refuses a number without a canonical form", () => {
  assert.throws(() => canonicalJson(parseJson("[1e999]", { maxBytes: 10, what: "text" })));
});

Deno.test("canonicalJson() sorts keys by UTF-16 units, also numeric ones", () => {
  assert.equal(
    canonicalJson({ "10": 1, "9": 2, "\u{1f600}": 3, "\ufb33": 4 }),
    '{"10":1,"9":2,"\u{1f600}":3,"\ufb33":4}',
  );
});
