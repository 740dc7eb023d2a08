/** Where names lead: judged on the address that is connected to, before a byte is sent. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Resolve } from "../../lib/net/mod.ts";
import { mayMount } from "../environment/project.ts";
import { temporaryFolder } from "../epack.ts";
import { authority, certificateFor } from "../servers/authority.ts";
import { rawServer, webServer } from "../servers/web_server.ts";
import { BYTES, failsWith, fetchInto, sendFrom } from "./transfers.ts";

/** A resolver with its answers, one look-up after the other, and what it was asked. */
function answers(...rounds: string[][]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    resolve: (hostname) => Promise.resolve(rounds[Math.min(asked.push(hostname), rounds.length) - 1]),
  };
}

/** A folder with an authority, whose certificates are for `names`. */
async function secured(names: string[]) {
  const folder = temporaryFolder();
  await authority(folder.path, "ca");
  const tls = await certificateFor(folder.path, names);
  return { ...folder, tls, env: { SSL_CERT_FILE: join(folder.path, "ca.pem") } };
}

const WAYS = { "download()": fetchInto, "upload()": sendFrom };

const FORBIDDEN = [
  "169.254.169.254",
  "fe80::1",
  "fd00:ec2::254",
  "100.100.100.200",
  "168.63.129.16",
  "0.0.0.0",
  "::",
  "::ffff:169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "2002:a9fe:a9fe::1",
  "127.0.0.1",
  "127.8.8.8",
  "::1",
  "::ffff:127.0.0.1",
];
for (const [way, run] of Object.entries(WAYS)) {
  for (const address of FORBIDDEN) {
    Deno.test(`${way} refuses a name that resolves to ${address}, and connects to nothing`, async () => {
      await using folder = temporaryFolder();
      await using server = rawServer((_connection, ended) => ended);
      const { resolve, asked } = answers([address]);
      const url = `https://store.test:${new URL(server.origin).port}/x`;
      await failsWith("url_refused", () => run(folder.path, url, { resolve }));
      assert.equal(server.connections(), 0);
      assert.deepEqual(asked, ["store.test"]);
    });
  }

  Deno.test(`${way} refuses a name that has one forbidden address among others`, async () => {
    await using folder = temporaryFolder();
    const { resolve } = answers(["93.184.216.34", "169.254.169.254"]);
    await failsWith("url_refused", () => run(folder.path, "https://store.test/x", { resolve }));
  });

  Deno.test(`${way} refuses a name that resolves to a private network when only the public one is allowed`, async () => {
    await using folder = temporaryFolder();
    const { resolve } = answers(["10.0.0.1"]);
    const options = { resolve, rules: { publicOnly: true } };
    const error = await failsWith("url_refused", () => run(folder.path, "https://store.test/x", options));
    assert.match(error.message, /transport\.public_only/);
  });

  Deno.test(`${way} refuses a localhost that is another machine`, async () => {
    await using folder = temporaryFolder();
    for (const url of ["http://localhost/x", "https://store.localhost/x"]) {
      const { resolve } = answers(["93.184.216.34"]);
      await failsWith("url_refused", () => run(folder.path, url, { resolve }));
    }
  });

  Deno.test(`${way} judges the address that answered, before a byte is sent`, async () => {
    await using folder = temporaryFolder();
    let heard = 0;
    const closed = Promise.withResolvers<void>();
    await using server = rawServer(async (connection) => {
      for await (const chunk of connection.readable) heard += chunk.length;
      closed.resolve();
    });
    // as for a program that may not look up addresses: the connection is made by name
    const { resolve } = answers(["localhost"]);
    const url = `https://store.test:${new URL(server.origin).port}/x`;
    await failsWith("url_refused", () => run(folder.path, url, { resolve }));
    await closed.promise;
    assert.deepEqual([server.connections(), heard], [1, 0]);
  });

  Deno.test(`${way} looks a name up once, so that a second answer changes nothing`, async () => {
    await using folder = await secured(["store.localhost"]);
    await using server = webServer(() => new Response(BYTES), folder);
    const { resolve, asked } = answers(["127.0.0.1"], ["169.254.169.254"]);
    const url = `https://store.localhost:${new URL(server.origin).port}/x`;
    await run(folder.path, url, { resolve, env: folder.env });
    assert.equal(asked.length, 1);
    assert.equal(server.received.length, 1);
  });

  Deno.test(`${way} judges a name again when it tries again`, async () => {
    await using folder = await secured(["store.localhost"]);
    await using server = webServer(() => new Response("later", { status: 503 }), folder);
    const { resolve, asked } = answers(["127.0.0.1"], ["169.254.169.254"]);
    const url = `https://store.localhost:${new URL(server.origin).port}/x`;
    await failsWith("url_refused", () => run(folder.path, url, { resolve, env: folder.env }));
    assert.deepEqual([asked.length, server.received.length], [2, 1]);
  });

  Deno.test(`${way} judges the name that a redirect leads to`, async () => {
    await using folder = temporaryFolder();
    await using server = webServer(() =>
      new Response(null, { status: 307, headers: { location: "https://store.test/x" } })
    );
    for (const address of ["169.254.169.254", "127.0.0.1"]) {
      const { resolve, asked } = answers([address]);
      await failsWith("url_refused", () => run(folder.path, `${server.origin}/x`, { resolve }));
      assert.deepEqual(asked, ["store.test"]);
    }
  });

  Deno.test(`${way} checks the certificate for the host's name, and tells the server that name`, async () => {
    await using folder = await secured(["other.localhost"]);
    await using server = webServer(() => new Response(BYTES), folder);
    const { resolve } = answers(["127.0.0.1"]);
    const at = (name: string) => `https://${name}:${new URL(server.origin).port}/x`;
    const error = await failsWith(
      "transfer_failed",
      () => run(folder.path, at("store.localhost"), { resolve, env: folder.env }),
    );
    assert.match(error.message, /certificate not valid for name "store\.localhost"/);
    assert.match(String((error as Error & { hint?: string }).hint), /not the one that the adapter names/);
    assert.equal(server.received.length, 0);
    await run(folder.path, at("other.localhost"), { resolve, env: folder.env });
    assert.match(server.received[0].headers.host, /^other\.localhost:\d+$/);

    let hello = "";
    await using listener = rawServer(async (connection) => {
      const block = new Uint8Array(4096);
      const count = await connection.read(block);
      hello = new TextDecoder("latin1").decode(block.subarray(0, count ?? 0));
    });
    const url = `https://store.localhost:${new URL(listener.origin).port}/x`;
    await failsWith("network", () => run(folder.path, url, { resolve, env: folder.env }));
    assert.match(hello, /store\.localhost/);
  });

  Deno.test(`${way} goes on to the next address where one does not answer`, async () => {
    await using folder = temporaryFolder();
    await using server = webServer(() => new Response(BYTES));
    const { resolve } = answers(["127.0.0.9", "::1", "127.0.0.1"]);
    await run(folder.path, `http://localhost:${new URL(server.origin).port}/x`, { resolve });
    assert.equal(server.received.length, 1);
  });

  Deno.test(`${way} ends when no answer comes to a look-up`, async () => {
    await using folder = temporaryFolder();
    const { promise, resolve: end } = Promise.withResolvers<string[]>();
    const resolve = () => promise;
    await failsWith("timeout", () => run(folder.path, "https://store.test/x", { resolve, idleMs: 700, retries: 0 }));
    end([]);
  });

  Deno.test(`${way} names a failed look-up as a network failure after all attempts`, async () => {
    await using folder = temporaryFolder();
    let asked = 0;
    const resolve = () => Promise.reject(new Error(`no such name ${++asked}`));
    const error = await failsWith("network", () => run(folder.path, "https://store.test/x", { resolve }));
    assert.match(error.message, /no such name 6/);
  });
}

/** Runs a download in a process of its own, for which `store.test` is at these addresses by the system's resolver. */
async function withHosts(addresses: string[], options: { deno: string; net: string; port: string }): Promise<string> {
  await using folder = temporaryFolder();
  const hosts = join(folder.path, "hosts");
  await Deno.writeTextFile(hosts, addresses.map((address) => `${address} store.test\n`).join(""));
  const program = join(folder.path, "program.ts");
  const set = new URL("./transfers.ts", import.meta.url).href;
  await Deno.writeTextFile(
    program,
    `import { fetchInto } from ${JSON.stringify(set)};
    await fetchInto(${JSON.stringify(folder.path)}, "https://store.test:${options.port}/x").then(
      () => console.log("done"), (error) => console.log(error.code, error.message));`,
  );
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const deno = `'${options.deno}' run --quiet --no-prompt --no-lock --no-check --config '${config}'`;
  const command =
    `mount --bind '${hosts}' /etc/hosts && exec ${deno} --allow-read --allow-write ${options.net} '${program}'`;
  const { stdout, stderr } = await new Deno.Command("unshare", { args: ["-m", "sh", "-c", command] }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim();
}

for (const deno of new Set([Deno.execPath(), Deno.env.get("DENO") ?? Deno.execPath()])) {
  Deno.test({
    name: `download() judges what the system's resolver says, whether it may look names up or not: ${deno}`,
    ignore: !mayMount(),
    async fn() {
      let heard = 0;
      await using server = rawServer(async (connection) => {
        for await (const chunk of connection.readable) heard += chunk.length;
      });
      const { port } = new URL(server.origin);
      const all = { deno, port, net: "--allow-net" };
      assert.match(await withHosts(["169.254.169.254"], all), /^url_refused .*link-local/);
      assert.match(await withHosts(["127.0.0.1"], all), /^url_refused .*this machine/);
      assert.equal(server.connections(), 0);
      const named = { deno, port, net: `--allow-net=store.test:${port}` };
      assert.match(await withHosts(["127.0.0.1"], named), /^url_refused .*this machine/);
      assert.deepEqual([server.connections(), heard], [1, 0]);
    },
  });
}
