import assert from "node:assert/strict";
import {
  createHasher,
  digestFromHex,
  digestOf,
  HashStream,
  hexOf,
  isDigest,
  parseDigest,
} from "../../lib/digest/mod.ts";

/** SHA-256 of "abc" (FIPS 180-2, B.1). */
const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Deno.test("digestOf() gives the FIPS 180-2 value when hashing abc", () => {
  assert.equal(digestOf("abc"), `sha256:${ABC}`);
});

Deno.test("createHasher() gives the same digest when bytes come in parts", () => {
  const hasher = createHasher();
  hasher.update(new TextEncoder().encode("a"));
  hasher.update(new TextEncoder().encode("bc"));
  assert.equal(hasher.digest(), digestFromHex(ABC));
});

Deno.test("parseDigest() refuses other spellings instead of normalising them", () => {
  for (
    const text of [ABC, `sha256:${ABC.toUpperCase()}`, `sha1:${ABC}`, `sha256:${ABC.slice(1)}`, `sha256:${ABC}\n`, ""]
  ) {
    assert.throws(() => parseDigest(text), { code: "usage" }, text);
    assert.equal(isDigest(text), false);
  }
});

Deno.test("hexOf() drops the prefix", () => {
  assert.equal(hexOf(digestFromHex(ABC)), ABC);
});

Deno.test("HashStream() lets bytes through unchanged and knows digest and size at the end", async () => {
  const hashing = new HashStream();
  const out = new Response(new Blob(["a", "bc"]).stream().pipeThrough(hashing)).text();
  assert.equal(await out, "abc");
  assert.deepEqual(await hashing.result, { digest: `sha256:${ABC}`, sizeBytes: 3 });
});
