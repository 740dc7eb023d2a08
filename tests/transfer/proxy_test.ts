import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../epack.ts";
import { authority, certificateFor } from "../servers/authority.ts";
import { proxyServer } from "../servers/proxy_server.ts";
import { webServer } from "../servers/web_server.ts";
import { BYTES, failsWith, fetchInto, sendFrom } from "./transfers.ts";

const unasked = () => Promise.reject(new Error("looked up here"));

for (const [way, run] of Object.entries({ "download()": fetchInto, "upload()": sendFrom })) {
  Deno.test(`${way} through a proxy lets it look the name up, and shows it no header and no byte of the pack`, async () => {
    await using folder = temporaryFolder();
    await authority(folder.path, "ca");
    const tls = await certificateFor(folder.path, ["store.test"]);
    await using server = webServer(() => new Response(BYTES), { tls });
    const port = Number(new URL(server.origin).port);
    await using proxy = proxyServer(() => ({ port }));
    const env = { SSL_CERT_FILE: join(folder.path, "ca.pem"), HTTPS_PROXY: `http://ada:pw@${proxy.address}` };
    const headers = { Authorization: "Bearer for-the-store", "X-Api-Key": "k" };
    await run(folder.path, "https://store.test:8443/x", { env, headers, resolve: unasked });
    assert.deepEqual(proxy.asked, [
      `CONNECT store.test:8443 HTTP/1.1\r\nHost: store.test:8443\r\nProxy-Authorization: Basic ${
        btoa("ada:pw")
      }\r\n\r\n`,
    ]);
    const [got] = server.received;
    assert.equal(got.headers.authorization, "Bearer for-the-store");
    assert.equal(got.headers["proxy-authorization"], undefined);
    assert.equal(got.headers.host, "store.test:8443");
  });

  Deno.test(`${way} through a proxy takes a certificate for the host's name alone`, async () => {
    await using folder = temporaryFolder();
    await authority(folder.path, "ca");
    const tls = await certificateFor(folder.path, ["other.test"]);
    await using server = webServer(() => new Response(BYTES), { tls });
    const port = Number(new URL(server.origin).port);
    await using proxy = proxyServer(() => ({ port }));
    const env = { SSL_CERT_FILE: join(folder.path, "ca.pem"), HTTPS_PROXY: `http://${proxy.address}` };
    await failsWith("transfer_failed", () => run(folder.path, "https://store.test/x", { env }));
    assert.equal(server.received.length, 0);
  });

  Deno.test(`${way} gives a proxy no literal address that is refused`, async () => {
    await using folder = temporaryFolder();
    await using proxy = proxyServer(() => ({ says: "HTTP/1.1 200 OK\r\n\r\n" }));
    const env = { HTTPS_PROXY: `http://${proxy.address}` };
    for (const host of ["169.254.169.254", "[::ffff:127.0.0.1]", "100.100.100.200"]) {
      await failsWith("url_refused", () => run(folder.path, `https://${host}/x`, { env }));
    }
    assert.deepEqual(proxy.asked, []);
  });

  for (
    const [says, code, attempts] of [
      ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "transfer_failed", 1],
      ["HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\ntoken", "transfer_failed", 1],
      ["HTTP/1.1 502 Bad Gateway\r\n\r\n", "network", 6],
      ["HTTP/1.1 200 OK\r\n\r\nand more", "transfer_failed", 1],
      ["SSH-2.0-x\r\n", "transfer_failed", 1],
      ["", "network", 6],
    ] as const
  ) {
    Deno.test(`${way} ends with ${code} when a proxy says ${JSON.stringify(says)}`, async () => {
      await using folder = temporaryFolder();
      await using proxy = proxyServer(() => ({ says }));
      const env = { HTTPS_PROXY: `http://ada:hunter2@${proxy.address}` };
      const error = await failsWith(code, () => run(folder.path, "https://store.test/x", { env }));
      assert.doesNotMatch(error.message, /hunter2|token/);
      assert.equal(proxy.asked.length, attempts);
    });
  }
}

Deno.test("download() from this machine goes past the proxy", async () => {
  await using folder = temporaryFolder();
  await using server = webServer(() => new Response(BYTES));
  await using proxy = proxyServer(() => ({ says: "" }));
  const env = { HTTP_PROXY: `http://${proxy.address}`, HTTPS_PROXY: `http://${proxy.address}` };
  await fetchInto(folder.path, `${server.origin}/x`, { env });
  assert.deepEqual(proxy.asked, []);
});
