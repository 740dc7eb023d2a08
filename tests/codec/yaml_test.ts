import assert from "node:assert/strict";
import fc from "fast-check";
import { parseYaml, YamlError } from "../../lib/codec/mod.ts";

const options = { filename: "epack.yaml", maxChars: 2_000_000 };
const read = (text: string) => parseYaml(text, options);

Deno.test("parseYaml() shows file, line, column and the line itself when a key is there twice", () => {
  assert.throws(() => read("a: 1\nb: 2\na: 3\n"), (error) => {
    assert.ok(error instanceof YamlError);
    assert.match(error.message, /^epack\.yaml:3:1: .*\n {3}3 \| a: 3\n {7}\^$/);
    return true;
  });
});

Deno.test("parseYaml() refuses second documents, unknown tags and undefined aliases", () => {
  for (const text of ["a: 1\n---\nb: 2\n", "a: !!python/object x\n", "a: !custom x\n", "a: *nowhere\n"]) {
    assert.throws(() => read(text), YamlError, text);
  }
});

Deno.test("parseYaml() refuses what aliases expand without bound", () => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(", ")}]`,
  );
  assert.throws(() => read(["l0: &l0 [x, x, x, x, x, x, x, x, x]", ...levels].join("\n")), YamlError);
});

Deno.test("parseYaml() refuses a document that nests too deep", () => {
  assert.throws(() => read("[".repeat(5000) + "]".repeat(5000)), YamlError);
});

Deno.test("parseYaml() reads 60 000 keys without a quadratic check", () => {
  const text = Array.from({ length: 60_000 }, (_, index) => `key${index}: value`).join("\n");
  assert.equal(Object.keys(Object(read(text).value)).length, 60_000);
});

Deno.test("parseYaml() gives null for an empty text, anchors and merge keys their values", () => {
  assert.equal(read("# nothing\n\n").value, null);
  assert.deepEqual(read("base: &b {x: 1}\nmore: {<<: *b, y: 2}\n").value, { base: { x: 1 }, more: { x: 1, y: 2 } });
});

Deno.test("YamlDocument.locate() finds keys in block and flow style, and the nearest parent of what is missing", () => {
  const document = read("a: 1\nremotes:\n  prod: {target: {workspace: x}}\n  list:\n    - one\n    - two\n");
  assert.deepEqual(document.locate(["remotes", "prod", "target"]), { line: 3, column: 10, offset: 23 });
  assert.equal(document.locate(["remotes", "list", 1]).line, 6);
  assert.equal(document.locate(["remotes", "prod", "nowhere"]).line, 3);
});

Deno.test("parseYaml() throws nothing but YamlError", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ":",
      "- ",
      "&a",
      "*a",
      "{",
      "}",
      "[",
      "]",
      "|",
      ">",
      "'",
      '"',
      "\n",
      "  ",
      "!",
      "#",
      "?",
      "%",
      "<<: ",
    ),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        read(pieces.join(""));
      } catch (error) {
        assert.ok(error instanceof YamlError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
