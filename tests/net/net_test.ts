import assert from "node:assert/strict";
import fc from "fast-check";
import { EpackError } from "../../lib/errors.ts";
import { isPrivateAddress, redact, redactUrl, safeHeaders, safeRedirect, safeUrl } from "../../lib/net/mod.ts";

const rules = { allowLoopbackHttp: true, fileRoot: "/srv/packs" };

Deno.test("safeUrl() takes https, loopback http where it is allowed, and files", () => {
  assert.equal(safeUrl("https://example.test/x?sig=1", rules).shown, "https://example.test/x?…");
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    assert.equal(safeUrl(`http://${host}:8080/x`, rules).kind, "http");
  }
  assert.equal(safeUrl("file:///srv/packs/a%20b%23.epack", rules).path, "/srv/packs/a b#.epack");
});

const REFUSED = [
  "http://example.test/",
  "http://127.0.0.2/",
  "http://127.1/",
  "http://0x7f.0.0.1/",
  "http://2130706433/",
  "http://127.0.0.1.example.test/",
  "http://localhost.example.test/",
  "http://localhost./",
  "ftp://127.0.0.1/",
  "javascript:alert(1)",
  "data:text/plain,x",
  "https://user:pass@example.test/",
  "https://user@example.test/",
  "https:\\\\example.test\\x",
  "https://example.test/\nx",
  " https://example.test/",
  "ht\ttps://example.test/",
  "file://host/srv/packs/x",
  "file:///srv/packs/x?y",
  "file:///srv/packs/%2e%2e%2fx",
  "nonsense",
  "",
];
for (const text of REFUSED) {
  Deno.test(`safeUrl() refuses ${JSON.stringify(text)}`, () =>
    assert.throws(() => safeUrl(text, rules), { code: "url_refused", exitCode: 15 }));
}

Deno.test("safeUrl() refuses what the rules do not allow", () => {
  assert.throws(() => safeUrl("http://127.0.0.1/", {}), { code: "url_refused" });
  assert.throws(() => safeUrl("file:///srv/packs/x", {}), { code: "url_refused" });
  for (const name of ["Authorization", "cookie", "Proxy-Authorization"]) {
    assert.throws(
      () => safeUrl("http://127.0.0.1/", { ...rules, headers: { [name]: "x" } }),
      { code: "url_refused" },
      name,
    );
  }
  for (
    const host of [
      "10.0.0.1",
      "[::1]",
      "[fe80::1]",
      "[::ffff:127.0.0.1]",
      "localhost",
      "x.internal",
      "169.254.169.254",
      "192.168.1.1",
    ]
  ) {
    assert.throws(() => safeUrl(`https://${host}/`, { publicOnly: true }), { code: "url_refused" }, host);
  }
  assert.doesNotThrow(() => safeUrl("https://93.184.216.34/", { publicOnly: true }));
});

Deno.test("safeRedirect() keeps to the first address's rules, and to its origin for headers", () => {
  const from = safeUrl("https://a.test/x", rules);
  const headers = { "X-Api-Key": "k" };
  assert.deepEqual(safeRedirect(from, "/y", { headers }).headers, headers);
  assert.deepEqual(safeRedirect(from, "https://b.test/", { headers }).headers, {});
  assert.deepEqual(safeRedirect(from, "https://a.test:8443/", { headers }).headers, {});
  for (const location of ["http://127.0.0.1/", "file:///srv/packs/x", "http://a.test/", "//u:p@b.test/"]) {
    assert.throws(() => safeRedirect(from, location, { headers }), { code: "url_refused" }, location);
  }
});

Deno.test("safeHeaders() refuses names and values that would change the message", () => {
  const bad: Record<string, string>[] = [
    { "X-A": "a\r\nX-B: b" },
    { "X A": "x" },
    { "": "x" },
    { "Transfer-Encoding": "chunked" },
    { Connection: "close" },
    { "X-N": "a\0" },
  ];
  for (const headers of bad) {
    assert.throws(() => safeHeaders(headers), { code: "url_refused" }, JSON.stringify(headers));
  }
  assert.deepEqual(safeHeaders({ "x-amz-meta": "1", "Content-Length": "5", Host: "x" }), { "x-amz-meta": "1" });
});

Deno.test("safeUrl() gives only addresses that a second look takes too", () => {
  const piece = fc.constantFrom(
    "http",
    "https",
    "file",
    ":",
    "/",
    "//",
    "\\",
    "@",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "%2f",
    "..",
    "?",
    "#",
    "a.test",
    ":80",
    "\t",
    "é",
    "x",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
    try {
      const url = safeUrl(pieces.join(""), rules);
      assert.equal(safeUrl(url.href, rules).href, url.href);
      assert.equal(new URL(url.href).username, "");
    } catch (error) {
      assert.ok(error instanceof EpackError, String(error));
    }
  }));
});

/** Shapes of secrets, each with the part that must not be seen. */
const SECRETS: [string, string][] = [
  ['{"token":"abc123secret"}', "abc123secret"],
  ["password: hunter2hunter", "hunter2hunter"],
  ["client_secret=shhh-quiet", "shhh-quiet"],
  ["aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"],
  [`ghp_${"a1B2".repeat(9)}`, "a1B2a1B2"],
  [`github_pat_${"11ABC".repeat(8)}`, "11ABC11ABC"],
  ["AKIAIOSFODNN7EXAMPLE", "IOSFODNN7"],
  ["https://user:pa55w0rd@127.0.0.1/x", "pa55w0rd"],
  ["https://127.0.0.1/x?X-Amz-Signature=deadbeef00&y=1", "deadbeef00"],
  ["https://127.0.0.1/x?sv=1&sig=abc%2Fdef123", "abc%2Fdef123"],
  ["Cookie: session=s3ss10n; other=x", "s3ss10n"],
  ["Set-Cookie: id=c00k1e", "c00k1e"],
  ["-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret\n-----END RSA PRIVATE KEY-----", "MIIEsecret"],
  ["xoxb-123456789012-abcdefghij", "123456789012"],
  ["Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
  ["curl -H 'Authorization: Bearer abc.def-ghi'", "abc.def-ghi"],
  ["X-Api-Key: k3y-v4lue", "k3y-v4lue"],
  ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "c2lnbmF0dXJl"],
  ["api_key='quoted secret value'", "quoted secret"],
  [`glpat-${"x9Y8".repeat(5)}`, "x9Y8x9Y8"],
];
for (const [text, secret] of SECRETS) {
  Deno.test(`redact() takes the secret out of ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.equal(redact(`before ${text} after`).includes(secret), false, redact(text));
    assert.match(redact(`before ${text}`), /^before /);
  });
}

Deno.test("redact() takes given values out wherever they stand, and leaves plain text alone", () => {
  assert.equal(redact("the value is s3cr3t-value!", { secrets: ["s3cr3t-value"] }), "the value is [redacted]!");
  const plain = "uploaded 3 files to the registry in 2.5 s: sha256 e3b0c442";
  assert.equal(redact(plain), plain);
});

Deno.test("redact() takes linear time on long hostile text", () => {
  for (const piece of ["token", "a:", "://", "password=", "-----BEGIN PRIVATE KEY-----", "eyJ", "?sig="]) {
    redact(piece.repeat(40_000));
  }
});

Deno.test("redactUrl() shows no query, and no user", () => {
  assert.equal(redactUrl("https://u:p@127.0.0.1:8080/a?b=c#d"), "https://127.0.0.1:8080/a?…");
  assert.equal(redactUrl("no address"), "[not an address]");
});

Deno.test("isPrivateAddress() knows the special ranges of both families", () => {
  for (
    const address of [
      "0.0.0.0",
      "10.1.1.1",
      "127.9.9.9",
      "100.64.0.1",
      "172.31.0.1",
      "192.168.0.1",
      "169.254.1.1",
      "224.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "fc00::1",
      "fd12::1",
      "fe80::1",
      "ff02::1",
      "::ffff:10.0.0.1",
      "::ffff:a00:1",
    ]
  ) {
    assert.equal(isPrivateAddress(address), true, address);
  }
  for (const address of ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "example.test"]) {
    assert.equal(isPrivateAddress(address), false, address);
  }
});
