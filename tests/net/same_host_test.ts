/** What passes for host X is reached as host X: the name that is looked up, the name in the request, the one a proxy is asked for. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { isEpackError } from "../../lib/errors.ts";
import { httpExchange, safeHeaders, safeRedirect, type SafeUrl, safeUrl } from "../../lib/net/mod.ts";
import { proxyServer } from "../servers/proxy_server.ts";
import { rawServer, readHead, say } from "../servers/web_server.ts";

const SCHEMES = ["https://", "https:", "https:/", "https:///", "HTTPS://", "http://", "//", "https:\\\\"];
const USERS = ["u@", "u:p@", "@", "127.0.0.1@", "store.test%40", "store.test:443@"];
const HOSTS = [
  "store.test",
  "STORE.test",
  "store.test.",
  "a_b.store.test",
  "xn--bcher-kva.test",
  "bücher.test",
  "ⓢtore.test",
  "store。test",
  "%73tore.test",
  "store%2etest",
  "store.test%00",
  "store.test%2f",
  "localhost",
  "LocalHost",
  "localhost.",
  "a.localhost",
  "127.0.0.1",
  "127.1",
  "0x7f.1",
  "2130706433",
  "0177.0.0.1",
  "10.0.0.1",
  "8.8.8.8",
  "8.8.2056",
  "[::1]",
  "[::ffff:8.8.8.8]",
  "[2606:4700::1]",
  "[2606:4700:0::0:1]",
  "store.test#",
  "store.test?",
  "store.test\\",
  "store.test/",
  "evil.test",
  "",
];
const PORTS = [":", ":443", ":8443", ":080", ":0", ":65536", ":8443@evil.test", ":\t80", ":８０"];
const PATHS = [
  "",
  "/",
  "/x",
  "/x/../y",
  "/%2e%2e/y",
  "/é",
  "//evil.test/",
  "/\\evil.test",
  "?a=b",
  "#f",
  "/@evil.test",
  "/x?y#z",
  "/a b",
  "/;x",
];
/** Mostly the plain one, so that many addresses have one oddity alone. */
const mostly = (plain: string, odd: readonly string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(plain) }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
const anyHost = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTS) },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z0-9.\-_%@:[\]\\/]{0,12}$/) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
);
const odd = fc.tuple(mostly("https://", SCHEMES), mostly("", USERS), anyHost, mostly("", PORTS), mostly("/x", PATHS))
  .map((parts) => parts.join(""));

function accepted(text: string): SafeUrl | undefined {
  try {
    return safeUrl(text, { allowLoopbackHttp: true });
  } catch (error) {
    assert.ok(isEpackError(error, "url_refused"), String(error));
    return undefined;
  }
}

/** The host that a person reads in an address: between "//" and the next "/", "?" or "#", without the port. */
function readHost(text: string): string {
  return text.slice(text.indexOf("//") + 2).split(/[/?#]/)[0].replace(/:\d*$/, "").toLowerCase();
}

Deno.test("safeUrl() takes a host only as it is read, but for names of other scripts", () => {
  let taken = 0;
  fc.assert(
    fc.property(odd, (text) => {
      const url = accepted(text);
      if (url === undefined) return;
      taken++;
      const { hostname } = new URL(url.href);
      assert.equal(hostname.replace(/^\[|\]$/g, ""), url.hostname);
      const read = readHost(text);
      if (/^[\u0000-\u007f]*$/.test(read) && !read.startsWith("[")) assert.equal(read, hostname);
      assert.equal(readHost(url.shown), hostname);
    }),
    { numRuns: 5_000 },
  );
  assert.ok(taken > 100, `${taken} were taken`);
});

Deno.test("httpExchange() asks a proxy for the host and port that the guard saw, and for no other", async () => {
  await using proxy = proxyServer(() => ({ says: "HTTP/1.1 403 Forbidden\r\n\r\n" }));
  const { signal } = new AbortController();
  await fc.assert(
    fc.asyncProperty(odd, async (text) => {
      const url = accepted(text);
      if (url === undefined || url.kind !== "https" || /localhost$|^127\.|^::1$/.test(url.hostname)) return;
      proxy.asked.length = 0;
      const env = { HTTPS_PROXY: `http://${proxy.address}` };
      await assert.rejects(httpExchange(url, { method: "GET", headers: {} }, { env, signal }), /HTTP 403/);
      const host = url.hostname.includes(":") ? `[${url.hostname}]` : url.hostname;
      assert.deepEqual(proxy.asked, [`CONNECT ${host}:${url.port} HTTP/1.1\r\nHost: ${host}:${url.port}\r\n\r\n`]);
    }),
    { numRuns: 400 },
  );
});

Deno.test("httpExchange() looks up the name that the guard saw, and no other", async () => {
  const { signal } = new AbortController();
  await fc.assert(
    fc.asyncProperty(odd, async (text) => {
      const url = accepted(text);
      if (url === undefined || /^[\d.]+$|:/.test(url.hostname)) return;
      const asked: string[] = [];
      const resolve = (hostname: string) => {
        asked.push(hostname);
        return Promise.resolve(["169.254.169.254"]);
      };
      await assert.rejects(
        httpExchange(url, { method: "GET", headers: {} }, { env: {}, signal, resolve }),
        { code: "url_refused" },
      );
      assert.deepEqual(asked, [new URL(url.href).hostname]);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("httpExchange() asks a listener for the host, port and path that the guard saw, whatever the headers say", async () => {
  const heads: string[] = [];
  await using server = rawServer(async (connection) => {
    heads.push(await readHead(connection));
    await say(connection, "HTTP/1.1 204 No Content\r\n\r\n");
  });
  const { signal } = new AbortController();
  const port = new URL(server.origin).port;
  const headers = fc.dictionary(
    fc.oneof(fc.constantFrom("Host", "host", "X-Host", "Content-Length", "Connection"), fc.string({ maxLength: 10 })),
    fc.oneof(fc.string({ unit: "binary", maxLength: 20 }), fc.constantFrom("evil.test", "a\r\nHost: evil.test")),
    { maxKeys: 3 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("localhost", "127.0.0.1"),
      fc.constantFrom(...PATHS),
      headers,
      async (host, path, given) => {
        const url = accepted(`http://${host}:${port}${path}`);
        if (url === undefined) return;
        let checked: Record<string, string>;
        try {
          checked = safeHeaders(given);
        } catch (error) {
          assert.ok(isEpackError(error, "url_refused"), String(error));
          return;
        }
        heads.length = 0;
        using _answer = await httpExchange(url, { method: "GET", headers: checked }, { env: {}, signal });
        const [first, ...lines] = heads[0].split("\r\n");
        const { pathname, search } = new URL(url.href);
        assert.equal(first, `GET ${pathname}${search} HTTP/1.1`);
        assert.deepEqual(lines.filter((line) => /^host:/i.test(line)), [`Host: ${host}:${port}`]);
        assert.deepEqual(lines.filter((line) => /^(?:content-length|transfer-encoding):/i.test(line)), []);
        assert.deepEqual(lines.filter((line) => /^connection:/i.test(line)), ["Connection: close"]);
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("safeRedirect() keeps headers only where the origin is the one that the guard sees", () => {
  const from = safeUrl("https://store.test:8443/a", {});
  fc.assert(
    fc.property(odd, (location) => {
      let redirected: ReturnType<typeof safeRedirect>;
      try {
        redirected = safeRedirect(from, location, { headers: { "X-Api-Key": "k" } });
      } catch (error) {
        assert.ok(isEpackError(error, "url_refused"), String(error));
        return;
      }
      const kept = "X-Api-Key" in redirected.headers;
      const { hostname, port, kind } = redirected.url;
      assert.equal(kept, kind === "https" && hostname === "store.test" && port === 8443, redirected.url.href);
    }),
    { numRuns: 2_000 },
  );
});
