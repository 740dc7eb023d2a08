import assert from "node:assert/strict";
import fc from "fast-check";
import { nearestName, showJson, showText } from "../../lib/codec/mod.ts";

Deno.test("showText() never lets a control character, a bidirectional control or a lone surrogate through", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.doesNotMatch(
      showText(text),
      /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u,
    );
  }));
});

Deno.test("showText() writes escape sequences out, and keeps plain text of any script", () => {
  assert.equal(showText("\u001b]52;c;x\u0007"), "\\u{1b}]52;c;x\\u{7}");
  assert.equal(showText("Prüfung 検査 🔒"), "Prüfung 検査 🔒");
});

Deno.test("showText() cuts long text", () => {
  assert.equal(showText("abcdef", { maxChars: 3 }), "abc…");
});

Deno.test("showJson() lets nothing through that showText() stops, and is the same value to a reader", () => {
  fc.assert(fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (value) => {
    const text = showJson(value);
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
    assert.doesNotMatch(
      text,
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]/u,
    );
  }));
  assert.equal(showJson({ a: "\u009b\u{e0001}\n" }), '{\n  "a": "\\u009b\\udb40\\udc01\\n"\n}');
});

Deno.test("nearestName() suggests what was probably meant, and nothing far off", () => {
  assert.equal(nearestName("verfiy", ["verify", "version", "pull"]), "verify");
  assert.equal(nearestName("allow_lopback_http", ["allow_loopback_http", "file_root"]), "allow_loopback_http");
  assert.equal(nearestName("xyz", ["verify", "pull"]), undefined);
});
