import assert from "node:assert/strict";
import { join } from "node:path";
import { discoverAdapters, type DiscoveredAdapter, findAdapter } from "../../lib/adapter/mod.ts";
import { currentPlatform } from "../../lib/lockfile/mod.ts";
import { type AdapterFolders, adapterFolders } from "./adapter_folders.ts";

const PLATFORM = currentPlatform().replace("/", "-");

/** What discovery gives, without the built-in adapter, by name. */
async function discovered(folders: AdapterFolders): Promise<Record<string, DiscoveredAdapter>> {
  const adapters = await discoverAdapters({ env: folders.env, workDir: folders.path });
  return Object.fromEntries(
    adapters.filter(({ status }) => status !== "built_in").map((adapter) => [adapter.name, adapter]),
  );
}

Deno.test("discoverAdapters() gives every status: verified, unverified, managed, not_found and built_in", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const good = await folders.write("bin/epack-remote-good", text);
  await folders.write("path/epack-remote-stranger", text);
  await folders.config({
    a: `binary: ${good}`,
    b: `binary: ${folders.path}/bin/epack-remote-gone`,
    c: `binary: ${folders.path}/bin/epack-remote-never`,
    d: "adapter: filesystem",
  });
  await folders.lock({ a: { text }, b: { text } });
  const adapters = await discoverAdapters({ env: folders.env, workDir: folders.path });
  assert.deepEqual(adapters.map(({ name, status }) => [name, status]), [
    ["filesystem", "built_in"],
    ["gone", "managed"],
    ["good", "verified"],
    ["never", "not_found"],
    ["stranger", "unverified"],
  ]);
  assert.deepEqual(adapters.map(({ remotes }) => remotes), [["d"], ["b"], ["a"], ["c"], []]);
  assert.deepEqual(await folders.started(), []);
});

Deno.test("discoverAdapters() calls an adapter verified only after its bytes were read: one changed byte is enough", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const path = await folders.write("bin/epack-remote-x", text);
  await folders.config({ a: `binary: ${path}` });
  await folders.lock({ a: { text } });
  const { x: before } = await discovered(folders);
  assert.equal(before.status, "verified");
  assert.match(before.digest ?? "", /^sha256:/);
  await folders.write("bin/epack-remote-x", text.replace("2.0.0", "2.0.1"));
  const { x: after } = await discovered(folders);
  assert.equal(after.status, "unverified");
  assert.match(after.error ?? "", /its bytes are not those that were locked for "a"/);
});

Deno.test("discoverAdapters() does not take another platform's pin for this one's", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const path = await folders.write("bin/epack-remote-x", text);
  await folders.config({ a: `binary: ${path}` });
  await folders.lock({ a: { text, platform: "plan9/mips" } });
  const { x } = await discovered(folders);
  assert.equal(x.status, "unverified");
  assert.match(x.error ?? "", /locked for other platforms/);
});

Deno.test("discoverAdapters() goes by the pins of remotes that use the adapter, and by no others", async () => {
  await using folders = await adapterFolders();
  const [one, two] = [folders.script({ name: "one" }), folders.script({ name: "two" })];
  await folders.write("bin/epack-remote-one", one);
  // the bytes of the other adapter, which is pinned
  await folders.write("path/epack-remote-two", one);
  await folders.config({
    a: `binary: ${folders.path}/bin/epack-remote-one`,
    // two remotes with one adapter, one of them locked
    b: `adapter: one, binary: ${folders.path}/bin/epack-remote-one`,
    c: "source: acme/epack-remote-two@v1",
  });
  await folders.lock({ b: { text: one }, c: { text: two, source: "github.com/acme/epack-remote-two" } });
  const adapters = await discovered(folders);
  assert.equal(adapters.one.status, "verified");
  assert.deepEqual(adapters.one.remotes, ["a", "b"]);
  assert.equal(adapters.two.status, "unverified");
});

Deno.test("discoverAdapters() names the adapter of a lockfile's remote that left the configuration by its source", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  await folders.config({});
  await folders.lock({ old: { text, source: "github.com/acme/epack-remote-gone", version: "v1.2.3" } });
  const { gone } = await discovered(folders);
  assert.deepEqual([gone.status, gone.version, gone.remotes], ["managed", "v1.2.3", ["old"]]);
});

Deno.test("discoverAdapters() takes the first of: installed by lock, binary, the user's folder, .epack/bin, PATH", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const lock = { a: { text, source: "github.com/acme/epack-remote-x", version: "v1.0.0" } };
  await folders.lock(lock);
  const places: [place: string, source: string][] = [
    [`.epack/remotes/x/v1.0.0/${PLATFORM}/epack-remote-x`, "both"],
    ["bin/epack-remote-x", "both"],
    ["home/data/epack/bin/epack-remote-x", "both"],
    [".epack/bin/epack-remote-x", "both"],
    ["path/epack-remote-x", "path"],
  ];
  for (const [place] of places) await folders.write(place, text);
  await folders.config({
    a: "source: acme/epack-remote-x@v1",
    b: `binary: ${folders.path}/bin/epack-remote-x`,
  });
  for (const [place, source] of places) {
    const { x } = await discovered(folders);
    assert.equal(x.binaryPath, join(folders.path, place));
    assert.deepEqual([x.status, x.source], ["verified", source]);
    await Deno.remove(join(folders.path, place));
  }
  assert.equal((await discovered(folders)).x.status, "managed");
  await folders.write("home/data/epack/bin/epack-remote-x", text);
  assert.equal((await discovered(folders)).x.source, "managed");
});

Deno.test("discoverAdapters() prefers the installed version that is locked to a newer one", async () => {
  await using folders = await adapterFolders();
  const [old, recent] = [folders.script({ version: "1" }), folders.script({ version: "10" })];
  const locked = await folders.write(`.epack/remotes/x/v1.9.0/${PLATFORM}/epack-remote-x`, old);
  const newest = await folders.write(`.epack/remotes/x/v1.10.0/${PLATFORM}/epack-remote-x`, recent);
  await folders.config({ a: "source: acme/epack-remote-x@^1.2" });
  await folders.lock({ a: { text: old, source: "github.com/acme/epack-remote-x", version: "v1.9.0" } });
  const { x } = await discovered(folders);
  assert.deepEqual([x.binaryPath, x.status, x.version], [locked, "verified", "v1.9.0"]);
  await Deno.remove(join(folders.path, "epack.lock.yaml"));
  assert.equal((await discovered(folders)).x.binaryPath, newest);
});

Deno.test("discoverAdapters() works without a project, from PATH and the user's folder alone", async () => {
  await using folders = await adapterFolders();
  await folders.write("path/epack-remote-x", folders.script());
  await folders.write("home/data/epack/bin/epack-remote-y.mjs", "export default {};", { mode: 0o644 });
  const { x, y } = await discovered(folders);
  assert.deepEqual([x.status, x.source, x.kind], ["unverified", "path", "native"]);
  assert.deepEqual([y.status, y.source, y.kind, y.binaryName], [
    "unverified",
    "managed",
    "module",
    "epack-remote-y.mjs",
  ]);
});

const BROKEN: [file: string, text: string, code: string][] = [
  ["epack.lock.yaml", "remotes: [", "lockfile_invalid"],
  ["epack.lock.yaml", "schema_version: 99\n", "lockfile_invalid"],
  ["epack.yaml", "remotes: [", "config_invalid"],
];
for (const [file, text, code] of BROKEN) {
  Deno.test(`discoverAdapters() fails for ${JSON.stringify(text)} in ${file}, and takes nothing for unpinned`, async () => {
    await using folders = await adapterFolders();
    await folders.config({});
    await folders.write(file, text, { mode: 0o644 });
    await assert.rejects(discoverAdapters({ env: folders.env, workDir: folders.path }), { code });
    await assert.rejects(findAdapter("x", { env: folders.env, workDir: folders.path }), { code });
  });
}

Deno.test("discoverAdapters() opens and follows neither links, folders nor FIFOs, and says what they are", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  const real = await folders.write("elsewhere/adapter", text);
  await Deno.symlink(real, join(folders.path, "path/epack-remote-link"));
  await Deno.symlink("/nowhere", join(folders.path, "path/epack-remote-dangling"));
  await Deno.mkdir(join(folders.path, "path/epack-remote-folder"));
  await new Deno.Command("mkfifo", { args: [join(folders.path, "path/epack-remote-fifo")] }).output();
  await Deno.symlink(real, join(folders.path, "elsewhere/epack-remote-named"));
  await folders.config({
    link: "source: acme/epack-remote-link@v1",
    named: `binary: ${folders.path}/elsewhere/epack-remote-named`,
  });
  // pinned: so their bytes would be read
  await folders.lock(Object.fromEntries(["link", "named", "fifo", "folder"].map((name) => [name, { text }])));
  const adapters = await discovered(folders);
  assert.deepEqual(Object.values(adapters).map(({ name, status, error }) => [name, status, error]), [
    ["dangling", "unverified", "it is a link, and links are not followed"],
    ["fifo", "unverified", "it is no regular file"],
    ["folder", "unverified", "it is a folder"],
    ["link", "unverified", "it is a link, and links are not followed"],
    ["named", "unverified", "it is a link, and links are not followed"],
  ]);
});

Deno.test("discoverAdapters() takes a regular file before a link of its name that comes earlier", async () => {
  await using folders = await adapterFolders();
  const real = await folders.write("path/epack-remote-x", folders.script());
  await Deno.mkdir(join(folders.path, "first"));
  await Deno.symlink(real, join(folders.path, "first/epack-remote-x"));
  folders.env.PATH = `${folders.path}/first:${folders.env.PATH}`;
  const { x } = await discovered(folders);
  assert.deepEqual([x.binaryPath, x.error], [real, undefined]);
});

Deno.test("discoverAdapters() lists what may be run only, under names that adapters can have", async () => {
  await using folders = await adapterFolders();
  const text = folders.script();
  await folders.write("path/epack-remote-plain", text, { mode: 0o644 });
  await folders.write("path/epack-remote-module.js", "export default {};", { mode: 0o644 });
  for (const name of ["", "UPPER", "-dash", "esc\u001b[31m", "new\nline", "x".repeat(65), "sp ace"]) {
    await folders.write(`path/epack-remote-${name}`, text);
  }
  await folders.write("path/other-remote-x", text);
  await folders.write("path/epack-remote-dotted.v2", text);
  assert.deepEqual(Object.keys(await discovered(folders)), ["dotted.v2", "module"]);
});

Deno.test("discoverAdapters() searches no relative or empty folder of PATH", async () => {
  await using folders = await adapterFolders();
  const here = Deno.cwd();
  await folders.write("epack-remote-here", folders.script());
  await folders.write("sub/epack-remote-sub", folders.script());
  folders.env.PATH = `:.:sub:${folders.env.PATH}:`;
  try {
    Deno.chdir(folders.path);
    assert.deepEqual(Object.keys(await discovered(folders)), []);
  } finally {
    Deno.chdir(here);
  }
});

Deno.test("discoverAdapters() gets through thousands of folders, and those that are missing, files, FIFOs or closed", async () => {
  await using folders = await adapterFolders();
  await folders.write("path/epack-remote-x", folders.script());
  await folders.write("file", "");
  await new Deno.Command("mkfifo", { args: [join(folders.path, "fifo")] }).output();
  await Deno.symlink(join(folders.path, "loop"), join(folders.path, "loop"));
  const odd = ["file", "fifo", "loop", "missing"].map((name) => join(folders.path, name));
  const many = Array.from({ length: 5000 }, (_, at) => join(folders.path, "many", String(at)));
  for (const folder of many.slice(0, 1000)) await Deno.mkdir(folder, { recursive: true });
  const path = [...odd, "/proc/self/fd", "/nowhere/none", "/dev", "/x\u0001", ...many, folders.env.PATH, ...many];
  folders.env.PATH = path.join(":");
  assert.deepEqual(Object.keys(await discovered(folders)), ["x"]);
});

Deno.test("discoverAdapters() stops at an abort with its reason", async () => {
  await using folders = await adapterFolders();
  const signal = AbortSignal.abort(new Error("stop"));
  await assert.rejects(discoverAdapters({ env: folders.env, workDir: folders.path, signal }), /stop/);
});

Deno.test("discoverAdapters() reads no file that no pin is for", async () => {
  await using folders = await adapterFolders();
  // of 1 TiB: it could not be read in time
  const path = await folders.write("path/epack-remote-x", "");
  await Deno.truncate(path, 2 ** 40);
  const { x } = await discovered(folders);
  assert.deepEqual([x.status, x.digest], ["unverified", undefined]);
});

Deno.test("discoverAdapters() does not read a pinned file beyond the size of an adapter", async () => {
  await using folders = await adapterFolders();
  const path = await folders.write("bin/epack-remote-x", "");
  await Deno.truncate(path, 2 ** 40);
  await folders.config({ a: `binary: ${path}` });
  await folders.lock({ a: { text: "" } });
  const { x } = await discovered(folders);
  assert.equal(x.status, "unverified");
  assert.match(x.error ?? "", /at most \d+ are read/);
});

Deno.test("discoverAdapters() says how an adapter runs for its remotes, and that others are granted nothing", async () => {
  await using folders = await adapterFolders();
  const module = await folders.write("bin/epack-remote-m.js", "export default {};");
  await folders.write("path/epack-remote-n.js", "export default {};");
  await folders.write("path/epack-remote-x", folders.script());
  await folders.config({
    a: `binary: ${module}, permissions: {read: [in]}`,
    b: `binary: ${module}`,
  });
  const { m, n, x } = await discovered(folders);
  assert.equal(
    m.confinement,
    `for a confined: read ${folders.path}/in; nothing else; for b confined: no files, no network`,
  );
  assert.equal(n.confinement, "confined: no files, no network");
  assert.match(x.confinement, /^native program: .* files and network of this user$/);
});

Deno.test("findAdapter() gives the adapter of that name, the built-in one first, and undefined for none", async () => {
  await using folders = await adapterFolders();
  await folders.write("path/epack-remote-filesystem", folders.script());
  await folders.write("path/epack-remote-x", folders.script());
  const options = { env: folders.env, workDir: folders.path };
  assert.equal((await findAdapter("x", options))?.binaryName, "epack-remote-x");
  assert.equal((await findAdapter("filesystem", options))?.status, "built_in");
  assert.equal(await findAdapter("epack-remote-x", options), undefined);
  const both = (await discoverAdapters(options)).filter(({ name }) => name === "filesystem");
  assert.deepEqual(both.map(({ status }) => status), ["built_in", "unverified"]);
});
