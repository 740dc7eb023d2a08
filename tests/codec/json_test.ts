import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { JsonError, parseJson } from "../../lib/codec/mod.ts";
import { corpora } from "../corpora.ts";

const options = { maxBytes: 1_000_000, what: "text" };
const read = (text: string | Uint8Array) => parseJson(text, options);

Deno.test("parseJson() refuses a key that is there twice, at any depth and however it is escaped", () => {
  for (const text of ['{"a":1,"a":1}', '[{"b":{"a":1,"\\u0061":2}}]', '{"__proto__":1,"__proto__":2}']) {
    assert.throws(() => read(text), JsonError, text);
  }
});

Deno.test("parseJson() takes keys that differ in case, and lists with equal items, as they are", () => {
  assert.deepEqual(
    JSON.stringify(read('{"a":[1,1],"A":["stream"],"stream":[null,null]}')),
    '{"a":[1,1],"A":["stream"],"stream":[null,null]}',
  );
});

Deno.test("parseJson() keeps __proto__ as a plain key", () => {
  const value = read('{"__proto__":{"polluted":true}}');
  assert.equal(Object.getPrototypeOf(value), null);
  assert.equal("polluted" in {}, false);
});

Deno.test("parseJson() refuses lone surrogates, invalid UTF-8 and a byte order mark", () => {
  for (const text of ['"\\ud800"', '"\\udc00\\ud800"', '"\ud800"']) assert.throws(() => read(text), JsonError);
  assert.throws(() => read(new Uint8Array([0x22, 0xff, 0x22])), JsonError);
  assert.throws(() => read("\ufeff{}"), JsonError);
  assert.throws(() => read(new Uint8Array([0xef, 0xbb, 0xbf, 0x31])), JsonError);
});

Deno.test("parseJson() stops at its bounds of size and depth", () => {
  assert.throws(() => parseJson("[[[]]]", { ...options, maxDepth: 2 }), JsonError);
  assert.doesNotThrow(() => parseJson("[[[]]]", { ...options, maxDepth: 3 }));
  assert.throws(() => parseJson("[".repeat(900_000), options), JsonError);
  assert.throws(() => parseJson("[1]", { ...options, maxBytes: 2 }), JsonError);
});

Deno.test("parseJson() stops at its bound of values, whatever they are", () => {
  for (const text of ["[1,{},[]]", '{"a":"x","b":{"c":null}}', "[[[1]]]"]) {
    assert.doesNotThrow(() => parseJson(text, { ...options, maxValues: 4 }), text);
    assert.throws(() => parseJson(text, { ...options, maxValues: 3 }), /has more than 3 values/, text);
  }
});

Deno.test("parseJson() names line and column", () => {
  assert.throws(() => read('{\n  "a": nul\n}'), { line: 2, column: 8 });
  assert.throws(() => read("nul"), { line: 1, column: 1 });
  assert.throws(() => read("\n\n1\n" + "x"), { line: 4, column: 1 });
});

Deno.test("parseJson() reads what JSON.stringify writes", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value);
    assert.equal(JSON.stringify(read(text)), text);
  }));
});

Deno.test("parseJson() accepts only what JSON.parse accepts, and throws nothing but JsonError", () => {
  const noise = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json().chain((text) =>
      fc.tuple(fc.constant(text), fc.nat(text.length), fc.string({ maxLength: 2 })).map(([all, at, extra]) =>
        all.slice(0, at) + extra + all.slice(at + 1)
      )
    ),
  );
  fc.assert(fc.property(noise, (text) => {
    try {
      read(text);
    } catch (error) {
      assert.ok(error instanceof JsonError);
      return;
    }
    assert.doesNotThrow(() => JSON.parse(text));
  }));
});

Deno.test({
  name: "parseJson() passes the JSON test suite: y_ accepted but for real duplicates, n_ refused, i_ without a crash",
  ignore: corpora.missing,
  fn() {
    const folder = join(corpora.path, "json-test-suite", "test_parsing");
    const duplicates = new Set(["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"]);
    let count = 0;
    for (const { name } of Deno.readDirSync(folder)) {
      if (!name.endsWith(".json")) continue;
      const bytes = Deno.readFileSync(join(folder, name));
      let accepted = true;
      try {
        parseJson(bytes, { maxBytes: 1_000_000, maxDepth: 1000, what: name });
      } catch (error) {
        assert.ok(error instanceof JsonError, `${name}: ${error}`);
        accepted = false;
      }
      if (name.startsWith("y_")) assert.equal(accepted, !duplicates.has(name), name);
      if (name.startsWith("n_")) assert.equal(accepted, false, name);
      count++;
    }
    assert.ok(count > 300, `only ${count} files`);
  },
});
