/** Push and pull of the whole program over https and over connections that end too early. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../epack.ts";
import { authority, certificateFor } from "../servers/authority.ts";
import { rawServer, readHead, say, webServer } from "../servers/web_server.ts";
import { scriptedProject } from "./scripted_project.ts";

const OLD = "the old file";

Deno.test("push and pull over https trust the authorities of SSL_CERT_FILE and SSL_CERT_DIR, and no others", async () => {
  await using project = await scriptedProject();
  await using folder = temporaryFolder();
  await authority(folder.path, "ca");
  const tls = await certificateFor(folder.path, ["localhost"]);
  const pack = await project.read("good.epack") as Uint8Array<ArrayBuffer>;
  await using server = webServer(() => new Response(pack), { tls });
  await project.script({
    "push.prepare": { upload: { url: `${server.origin}/put` } },
    "pull.prepare": { download: { url: `${server.origin}/get` } },
  });
  const both = async (env: Record<string, string>) => {
    const push = await project.with(env).epack("push", "s", "good.epack");
    const pull = await project.with(env).epack("pull", "s", "-o", "out.epack", "--force");
    return { codes: [push.code, pull.code], stderr: push.stderr + pull.stderr };
  };
  const without = await both({});
  assert.deepEqual(without.codes, [15, 15], without.stderr);
  assert.match(without.stderr, /certificate authority with SSL_CERT_FILE/);
  assert.equal(server.received.length, 0);

  const byFile = await both({ SSL_CERT_FILE: join(folder.path, "ca.pem") });
  assert.deepEqual(byFile.codes, [0, 0], byFile.stderr);
  assert.deepEqual(server.received.map(({ method, path }) => `${method} ${path}`), ["PUT /put", "GET /get"]);
  assert.deepEqual(server.received[0].body, pack);
  assert.deepEqual(await project.read("out.epack"), pack);

  await Deno.mkdir(join(folder.path, "authorities"));
  await Deno.copyFile(join(folder.path, "ca.pem"), join(folder.path, "authorities", "0123abcd.0"));
  await authority(folder.path, "no");
  await Deno.copyFile(join(folder.path, "no.pem"), join(folder.path, "authorities", "00000000.0"));
  const byFolder = await both({ SSL_CERT_FILE: "", SSL_CERT_DIR: join(folder.path, "authorities") });
  assert.deepEqual(byFolder.codes, [0, 0], byFolder.stderr);
});

Deno.test("pull --force over a connection that is cut every time leaves the old file and nothing else", async () => {
  await using project = await scriptedProject();
  const pack = await project.read("good.epack") as Uint8Array;
  await using server = rawServer(async (connection) => {
    await readHead(connection);
    await say(connection, `HTTP/1.1 200 OK\r\nContent-Length: ${pack.length}\r\n\r\n`);
    await connection.write(pack.subarray(0, 200));
  });
  await project.script({ "pull.prepare": { download: { url: `${server.origin}/get?sig=secret` } } });
  await Deno.writeTextFile(join(project.path, "out.epack"), OLD);
  const run = await project.epack("pull", "s", "-o", "out.epack", "--force", "--retries", "1");
  assert.equal(run.code, 15, run.stderr);
  assert.match(run.stderr, /closed the connection .* \(try 1 of 2\); trying again/);
  assert.ok(!run.stderr.includes("secret"), run.stderr);
  assert.equal(server.connections(), 2);
  assert.equal(await Deno.readTextFile(join(project.path, "out.epack")), OLD);
  assert.deepEqual(await project.leftovers(), ["out.epack"]);
});

for (const [signal, code] of [["SIGINT", 130], ["SIGKILL", 137]] as const) {
  Deno.test(`pull --force that ends by ${signal} in the middle of the download leaves the old file`, async () => {
    await using project = await scriptedProject();
    const pack = await project.read("good.epack") as Uint8Array;
    const arrived = Promise.withResolvers<void>();
    await using server = rawServer(async (connection, ended) => {
      await readHead(connection);
      await say(connection, `HTTP/1.1 200 OK\r\nContent-Length: ${pack.length}\r\n\r\n`);
      await connection.write(pack.subarray(0, 200));
      arrived.resolve();
      await ended;
    });
    await project.script({ "pull.prepare": { download: { url: `${server.origin}/get` } } });
    await Deno.writeTextFile(join(project.path, "out.epack"), OLD);
    const child = project.start("pull", "s", "-o", "out.epack", "--force");
    const drained = [child.stdout, child.stderr].map((pipe) => new Response(pipe).text());
    await arrived.promise;
    const staged = () => [...Deno.readDirSync(project.path)].filter(({ name }) => name.startsWith(".out.epack"));
    while (staged().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill(signal);
    assert.equal((await child.status).code, code);
    await Promise.all(drained);
    assert.equal(await Deno.readTextFile(join(project.path, "out.epack")), OLD);
    if (signal === "SIGINT") assert.deepEqual(await project.leftovers(), ["out.epack"]);
    // what a kill left is swept by the next run
    await project.script({});
    assert.equal((await project.epack("pull", "s", "-o", "out.epack", "--force")).code, 0);
    assert.deepEqual(await project.leftovers(), ["out.epack"]);
  });
}

/** A file system of a few pages, or nothing where it may not be mounted. */
async function tinyDisk(path: string): Promise<AsyncDisposable | undefined> {
  const run = (command: string, ...args: string[]) =>
    new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output().catch(() => ({ success: false }));
  await Deno.mkdir(path);
  if (!(await run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", path)).success) return undefined;
  return { [Symbol.asyncDispose]: async () => void await run("umount", path) };
}

const mayMount = Deno.build.os === "linux" && Deno.uid() === 0;
Deno.test({
  name: "pull --force and build onto a full disk leave the old file, say so, and leave nothing half-written",
  ignore: !mayMount,
  async fn() {
    await using project = await scriptedProject();
    const disk = join(project.path, "disk");
    await using mounted = await tinyDisk(disk);
    if (mounted === undefined) return console.log("not tried: no file system may be mounted here");
    await Deno.writeFile(join(project.path, "random.bin"), randomBytes(200_000));
    assert.equal((await project.epack("build", "big.epack", "random.bin")).code, 0);
    await Deno.copyFile(join(project.path, "big.epack"), join(project.store, "store.epack"));
    await Deno.writeTextFile(join(disk, "out.epack"), OLD);
    const pull = await project.epack("pull", "s", "-o", "disk/out.epack", "--force");
    assert.equal(pull.code, 1, pull.stderr);
    assert.match(pull.stderr, /no space left/i);
    const build = await project.epack("build", "disk/new.epack", "random.bin");
    assert.equal(build.code, 1, build.stderr);
    assert.match(build.stderr, /no space left/i);
    assert.deepEqual([...Deno.readDirSync(disk)].map(({ name }) => name), ["out.epack"]);
    assert.equal(await Deno.readTextFile(join(disk, "out.epack")), OLD);
  },
});

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}
