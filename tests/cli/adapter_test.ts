import assert from "node:assert/strict";
import { join } from "node:path";
import { adapterFolders } from "../adapter/adapter_folders.ts";
import { epack } from "../epack.ts";

/** A project with a remote of each kind and standing, and a stranger on PATH. */
async function project() {
  const folders = await adapterFolders();
  const { path } = folders;
  const text = folders.script({ name: "native", version: "\u001b[31mv2" });
  const module = 'export default { name: "m", version: "1.2.3", handlers: {} };';
  await folders.write("bin/epack-remote-native", text);
  await folders.write("bin/epack-remote-spaced", text);
  await folders.write("bin/epack-remote-m.js", module);
  await folders.write("path/epack-remote-stranger", folders.script({ name: "stranger" }));
  await Deno.mkdir(join(path, "in"));
  await folders.config({
    local: `adapter: filesystem, transport: {file_root: ${path}/store}`,
    native: `binary: ${path}/bin/epack-remote-native`,
    module: `binary: ${path}/bin/epack-remote-m.js, permissions: {read: [in]}`,
    later: "adapter: s3",
    loose: `binary: ${path}/bin/epack-remote-spaced`,
    gone: `binary: ${path}/bin/epack-remote-gone`,
    src: "source: acme/epack-remote-src@v1",
  });
  const lock = {
    native: { text },
    gone: { text },
    src: { text, source: "github.com/acme/epack-remote-src", version: "v1" },
  };
  await folders.lock(lock);
  // from source, Deno keeps its modules below the real HOME
  const { PATH, XDG_DATA_HOME } = folders.env;
  const env = { XDG_DATA_HOME, PATH: `${PATH}:/usr/bin:/bin`, TMPDIR: folders.tempRoot };
  const run = (...args: string[]) => epack(args, { cwd: path, env });
  const lockedModule = await run("lock", "module", "--yes");
  assert.equal(lockedModule.code, 0, lockedModule.stderr);
  return {
    ...folders,
    env,
    run,
    with: (more: Record<string, string>) => ({
      run: (...args: string[]) => epack(args, { cwd: path, env: { ...env, ...more } }),
    }),
    [Symbol.asyncDispose]: () => folders[Symbol.asyncDispose](),
  };
}

interface Listed {
  name: string;
  status?: string;
  kind?: string;
  version?: string;
  source?: string;
  confinement?: string;
  problem?: string;
  error?: string;
  error_code?: string;
  capabilities?: { features: Record<string, boolean> };
}

const byName = (list: Listed[]) => Object.fromEntries(list.map((one) => [one.name, one]));

Deno.test("epack adapter list gives every adapter its status as JSON, and starts nothing", async () => {
  await using p = await project();
  const run = await p.run("adapter", "list", "--json");
  assert.equal(run.code, 0, run.stdout);
  const adapters: Listed[] = JSON.parse(run.stdout).adapters;
  assert.deepEqual(adapters.map(({ name, status, kind, source }) => [name, status, kind, source]), [
    ["filesystem", "built_in", "built_in", "managed"],
    ["gone", "managed", "native", "managed"],
    ["m", "verified", "module", "managed"],
    ["native", "verified", "native", "managed"],
    ["spaced", "unverified", "native", "managed"],
    ["src", "managed", "native", "managed"],
    ["stranger", "unverified", "native", "path"],
  ]);
  assert.equal(byName(adapters).src.version, "v1");
  assert.deepEqual(await p.started(), []);
});

Deno.test("epack adapter list --probe asks the verified and says which it did not ask", async () => {
  await using p = await project();
  const run = await p.run("adapter", "ls", "--probe", "-q");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.stderr, "");
  assert.equal((await p.started()).length, 1);
  assert.match(run.stdout, /^native\n {2}Status: +verified: .*\n(?: {2}.*\n)*? {2}Can: +pull$/m);
  assert.match(run.stdout, /^stranger\n(?: {2}.*\n)* {2}Not asked: +it is not pinned; --insecure-allow-unpinned/m);
  // what an adapter says of itself is cleaned
  assert.match(run.stdout, /Version: +\\u\{1b\}\[31mv2/);
  assert.doesNotMatch(run.stdout, /\u001b/);
});

Deno.test("epack adapter list --probe -v shows what adapters write, cleaned and without secrets", async () => {
  await using p = await project();
  await p.write("bin/epack-remote-native", p.script({ does: "printf 'hello \\033[31m token=abc123secret\\n' >&2" }));
  const locked = await p.run("lock", "native");
  assert.equal(locked.code, 0, locked.stderr);
  const run = await p.run("adapter", "list", "--probe", "-v");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /^native: hello .*token=\[redacted\]$/m);
  assert.doesNotMatch(run.stderr, /\u001b/);
});

Deno.test("epack adapter list --probe --insecure-allow-unpinned asks all, and warns of it", async () => {
  await using p = await project();
  const run = await p.run("adapter", "list", "--probe", "--insecure-allow-unpinned", "--json");
  assert.equal(run.code, 0, run.stdout);
  assert.match(run.stderr, /^warning: adapters that nothing vouches for are started too$/m);
  const { stranger } = byName(JSON.parse(run.stdout).adapters);
  assert.equal(stranger.capabilities?.features.pull, true);
  assert.equal(stranger.status, "unverified");
  assert.equal((await p.started()).length, 3);
});

Deno.test("epack adapter list starts the unverified by the flag alone, with --probe, and never in strict production", async () => {
  await using p = await project();
  const variable = await p.with({ EPACK_INSECURE_ALLOW_UNPINNED: "1" }).run("adapter", "list", "--probe");
  assert.equal(variable.code, 0, variable.stderr);
  const lone = await p.run("adapter", "list", "--insecure-allow-unpinned");
  assert.equal(lone.code, 1);
  assert.match(lone.stderr, /starts nothing without --probe/);
  const strict = await p.with({ EPACK_STRICT_PRODUCTION: "1" })
    .run("adapter", "list", "--probe", "--insecure-allow-unpinned", "--json");
  assert.equal(strict.code, 1);
  assert.equal(JSON.parse(strict.stdout).error.code, "insecure_refused");
  assert.equal((await p.started()).length, 1);
});

Deno.test("epack adapter list --probe ends with the code of the first adapter that failed, after the whole list", async () => {
  await using p = await project();
  const text = p.script({ does: "sleep 300" });
  await p.write("bin/epack-remote-native", text);
  const locked = await p.run("lock", "native");
  assert.equal(locked.code, 0, locked.stderr);
  const run = await p.run("adapter", "list", "--probe", "--timeout", "6s", "--json");
  assert.equal(run.code, 13);
  const adapters = byName(JSON.parse(run.stdout).adapters);
  assert.equal(adapters.native.error_code, "timeout");
  assert.equal(adapters.m.version, "1.2.3");
});

Deno.test({
  name: "epack adapter list goes on past folders and files that the user may not read",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using p = await project();
    await p.write("closed/epack-remote-hidden", p.script());
    await Deno.chmod(join(p.path, "closed"), 0);
    await Deno.chmod(join(p.path, "bin/epack-remote-native"), 0o100);
    const run = await epack(["adapter", "list", "--json"], {
      cwd: p.path,
      env: { ...p.env, PATH: `${p.path}/closed:${p.env.PATH}` },
      // without root's capabilities file modes hold
      wrapper: ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"],
    });
    await Deno.chmod(join(p.path, "closed"), 0o700);
    assert.equal(run.code, 0, run.stdout);
    const { hidden, native, stranger } = byName(JSON.parse(run.stdout).adapters);
    assert.equal(hidden, undefined);
    assert.equal(stranger.status, "unverified");
    assert.equal(native.status, "unverified");
    assert.match(native.error ?? "", /is not accessible to this user/);
  },
});

Deno.test("epack adapter list works without a project", async () => {
  await using p = await project();
  await Deno.remove(join(p.path, "epack.yaml"));
  const run = await p.run("adapter", "list", "--json");
  assert.equal(run.code, 0, run.stdout);
  assert.deepEqual(JSON.parse(run.stdout).adapters.map(({ name }: Listed) => name), ["filesystem", "stranger"]);
});

Deno.test("epack remote list gives each remote status, version, kind and confinement, and starts nothing", async () => {
  await using p = await project();
  const run = await p.run("remote", "list", "--json");
  assert.equal(run.code, 0, run.stdout);
  const remotes: Listed[] = JSON.parse(run.stdout).remotes;
  assert.deepEqual(remotes.map(({ name, status, kind, version }) => [name, status, kind, version]), [
    ["gone", "managed", "native", undefined],
    ["later", undefined, undefined, undefined],
    ["local", "built_in", "built_in", undefined],
    ["loose", "unverified", "native", undefined],
    ["module", "verified", "module", undefined],
    ["native", "verified", "native", undefined],
    ["src", "managed", "native", "v1"],
  ]);
  assert.match(byName(remotes).later.error ?? "", /is not built into this version/);
  const text = await p.run("remote", "list");
  assert.match(text.stdout, /^native\n {2}Adapter: +native \(native\)\n {2}Status: +verified: .*\n/m);
  assert.match(text.stdout, /^src\n(?: {2}.*\n)* {2}Version: +v1\n {2}Source: +acme\/epack-remote-src@v1\n/m);
  assert.deepEqual(await p.started(), []);
});

Deno.test("epack remote list says how a remote is confined in the words of remote info", async () => {
  await using p = await project();
  const remotes = byName(JSON.parse((await p.run("remote", "list", "--json")).stdout).remotes);
  for (const name of ["local", "module", "native"]) {
    const info = await p.run("remote", "info", name, "--json");
    assert.equal(info.code, 0, info.stdout);
    assert.equal(remotes[name].confinement, JSON.parse(info.stdout).confinement, name);
  }
});

Deno.test("epack remote list says why an adapter would not run", async () => {
  await using p = await project();
  const problems: [place: string, change: (text: string) => string, says: RegExp][] = [
    ["bin/epack-remote-native", (text) => `${text}# changed\n`, /its bytes are not those that were locked/],
    ["epack.yaml", (text) => text.replace("read: [in]", "read: [in, out]"), /its permissions are not those/],
  ];
  for (const [place, change, says] of problems) {
    await Deno.writeTextFile(join(p.path, place), change(await Deno.readTextFile(join(p.path, place))));
    const run = await p.run("remote", "list");
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, new RegExp(`^ {2}Problem: +.*${says.source}`, "m"));
  }
  await Deno.remove(join(p.path, "bin/epack-remote-native"));
  await Deno.symlink("/bin/true", join(p.path, "bin/epack-remote-native"));
  const { native } = byName(JSON.parse((await p.run("remote", "list", "--json")).stdout).remotes);
  assert.deepEqual([native.status, native.problem], ["unverified", "it is a link, and links are not followed"]);
});

for (const command of ["adapter", "remote"]) {
  Deno.test(`epack ${command} list ends with 10 for a broken lockfile`, async () => {
    await using p = await project();
    await p.write("epack.lock.yaml", "remotes: [");
    const run = await p.run(command, "list", "--json");
    assert.equal(run.code, 10);
    assert.equal(JSON.parse(run.stdout).error.code, "lockfile_invalid");
  });

  Deno.test(`epack ${command} list has a help with examples, and is completed`, async () => {
    await using p = await adapterFolders();
    const help = await epack([command, "list", "--help"], { cwd: p.path });
    assert.equal(help.code, 0, help.stderr);
    assert.match(help.stdout, new RegExp(`Examples:\\n +epack ${command} list`));
    const completed = await epack(["__complete", command, ""], { cwd: p.path });
    assert.match(completed.stdout, /^list\t/m);
  });
}

Deno.test("epack adapter list is completed with its flags, and stands in the manual", async () => {
  await using p = await adapterFolders();
  const completed = await epack(["__complete", "adapter", "list", "--"], { cwd: p.path });
  for (const flag of ["--probe", "--insecure-allow-unpinned", "--json", "--quiet", "--verbose"]) {
    assert.match(completed.stdout, new RegExp(`^${flag}\t`, "m"));
  }
  const man = await epack(["man"], { cwd: p.path });
  assert.match(man.stdout, /^\.SS "epack adapter list"/m);
});
