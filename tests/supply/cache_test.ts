import assert from "node:assert/strict";
import { join } from "node:path";
import { DENO_CACHE, epack, temporaryFolder } from "../epack.ts";

async function cache(verb: "dir" | "prune", { cwd, env }: { cwd: string; env: Record<string, string> }) {
  const run = await epack(["cache", verb, "--json"], { cwd, env: { ...DENO_CACHE, ...env } });
  return { code: run.code, ...JSON.parse(run.stdout) };
}

const linux = { ignore: Deno.build.os !== "linux" };

Deno.test("cache dir is below XDG_CACHE_HOME, else below HOME", linux, async () => {
  await using folder = temporaryFolder();
  const { path: cwd } = folder;
  const at = async (env: Record<string, string>) => (await cache("dir", { cwd, env })).folder;
  assert.equal(await at({ XDG_CACHE_HOME: "/some/cache", HOME: "/home/ada" }), "/some/cache/epack");
  assert.equal(await at({ XDG_CACHE_HOME: "", HOME: "/home/ada" }), "/home/ada/.cache/epack");
  assert.deepEqual(await Array.fromAsync(Deno.readDir(cwd)), [], "it makes nothing");
});

Deno.test("cache dir and cache prune without XDG_CACHE_HOME and HOME say what to set", linux, async () => {
  await using folder = temporaryFolder();
  for (const verb of ["dir", "prune"] as const) {
    const { code, error } = await cache(verb, { cwd: folder.path, env: { XDG_CACHE_HOME: "", HOME: "" } });
    assert.equal(code, 1);
    assert.equal(error.code, "usage");
    assert.match(error.hint, /XDG_CACHE_HOME/);
  }
});

Deno.test("cache prune removes what is cached and nothing else, and says how much", linux, async () => {
  await using folder = temporaryFolder();
  const base = join(folder.path, "epack");
  const outside = join(folder.path, "outside");
  await Deno.mkdir(join(base, "adapters", "of somebody else"), { recursive: true });
  await Deno.mkdir(join(base, "answers"));
  await Deno.writeTextFile(outside, "outside");
  await Deno.writeTextFile(join(base, "adapters", "sha256-1"), "12345");
  await Deno.writeTextFile(join(base, "answers", "a.json"), "{}");
  // what is still being written
  await Deno.writeTextFile(join(base, "adapters", ".download.1.partial"), "half");
  await Deno.writeTextFile(join(base, "kept"), "not of the cache");
  await Deno.symlink(outside, join(base, "adapters", "link"));
  const options = { cwd: folder.path, env: { XDG_CACHE_HOME: folder.path } };
  assert.deepEqual(await cache("prune", options), { code: 0, folder: base, removed: 2, size: 7 });
  const left = async (path: string) => (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
  assert.deepEqual(await left(join(base, "adapters")), [".download.1.partial", "link", "of somebody else"]);
  assert.deepEqual(await left(join(base, "answers")), []);
  assert.deepEqual(await left(base), ["adapters", "answers", "kept"]);
  assert.equal(await Deno.readTextFile(outside), "outside");
  assert.deepEqual(await cache("prune", options), { code: 0, folder: base, removed: 0, size: 0 });
});

Deno.test("cache prune of a cache that was never made removes nothing and makes nothing", linux, async () => {
  await using folder = temporaryFolder();
  const { code, removed } = await cache("prune", { cwd: folder.path, env: { XDG_CACHE_HOME: folder.path } });
  assert.deepEqual([code, removed], [0, 0]);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});
