/** Over https, where an adapter's Authorization may travel: it goes to the origin that it was given for, and nowhere else. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../epack.ts";
import { authority, certificateFor } from "../servers/authority.ts";
import { rawServer, webServer } from "../servers/web_server.ts";
import { BYTES, failsWith, fetchInto, sendFrom } from "./transfers.ts";

const headers = { Authorization: "Bearer a", Cookie: "b=c", "X-Api-Key": "d", "x-amz-security-token": "e" };
const names = Object.keys(headers).map((name) => name.toLowerCase());

for (const [way, run] of Object.entries({ "download()": fetchInto, "upload()": sendFrom })) {
  for (const other of ["another port", "another name"]) {
    Deno.test(`${way} carries no header of the adapter's to ${other}`, async () => {
      await using folder = temporaryFolder();
      await authority(folder.path, "ca");
      const tls = await certificateFor(folder.path, ["a.localhost", "b.localhost"]);
      await using second = webServer(() => new Response(BYTES), { tls });
      await using first = webServer(({ path, headers }) => {
        const { port } = new URL(path === "/1" ? first.origin : second.origin);
        const host = path === "/2" && other === "another name" ? "b.localhost" : headers.host.split(":")[0];
        return new Response(null, { status: 307, headers: { location: `https://${host}:${port}/2` } });
      }, { tls });
      await run(folder.path, `https://a.localhost:${new URL(first.origin).port}/1`, {
        headers,
        rules: {},
        env: { SSL_CERT_FILE: join(folder.path, "ca.pem") },
        resolve: () => Promise.resolve(["127.0.0.1"]),
      });
      const seen = (received: Record<string, string>) => names.filter((name) => name in received);
      assert.deepEqual(first.received.map(({ path }) => path), ["/1", "/2"]);
      for (const { headers } of first.received) assert.deepEqual(seen(headers), names);
      assert.equal(second.received.length, 1);
      assert.deepEqual(seen(second.received[0].headers), []);
    });
  }

  Deno.test(`${way} follows no redirect from https to http, not even to this machine`, async () => {
    await using folder = temporaryFolder();
    await authority(folder.path, "ca");
    const tls = await certificateFor(folder.path, ["a.localhost"]);
    await using plain = rawServer((_connection, ended) => ended);
    await using first = webServer(
      () => new Response(null, { status: 307, headers: { location: `${plain.origin}/2` } }),
      {
        tls,
      },
    );
    await failsWith("url_refused", () =>
      run(folder.path, `https://a.localhost:${new URL(first.origin).port}/1`, {
        env: { SSL_CERT_FILE: join(folder.path, "ca.pem") },
        resolve: () => Promise.resolve(["127.0.0.1"]),
      }));
    assert.equal(plain.connections(), 0);
  });
}
