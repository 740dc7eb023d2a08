/** The build as its users run it. These tests need a Deno that compiles and its runtime: `DENO` and `DENORT_BIN`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { mayMount } from "../environment/project.ts";
import { temporaryFolder } from "../epack.ts";
import { ROOT } from "../../scripts/root.ts";

const ignore = !Deno.env.get("DENO") || !Deno.env.get("DENORT_BIN");
const platform = `${Deno.build.os}/${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}`;
const binary = `epack-${platform.replace("/", "-")}`;

async function build(
  args: string[],
  options: { root?: string; env?: Record<string, string>; wrapper?: string[] } = {},
) {
  const [program, ...words] = [...(options.wrapper ?? []), Deno.execPath(), "task", "--quiet", "build", ...args];
  const output = await new Deno.Command(program, {
    args: words,
    cwd: options.root ?? ROOT,
    env: { NO_COLOR: "1", ...options.env },
  }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

async function run(program: string, args: string[], cwd: string) {
  const output = await new Deno.Command(program, { args, cwd, env: { NO_COLOR: "1" } }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

Deno.test({
  name:
    "two builds, in other folders, from a cold and a warm cache, under another umask and clock, give the same bytes",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const clone = join(folder.path, "a clone elsewhere");
    // of what is committed and what is not: tests run on working copies too
    const copied = await new Deno.Command("cp", { args: ["-r", ROOT, clone] }).output();
    assert.ok(copied.success);
    const here = await build([`--out=${folder.path}/one`, `--target=${platform}`, "--adapters"]);
    assert.equal(here.code, 0, here.stderr);
    const there = await build([`--out=${folder.path}/two`, `--target=${platform}`, "--adapters"], {
      root: clone,
      env: { DENO_DIR: join(folder.path, "cold") },
      wrapper: ["sh", "-c", 'umask 077; exec "$0" "$@"'],
    });
    assert.equal(there.code, 0, there.stderr);
    const [one, two] = await Promise.all(
      ["one", "two"].map((name) => Deno.readTextFile(join(folder.path, name, "SHA256SUMS"))),
    );
    assert.equal(two, one);
    assert.match(one, new RegExp(`  ${binary}$`, "m"));
    assert.match(one, new RegExp(`  epack-remote-filesystem-${platform.replace("/", "-")}$`, "m"));
  },
});

Deno.test({
  name: "deno task build --check compares with recorded checksums, and a built program knows its own",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const out = join(folder.path, "dist");
    assert.equal((await build([`--out=${out}`, `--target=${platform}`])).code, 0);
    const sums = await Deno.readTextFile(join(out, "SHA256SUMS"));
    await Deno.writeTextFile(join(folder.path, "good"), sums);
    const good = await build([`--out=${out}`, `--target=${platform}`, `--check=${folder.path}/good`]);
    assert.equal(good.code, 0, good.stderr);
    assert.match(good.stdout, new RegExp(`same as recorded: .*${binary}`));
    await Deno.writeTextFile(
      join(folder.path, "bad"),
      sums.replace(/^[0-9a-f]{8}(?=[0-9a-f]{56} {2}epack-linux)/m, "00000000"),
    );
    const bad = await build([`--out=${out}`, `--target=${platform}`, `--check=${folder.path}/bad`]);
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, new RegExp(`${binary}: DIFFERS`));

    const program = join(out, binary);
    const itself = await run(program, ["version", "--verify-self", "good"], folder.path);
    assert.equal(itself.code, 0, itself.stderr);
    const other = await run(program, ["version", "--verify-self", "bad"], folder.path);
    assert.equal(other.code, 1);
    assert.match(other.stderr, /is none of those in bad/);
    const facts = JSON.parse((await run(program, ["version", "--json"], folder.path)).stdout);
    assert.equal(facts.target, platform);
    assert.equal(facts.compiled, true);
    const module = sums.match(/^([0-9a-f]{64}) {2}epack-remote-filesystem\.js$/m)?.[1];
    assert.equal(facts.adapters.filesystem, `sha256:${module}`);
  },
});

Deno.test({
  name: "a target whose runtime is not at hand is one line, and an error when it was asked for by name",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const other = platform === "darwin/arm64" ? "linux/amd64" : "darwin/arm64";
    const result = await build([`--out=${folder.path}`, `--target=${other}`, `--target=${platform}`], {
      // a proxy that is not there: nothing can be downloaded, wherever this runs
      env: { HTTPS_PROXY: "http://127.0.0.1:9" },
    });
    assert.equal(result.code, 1);
    assert.match(
      result.stderr,
      new RegExp(`^${other}: not built: its runtime, denort [0-9.]+ .* is not at hand.*$`, "m"),
    );
    assert.match(result.stdout, new RegExp(`  ${binary}$`, "m"));
  },
});

Deno.test({
  name: "a build needs no network where the runtime and Deno's cache are at hand",
  ignore: ignore || !mayMount(),
  async fn() {
    await using folder = temporaryFolder();
    const result = await build([`--out=${folder.path}`, `--target=${platform}`], { wrapper: ["unshare", "-n"] });
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, new RegExp(`  ${binary}$`, "m"));
  },
});

Deno.test({
  name:
    "the lockfile of a build is taken as it is: by lock, and by push --frozen with the module and with the executable",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const out = join(folder.path, "dist");
    assert.equal((await build([`--out=${out}`, `--target=${platform}`, "--adapters"])).code, 0);
    const project = join(folder.path, "project");
    await Deno.mkdir(join(project, "releases"), { recursive: true });
    await Deno.copyFile(join(out, "epack.lock.yaml"), join(project, "epack.lock.yaml"));
    const native = join(out, `epack-remote-filesystem-${platform.replace("/", "-")}`);
    await Deno.writeTextFile(
      join(project, "epack.yaml"),
      `stream: acme/prod
remotes:
  filesystem:
    binary: ${out}/epack-remote-filesystem.js
    permissions: {read: [releases], write: [releases]}
    transport: {file_root: "${project}/releases"}
  filesystem-native:
    binary: ${native}
    transport: {file_root: "${project}/releases"}
`,
    );
    await Deno.writeTextFile(join(project, "evidence.txt"), "evidence");
    const program = join(out, binary);
    const before = await Deno.readTextFile(join(project, "epack.lock.yaml"));
    const locked = await run(program, ["lock"], project);
    assert.equal(locked.code, 0, locked.stderr);
    assert.match(locked.stdout, /^Unchanged filesystem .*\n {2}filesystem may: .*\nUnchanged filesystem-native /m);
    assert.equal(await Deno.readTextFile(join(project, "epack.lock.yaml")), before);
    assert.equal((await run(program, ["build", "a.epack", "evidence.txt"], project)).code, 0);
    for (const remote of ["filesystem", "filesystem-native"]) {
      const pushed = await run(program, ["push", "--frozen", "--json", remote, "a.epack"], project);
      assert.equal(pushed.code, 0, pushed.stdout);
      assert.equal(JSON.parse(pushed.stdout).adapter.assurance, "pinned");
    }
    const pulled = await run(program, ["pull", "--frozen", "filesystem", "-o", "back.epack"], project);
    assert.equal(pulled.code, 0, pulled.stderr);
    assert.deepEqual(await Deno.readFile(join(project, "back.epack")), await Deno.readFile(join(project, "a.epack")));
  },
});
