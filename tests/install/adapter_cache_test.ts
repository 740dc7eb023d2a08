import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import { openAdapterCache } from "../../lib/install/mod.ts";
import { temporaryFolder } from "../epack.ts";

Deno.test("downloads of the same bytes at the same time leave one file, which nobody replaces", async () => {
  await using folder = temporaryFolder();
  const cache = await openAdapterCache(folder.path);
  const bytes = new TextEncoder().encode("an adapter");
  const add = () =>
    cache.add(async (sink) => {
      await sink.begin();
      await sink.write(bytes);
      return { digest: digestOf("an adapter") };
    });
  const { path } = await add();
  const { ino } = await Deno.stat(path);
  await Promise.all(Array.from({ length: 20 }, add));
  assert.equal((await Deno.stat(path)).ino, ino);
  assert.deepEqual((await Array.fromAsync(Deno.readDir(cache.folder))).map(({ name }) => join(cache.folder, name)), [
    path,
  ]);
});

Deno.test("a cached file whose bytes changed by themselves is replaced by the next download", async () => {
  await using folder = temporaryFolder();
  const cache = await openAdapterCache(folder.path);
  const fill = async (sink: Parameters<Parameters<typeof cache.add>[0]>[0]) => {
    await sink.begin();
    await sink.write(new TextEncoder().encode("an adapter"));
    return { digest: digestOf("an adapter") };
  };
  const { path } = await cache.add(fill);
  await Deno.writeTextFile(path, "another one");
  assert.equal((await cache.add(fill)).path, path);
  assert.equal(await Deno.readTextFile(path), "an adapter");
});
