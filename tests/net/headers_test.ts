import assert from "node:assert/strict";
import { safeHeaders, safeUrl } from "../../lib/net/mod.ts";

const OURS = [
  "Transfer-Encoding",
  "Connection",
  "Keep-Alive",
  "TE",
  "Trailer",
  "Upgrade",
  "Expect",
  "HTTP2-Settings",
  "Accept-Encoding",
  "Proxy-Authorization",
  "Proxy-Connection",
  "X-HTTP-Method",
  "X-HTTP-Method-Override",
  "X-Method-Override",
];
for (const name of OURS) {
  Deno.test(`safeHeaders() refuses ${name}, in capitals or not`, () => {
    for (const spelled of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.throws(() => safeHeaders({ [spelled]: "x" }), { code: "url_refused", message: /sets it itself/ }, spelled);
    }
  });
}

Deno.test("safeHeaders() leaves out Host and Content-Length, whatever they say", () => {
  assert.deepEqual(safeHeaders({ HOST: "evil.test", "content-length": "0", "X-A": "b" }), { "X-A": "b" });
  assert.throws(() => safeHeaders({ Host: "a\r\nX-B: c" }), { code: "url_refused" });
});

Deno.test("safeHeaders() refuses names that are none", () => {
  for (const name of ["", " ", "X A", "X:A", "X\r\nA", "X\tA", "X\0", "Xé", "Ｘ", "X(A)", "\u0130", "a".repeat(201)]) {
    assert.throws(() => safeHeaders({ [name]: "x" }), { code: "url_refused" }, JSON.stringify(name));
  }
});

Deno.test("safeHeaders() refuses values of several lines, and letters that would be cut to CR or LF", () => {
  for (
    const value of [
      "a\r\nX-B: c",
      "a\nX-B: c",
      "a\rX-B: c",
      "a\0",
      "a\u000b",
      "a\u007f",
      "a\u010d\u010aX-B: c",
      "\u560d\u560a",
      "a\u2028b",
      "a".repeat(16_385),
    ]
  ) {
    assert.throws(() => safeHeaders({ "X-A": value }), { code: "url_refused" }, JSON.stringify(value.slice(0, 20)));
  }
});

Deno.test("safeHeaders() refuses a header that is given twice in other capitals", () => {
  assert.throws(() => safeHeaders({ "X-A": "b", "x-a": "c" }), { code: "url_refused", message: /given twice/ });
});

Deno.test("safeHeaders() hands on what stores ask for", () => {
  const headers = {
    Authorization: "Bearer x",
    Cookie: "a=b",
    "Content-Type": "application/zip",
    "Content-MD5": "x==",
    "x-amz-meta-name": "caf\u00e9\tx",
    "x-ms-blob-type": "BlockBlob",
    "If-None-Match": "*",
    "User-Agent": "x",
  };
  assert.deepEqual(safeHeaders(headers), headers);
  assert.deepEqual(safeHeaders(undefined), {});
});

Deno.test("safeUrl() lets no Authorization and no cookie go over http, in capitals or not", () => {
  const rules = { allowLoopbackHttp: true };
  for (const name of ["Authorization", "AUTHORIZATION", "authorization", "Cookie", "COOKIE", "Proxy-Authorization"]) {
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      assert.throws(
        () => safeUrl(`http://${host}:8080/`, { ...rules, headers: { [name]: "x" } }),
        { code: "url_refused", message: /travel in clear/ },
        name,
      );
    }
    assert.equal(safeUrl("https://localhost:8080/", { ...rules, headers: { [name]: "x" } }).kind, "https");
  }
});
