import assert from "node:assert/strict";
import { join } from "node:path";
import { type BuildOptions, buildPack, extractPack, openPack, verifyPack } from "../../lib/pack/mod.ts";
import { temporaryFolder } from "../epack.ts";

/** A folder with files, and a build of them. */
async function workshop(files: Record<string, string | Uint8Array>) {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await Deno.mkdir(join(folder.path, name, ".."), { recursive: true });
    await (typeof content === "string"
      ? Deno.writeTextFile(join(folder.path, name), content)
      : Deno.writeFile(join(folder.path, name), content));
  }
  const output = join(folder.path, "out.epack");
  return {
    path: folder.path,
    output,
    build: (inputs: string[], options: Partial<BuildOptions> = {}) =>
      buildPack({
        output,
        cwd: folder.path,
        stream: "s",
        inputs: inputs.map((path) => ({ path })),
        generatedAt: new Date("2026-01-01T00:00:00.999Z"),
        ...options,
      }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function contents(path: string): Promise<{ names: string[]; methods: number[] }> {
  using pack = await openPack(path);
  await verifyPack(pack);
  return { names: pack.entries.map(({ name }) => name), methods: pack.entries.map(({ method }) => method) };
}

Deno.test("buildPack() orders artifacts bytewise behind the manifest and artifacts/", async () => {
  await using shop = await workshop({
    "d/b": "1",
    "d/C": "2",
    "d/sub/é": "3",
    "z": "4",
    "\u{1f600}": "5",
    "\ufb33": "6",
  });
  await shop.build(["z", "d", "\u{1f600}"]);
  assert.deepEqual((await contents(shop.output)).names, [
    "manifest.json",
    "artifacts/",
    "artifacts/d/C",
    "artifacts/d/b",
    "artifacts/d/sub/é",
    "artifacts/z",
    "artifacts/\u{1f600}",
  ]);
});

Deno.test("buildPack() keeps a folder's name, unless it is written with a slash", async () => {
  await using shop = await workshop({ "d/a": "1" });
  await shop.build(["d/"]);
  assert.equal((await contents(shop.output)).names[2], "artifacts/a");
});

Deno.test("buildPack() refuses names that become one on other systems", async () => {
  await using shop = await workshop({ "d/a": "1", "d/A": "2" });
  await assert.rejects(shop.build(["d"]), { fault: "lookalike_path" });
});

Deno.test("buildPack() refuses names that a pack cannot have, before it writes anything", async () => {
  for (const name of ["a:b", "con", "tail.", "back\\slash"]) {
    await using shop = await workshop({ [`d/${name}`]: "1" });
    await assert.rejects(shop.build(["d"]), { code: "pack_invalid" }, name);
    assert.deepEqual([...Deno.readDirSync(shop.path)].map((entry) => entry.name), ["d"]);
  }
});

Deno.test("buildPack() gives the same bytes for the same input and time, other bytes for another time", async () => {
  await using shop = await workshop({ "d/a": "text ".repeat(1000), "d/b": new Uint8Array(70_000) });
  await shop.build(["d"]);
  const first = await Deno.readFile(shop.output);
  await shop.build(["d"], { force: true });
  assert.deepEqual(await Deno.readFile(shop.output), first);
  await shop.build(["d"], { force: true, generatedAt: new Date(0) });
  assert.notDeepEqual(await Deno.readFile(shop.output), first);
});

Deno.test("buildPack() stores what would deflate below 1:100, and deflates what pays, small and large", async () => {
  const text = Array.from({ length: 300_000 }, (_, index) => `line ${index * 7919 % 1000}\n`).join("");
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  await using shop = await workshop({
    "a-small-zeros": new Uint8Array(200_000),
    "b-large-zeros": new Uint8Array(3_000_000),
    "c-text": "some text ".repeat(20) + "and some more",
    "d-large-text": text,
    "e-noise": noise,
  });
  await shop.build(["a-small-zeros", "b-large-zeros", "c-text", "d-large-text", "e-noise"]);
  const { methods } = await contents(shop.output);
  assert.deepEqual(methods, [0, 0, 0, 0, 8, 8, 0]);
});

Deno.test("buildPack() never replaces without force, and a failed build with force keeps the old pack", async () => {
  await using shop = await workshop({ "a": "1" });
  await Deno.writeTextFile(shop.output, "old");
  await assert.rejects(shop.build(["a"]), { code: "file_exists" });
  await assert.rejects(shop.build(["a", "missing"], { force: true }), { code: "file_not_found" });
  assert.equal(await Deno.readTextFile(shop.output), "old");
  await shop.build(["a"], { force: true });
  assert.deepEqual((await contents(shop.output)).names, ["manifest.json", "artifacts/", "artifacts/a"]);
  assert.equal(((await Deno.stat(shop.output)).mode ?? 0) & 0o777, 0o600);
  assert.deepEqual([...Deno.readDirSync(shop.path)].map(({ name }) => name).sort(), ["a", "out.epack"]);
});

Deno.test("buildPack() refuses links, FIFOs, its own output, and an empty stream", async () => {
  await using shop = await workshop({ "d/a": "1" });
  await Deno.symlink("a", join(shop.path, "d", "link"));
  await assert.rejects(shop.build(["d"]), { code: "file_refused" });
  await Deno.remove(join(shop.path, "d", "link"));
  await new Deno.Command("mkfifo", { args: [join(shop.path, "d", "fifo")] }).output();
  await assert.rejects(shop.build(["d"]), { code: "file_refused" });
  await Deno.remove(join(shop.path, "d", "fifo"));
  await shop.build(["d"]);
  await assert.rejects(shop.build(["."], { force: true }), { code: "usage" });
  await assert.rejects(shop.build(["d"], { stream: " ", force: true }), { code: "usage" });
});

Deno.test("buildPack() refuses a file that changes while it is read", async () => {
  await using shop = await workshop({ "a": "1", "b": new Uint8Array(3_000_000) });
  const onProgress = () => Deno.writeTextFileSync(join(shop.path, "b"), "short");
  await assert.rejects(shop.build(["a", "b"], { onProgress }), { code: "pack_changed" });
  assert.deepEqual([...Deno.readDirSync(shop.path)].map(({ name }) => name).sort(), ["a", "b"]);
});

Deno.test("buildPack() stops when it is aborted and leaves nothing", async () => {
  await using shop = await workshop({ "a": "1", "b": new Uint8Array(3_000_000) });
  const controller = new AbortController();
  await assert.rejects(
    shop.build(["a", "b"], { signal: controller.signal, onProgress: () => controller.abort(new Error("stop")) }),
    /stop/,
  );
  assert.deepEqual([...Deno.readDirSync(shop.path)].map(({ name }) => name).sort(), ["a", "b"]);
});

Deno.test("extractPack() writes what was packed, selects by path and glob, and writes nothing in a dry run", async () => {
  await using shop = await workshop({ "d/a.txt": "1", "d/b.json": "{}", "d/e": "" });
  await shop.build(["d"]);
  using pack = await openPack(shop.output);
  const out = join(shop.path, "out");
  assert.equal((await extractPack(pack, { output: out, dryRun: true })).length, 3);
  assert.equal(await Deno.lstat(out).catch(() => "absent"), "absent");
  assert.deepEqual(await extractPack(pack, { output: out, select: ["d/*.json"] }), [join(out, "artifacts/d/b.json")]);
  await extractPack(pack, { output: out, select: ["artifacts/d/a.txt", "d/e"] });
  assert.equal(await Deno.readTextFile(join(out, "artifacts/d/a.txt")), "1");
  await assert.rejects(
    extractPack(pack, { output: out, select: ["d/a.tx"] }),
    (error: Error & { hint?: string }) => /d\/a\.txt/.test(error.hint ?? ""),
  );
});

Deno.test("extractPack() replaces nothing without force and follows no link", async () => {
  await using shop = await workshop({ "a": "new" });
  await shop.build(["a"]);
  using pack = await openPack(shop.output);
  const out = join(shop.path, "out");
  await Deno.mkdir(join(out, "artifacts"), { recursive: true });
  await Deno.writeTextFile(join(out, "artifacts", "a"), "old");
  await assert.rejects(extractPack(pack, { output: out }), { code: "file_exists" });
  assert.equal(await Deno.readTextFile(join(out, "artifacts", "a")), "old");
  await extractPack(pack, { output: out, force: true });
  assert.equal(await Deno.readTextFile(join(out, "artifacts", "a")), "new");
  await Deno.remove(join(out, "artifacts"), { recursive: true });
  await Deno.mkdir(join(shop.path, "elsewhere"));
  await Deno.symlink(join(shop.path, "elsewhere"), join(out, "artifacts"));
  await assert.rejects(extractPack(pack, { output: out, force: true }), { code: "file_refused" });
  assert.deepEqual([...Deno.readDirSync(join(shop.path, "elsewhere"))], []);
});
