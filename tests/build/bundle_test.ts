import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { bundle, proveComplete } from "../../scripts/build/bundle.ts";
import { compareChecksums } from "../../scripts/build/checksums.ts";
import { importMap } from "../../scripts/build/import_map.ts";
import { lockFileOf } from "../../scripts/build/lock_file.ts";
import { sbom } from "../../scripts/build/sbom.ts";
import { fileNameOf, parseTarget, platformOfExecutable, TARGETS } from "../../scripts/build/target.ts";
import { parseLock } from "../../lib/lockfile/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { ROOT } from "../../scripts/root.ts";

const entries = ["main.ts", "lib/sandbox/confined/worker.ts"];

async function project(folder: string, files: Record<string, string>): Promise<string> {
  for (const [name, text] of Object.entries({ "deno.json": "{}", ...files })) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeTextFile(join(folder, name), text);
  }
  return folder;
}

async function contents(folder: string, files: readonly string[]) {
  return await Promise.all(files.map(async (name) => {
    const info = await Deno.stat(join(folder, name));
    return { name, text: await Deno.readTextFile(join(folder, name)), mode: info.mode, time: info.mtime };
  }));
}

Deno.test("bundle() gives the same files, modes and times for the same source in another folder", async () => {
  await using folder = temporaryFolder();
  const copy = join(folder.path, "a", "much", "longer", "path");
  await Deno.mkdir(dirname(copy), { recursive: true });
  const { success } = await new Deno.Command("cp", { args: ["-r", ROOT, copy] }).output();
  assert.ok(success);
  const here = join(folder.path, "here");
  const there = join(folder.path, "there");
  const files = await bundle({ root: ROOT, entries, outdir: here });
  assert.deepEqual(await bundle({ root: copy, entries, outdir: there }), files);
  assert.deepEqual(await contents(there, files), await contents(here, files));
  assert.ok(files.includes("main.js") && files.includes("lib/sandbox/confined/worker.js"));
});

Deno.test("bundle() names no place of the machine that built it", async () => {
  await using folder = temporaryFolder();
  for (
    const { name, text } of await contents(folder.path, await bundle({ root: ROOT, entries, outdir: folder.path }))
  ) {
    assert.ok(!text.includes(ROOT) && !text.includes(Deno.env.get("HOME") ?? ROOT), name);
  }
});

Deno.test("bundle() of a package that cannot be found fails by its name", async () => {
  await using folder = temporaryFolder();
  await project(folder.path, { "main.ts": 'export const load = () => import("npm:absent@1.0.0");' });
  await assert.rejects(bundle({ root: folder.path, entries: ["main.ts"], outdir: join(folder.path, "out") }), /absent/);
});

Deno.test("proveComplete() refuses a module that is not in the bundle: a compiled program would look for it on disk", async () => {
  await using folder = temporaryFolder();
  const prove = async (code: string) => {
    await project(folder.path, { "main.js": code, "beside.js": "export default 1;" });
    await proveComplete(folder.path, ["main.js"]);
  };
  await prove('import "node:path"; await import("node:fs");');
  await assert.rejects(prove('import "./beside.js";'), /beside\.js.*not in it/);
  await assert.rejects(prove('export const load = () => import("./gone.js");'), /gone\.js.*not in it/);
  await assert.rejects(prove('import "data:text/javascript,export default 1";'), /data:.*not in it/);
});

Deno.test("bundle() writes facts into the one place for them, and refuses when there is none or more", async () => {
  await using folder = temporaryFolder();
  await project(folder.path, {
    "main.ts": 'console.log("@fact@");',
    "twice.ts": 'console.log("@fact@", `${"@fact@"}!`);',
  });
  const options = { root: folder.path, replace: { "@fact@": "told" } };
  await bundle({ ...options, entries: ["main.ts"], outdir: join(folder.path, "one") });
  assert.match(await Deno.readTextFile(join(folder.path, "one", "main.js")), /told/);
  await assert.rejects(
    bundle({ ...options, entries: ["twice.ts"], outdir: join(folder.path, "two") }),
    /stands 2 times/,
  );
  await assert.rejects(
    bundle({ ...options, entries: ["main.ts"], outdir: join(folder.path, "none"), replace: { absent: "" } }),
    /stands 0 times/,
  );
});

Deno.test("importMap() closes files, the web and every module of Node but the harmless ones to what is loaded from text", () => {
  const { imports, scopes } = importMap();
  for (
    const name of [
      "file:///",
      "https://",
      "http://",
      "node:fs",
      "fs",
      "node:fs/promises",
      "node:child_process",
      "node:module",
    ]
  ) {
    assert.equal(imports[name], null, name);
  }
  assert.ok(!("node:crypto" in imports) && !("node:path" in imports));
  assert.equal(scopes["file:///"]["node:fs"], "node:fs");
});

Deno.test("sbom() lists the locked packages that the program loads, with their hashes, and no others", async () => {
  const options = { root: ROOT, entries, name: "epack", version: "1.2.3", denoVersion: "2.9.6" };
  const text = await sbom(options);
  assert.equal(await sbom(options), text);
  const { components, dependencies, bomFormat, specVersion } = JSON.parse(text);
  assert.deepEqual([bomFormat, specVersion], ["CycloneDX", "1.6"]);
  const names = components.map(({ name }: { name: string }) => name);
  assert.ok(names.includes("zod") && names.includes("argparse") && names.includes("deno"));
  assert.ok(!names.includes("fast-check"), "what only tests use is not in the binary");
  for (const { type, hashes, purl } of components) {
    if (type === "library") assert.match(hashes[0].content, /^[0-9a-f]{128}$/, purl);
  }
  const refs = new Set([
    ...components.map((component: Record<string, string>) => component["bom-ref"]),
    "pkg:generic/epack@1.2.3",
  ]);
  for (const { ref, dependsOn } of dependencies) {
    for (const target of [ref, ...dependsOn]) assert.ok(refs.has(target), target);
  }
});

Deno.test("lockFileOf() is a lockfile with the digest of each platform's file", async () => {
  const [one, two] = ["1", "2"].map((digit) => digit.repeat(64));
  const text = await lockFileOf({
    module: { name: "epack-remote-filesystem.js", sha256: one },
    executables: { "linux/amd64": { name: "epack-remote-filesystem-linux-amd64", sha256: two } },
    lockedAt: "2026-01-01T00:00:00Z",
  });
  const { remotes } = parseLock(text, { path: "epack.lock.yaml" }).lock;
  assert.equal(Object.keys(remotes.filesystem.platforms).length, TARGETS.length);
  assert.equal(remotes.filesystem.platforms["darwin/arm64"].digest, `sha256:${one}`);
  assert.equal(remotes["filesystem-native"].platforms["linux/amd64"].digest, `sha256:${two}`);
});

Deno.test("platformOfExecutable() tells executables apart by their first bytes", () => {
  const head = (...parts: [at: number, bytes: number[]][]) => {
    const bytes = new Uint8Array(4096);
    for (const [at, values] of parts) bytes.set(values, at);
    return bytes;
  };
  assert.equal(platformOfExecutable(head([0, [0x7f, 0x45, 0x4c, 0x46]], [18, [0x3e]])), "linux/amd64");
  assert.equal(platformOfExecutable(head([0, [0x7f, 0x45, 0x4c, 0x46]], [18, [0xb7]])), "linux/arm64");
  assert.equal(platformOfExecutable(head([0, [0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1]])), "darwin/amd64");
  assert.equal(platformOfExecutable(head([0, [0xcf, 0xfa, 0xed, 0xfe, 12, 0, 0, 1]])), "darwin/arm64");
  const pe = [[0, [0x4d, 0x5a]], [60, [0x80]], [0x80, [0x50, 0x45, 0, 0, 0x64, 0x86]]] as [number, number[]][];
  assert.equal(platformOfExecutable(head(...pe)), "windows/amd64");
  assert.equal(platformOfExecutable(head()), undefined);
});

Deno.test("targets have the names that lockfiles and people use", () => {
  assert.deepEqual(TARGETS.map((target) => fileNameOf("epack", target)), [
    "epack-linux-amd64",
    "epack-linux-arm64",
    "epack-darwin-amd64",
    "epack-darwin-arm64",
    "epack-windows-amd64.exe",
  ]);
  assert.throws(() => parseTarget("linux/riscv"), /known: linux\/amd64/);
});

Deno.test("compareChecksums() tells what is the same, different, missing and extra", () => {
  const line = (digit: string, name: string) => `${digit.repeat(64)}  ${name}\n`;
  assert.deepEqual(
    compareChecksums(
      line("1", "a") + line("2", "b") + line("3", "c"),
      line("1", "a") + line("9", "b") + line("4", "d"),
    ),
    { same: ["a"], different: ["b"], missing: ["c"], extra: ["d"] },
  );
});
