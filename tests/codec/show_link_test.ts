import assert from "node:assert/strict";
import { showLink } from "../../lib/codec/mod.ts";

Deno.test("showLink() gives an https address as a browser would use it", () => {
  assert.equal(showLink("https://example.test/a?b=c#d"), "https://example.test/a?b=c#d");
  assert.equal(showLink("HTTPS://EXAMPLE.test"), "https://example.test/");
  assert.equal(showLink("https://b\u00fccher.test/\u00e9"), "https://xn--bcher-kva.test/%C3%A9");
  // Cyrillic letters that look like "apple"
  assert.equal(showLink("https://\u0430\u0440\u0440\u04cf\u0435.test/"), "https://xn--80ak6aa92e.test/");
});

for (
  const text of [
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "javascript://example.test/%0aalert(1)",
    "file:///etc/passwd",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "http://example.test/",
    "ftp://example.test/",
    "https:example.test",
    "https:///example.test",
    "https://",
    "https://user@example.test/",
    "https://user:password@example.test/",
    "https://example.test\\@evil.test/",
    "https://example.test/\u001b]8;;https://evil.test\u0007",
    "https://example.test/\nhttps://evil.test/",
    "https://example.test/\u202egpj.exe",
    "https://exam\u200bple.test/",
    " https://example.test/",
    "see https://example.test/",
    `https://example.test/${"a".repeat(3000)}`,
    "",
  ]
) {
  Deno.test(`showLink() gives nothing to open for ${JSON.stringify(text.slice(0, 60))}`, () =>
    assert.equal(showLink(text), undefined));
}
