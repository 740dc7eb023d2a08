import assert from "node:assert/strict";
import { proxyFor } from "../../lib/net/proxy.ts";
import { safeUrl } from "../../lib/net/mod.ts";

const url = safeUrl("https://store.example.test:8443/x", {});

Deno.test("proxyFor() reads the proxy with its port and login, and shows no login", () => {
  assert.equal(proxyFor(url, {}), undefined);
  const plain = { hostname: "proxy.test", port: 3128, authorization: undefined, shown: "proxy.test:3128" };
  assert.deepEqual(proxyFor(url, { HTTPS_PROXY: "http://proxy.test:3128/" }), plain);
  assert.deepEqual(proxyFor(url, { https_proxy: "proxy.test:3128" }), plain);
  assert.deepEqual(proxyFor(url, { ALL_PROXY: "http://proxy.test:3128" }), plain);
  assert.equal(proxyFor(url, { all_proxy: "http://proxy.test" })?.port, 80);
  assert.equal(proxyFor(url, { HTTPS_PROXY: "http://[::1]:3128" })?.hostname, "::1");
  const login = proxyFor(url, { HTTPS_PROXY: "http://ada:p%40ss@proxy.test:3128" });
  assert.equal(login?.authorization, `Basic ${btoa("ada:p@ss")}`);
  assert.equal(login?.shown, "proxy.test:3128");
  assert.equal(proxyFor(url, { HTTPS_PROXY: "u:p@proxy.test:3128" })?.authorization, `Basic ${btoa("u:p")}`);
});

Deno.test("proxyFor() refuses proxies that it cannot speak to, without showing their login", () => {
  for (const value of ["socks5://u:hunter2@proxy.test:1080", "https://u:hunter2@proxy.test", "http://u:hunter2@:x"]) {
    assert.throws(
      () => proxyFor(url, { HTTPS_PROXY: value }),
      (error: Error) => /no http:\/\/host:port/.test(error.message) && !error.message.includes("hunter2"),
      value,
    );
  }
});

Deno.test("proxyFor() gives no proxy for this machine", () => {
  const env = { HTTPS_PROXY: "http://proxy.test", HTTP_PROXY: "http://proxy.test" };
  for (
    const text of [
      "http://127.0.0.1/",
      "http://localhost/",
      "https://localhost/",
      "https://a.localhost/",
      "https://[::1]/",
    ]
  ) {
    assert.equal(proxyFor(safeUrl(text, { allowLoopbackHttp: true }), env), undefined, text);
  }
});

Deno.test("proxyFor() goes by NO_PROXY", () => {
  const exempt = (host: string, list: string) =>
    proxyFor(safeUrl(`https://${host}/`, {}), { HTTPS_PROXY: "http://proxy.test", NO_PROXY: list }) === undefined;
  const TABLE: [host: string, list: string, exempt: boolean][] = [
    ["store.example.test", "*", true],
    ["store.example.test", "example.test", true],
    ["store.example.test", ".example.test", true],
    ["store.example.test", "*.example.test", true],
    ["example.test", "example.test", true],
    ["notexample.test", "example.test", false],
    ["store.example.test", "other.test, Store.Example.Test", true],
    ["store.example.test", "", false],
    ["store.example.test", ",,", false],
    ["store.example.test:8443", "example.test:8443", true],
    ["store.example.test:8443", "example.test:443", false],
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["10.1.2.3", "10.1.2.3", true],
    ["[fd12::1]", "fd12::/16", true],
    ["[fd12::1]", "fd12::1", true],
    ["[fd12::1]:8443", "[fd12::1]:8443", true],
    ["[fd12::1]", "fd13::/16", false],
  ];
  for (const [host, list, expected] of TABLE) assert.equal(exempt(host, list), expected, `${host} by ${list}`);
});
