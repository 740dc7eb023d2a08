/** Push and pull of the whole program over https to nginx, also through tinyproxy. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DENO_CACHE, startEpack, temporaryFolder } from "../epack.ts";
import { authority, certificateFor, openssl } from "../servers/authority.ts";
import { missing, nginx, tinyproxy } from "../servers/real_servers.ts";
import { scriptedProject } from "./scripted_project.ts";

/** From source, Deno itself would ask for updates through the proxy. */
const QUIET = { ...DENO_CACHE, DENO_NO_UPDATE_CHECK: "1" };
const why = missing();
if (why !== undefined) console.log(`not tried with servers of others: ${why}`);
const test = (name: string, fn: () => Promise<void>) => Deno.test({ name, ignore: why !== undefined, fn });

/** A folder with an authority, and a certificate of it for store.test. */
async function certified() {
  const folder = temporaryFolder();
  await authority(folder.path, "ca");
  await certificateFor(folder.path, ["store.test"]);
  const root = join(folder.path, "root");
  await Deno.mkdir(root);
  return Object.assign(folder, { root, ca: join(folder.path, "ca.pem") });
}

async function storeAt(port: number) {
  const project = await scriptedProject();
  const url = `https://store.test:${port}/pack.epack?sig=secret`;
  await project.script({ "push.prepare": { upload: { url } }, "pull.prepare": { download: { url } } });
  return project;
}

test("push and pull through tinyproxy to nginx: by HTTPS_PROXY and ALL_PROXY, trusting SSL_CERT_FILE or SSL_CERT_DIR", async () => {
  await using folder = await certified();
  await using server = await nginx(folder.path, folder);
  await using proxy = await tinyproxy(folder.path);
  await using project = await storeAt(server.port);
  const pack = await project.read("good.epack");
  const authorities = join(folder.path, "authorities");
  await Deno.mkdir(authorities);
  await Deno.copyFile(folder.ca, join(authorities, "our.pem"));
  await openssl(folder.path, "rehash", authorities);

  const address = `http://127.0.0.1:${proxy.port}`;
  const ways: Record<string, string>[] = [
    { HTTPS_PROXY: address, SSL_CERT_FILE: folder.ca, ...QUIET },
    { all_proxy: address, SSL_CERT_DIR: authorities, ...QUIET },
  ];
  for (const [number, env] of ways.entries()) {
    const push = await project.with(env).epack("push", "s", "good.epack");
    assert.equal(push.code, 0, push.stderr);
    assert.deepEqual(await Deno.readFile(join(folder.root, "pack.epack")), pack);
    const pull = await project.with(env).epack("pull", "s", "-o", `out${number}.epack`);
    assert.equal(pull.code, 0, pull.stderr);
    assert.deepEqual(await project.read(`out${number}.epack`), pack);
    await Deno.remove(join(folder.root, "pack.epack"));
  }
  const connects = [...(await proxy.log()).matchAll(/CONNECT (\S+) HTTP/g)].map(([, to]) => to);
  assert.deepEqual(new Set(connects), new Set([`store.test:${server.port}`]));
  assert.ok(connects.length >= 4);

  const untrusted = await project.with({ HTTPS_PROXY: address, ...QUIET }).epack("push", "s", "good.epack");
  assert.equal(untrusted.code, 15, untrusted.stderr);
  assert.match(untrusted.stderr, /SSL_CERT_FILE/);
  // past the proxy the name leads nowhere
  const env = { ...ways[0], NO_PROXY: "example.com,.test" };
  const past = await project.with(env).epack("push", "s", "good.epack", "--retries", "0");
  assert.equal(past.code, 15, past.stderr);
  assert.equal([...(await proxy.log()).matchAll(/CONNECT \S+ HTTP/g)].length, connects.length + 1);
});

test("a tinyproxy that wants a password gets that of HTTPS_PROXY, and nobody else does", async () => {
  await using folder = await certified();
  await using server = await nginx(folder.path, folder);
  await using proxy = await tinyproxy(folder.path, { login: "ada hunter2" });
  await using project = await storeAt(server.port);
  const through = (login: string) =>
    project.with({ HTTPS_PROXY: `http://${login}127.0.0.1:${proxy.port}`, SSL_CERT_FILE: folder.ca, ...QUIET })
      .epack("push", "s", "good.epack");
  const [good, bad, none] = [await through("ada:hunter2@"), await through("ada:wrong@"), await through("")];
  assert.equal(good.code, 0, good.stderr);
  assert.deepEqual([bad.code, none.code], [15, 15], bad.stderr + none.stderr);
  assert.match(none.stderr, /407/);
  for (const { stdout, stderr } of [good, bad, none]) assert.doesNotMatch(stdout + stderr, /hunter2|wrong/);
  assert.doesNotMatch(await server.log(), /hunter2/);
});

test("a pull from nginx that is killed goes on where it stopped", async () => {
  await using folder = await certified();
  await using slow = await nginx(folder.path, { root: folder.root, rate: "2m" });
  await using proxy = await tinyproxy(folder.path);
  await using project = await storeAt(slow.port);
  await Deno.writeFile(join(project.path, "random.bin"), randomBytes(5_000_000));
  assert.equal((await project.epack("build", "--force", "good.epack", "random.bin")).code, 0);
  const pack = join(project.path, "good.epack");
  await Deno.copyFile(pack, join(project.store, "store.epack"));
  await Deno.copyFile(pack, join(folder.root, "pack.epack"));
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, SSL_CERT_FILE: folder.ca, ...QUIET };
  const child = startEpack(["pull", "s", "-o", "out.epack"], { cwd: project.path, env });
  const drained = [child.stdout, child.stderr].map((pipe) => new Response(pipe).text());
  // the note says that the part is worth keeping
  const isNoted = () => [...Deno.readDirSync(project.path)].some(({ name }) => name.endsWith(".partial.resume"));
  while (!isNoted()) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  await child.status;
  await Promise.all(drained);
  const next = await project.with(env).epack("pull", "s", "-o", "out.epack");
  assert.equal(next.code, 0, next.stderr);
  assert.deepEqual(await project.read("out.epack"), await Deno.readFile(pack));
  assert.match(await slow.log(), /"GET \/pack\.epack\?sig=secret HTTP\/1\.1" 206/);
});

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}
