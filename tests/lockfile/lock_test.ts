import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { parseConfig, resolveRemote } from "../../lib/config/mod.ts";
import { type Digest, digestOf } from "../../lib/digest/mod.ts";
import { checkAlignment, type LockedRemote, parseLock, pinFor, readLock, updateLock } from "../../lib/lockfile/mod.ts";
import { fixtures } from "../corpora.ts";
import { temporaryFolder } from "../epack.ts";
import { ROOT } from "../../scripts/root.ts";

const DIGEST = digestOf("adapter");
const entry = (fileDigest: Digest = DIGEST): LockedRemote => ({
  kind: "external",
  lockedAt: "2026-01-02T03:04:05Z",
  platforms: { "linux/amd64": { digest: fileDigest } },
});
const lockText = (name: string) =>
  `schema_version: 1\nremotes:\n  ${name}:\n    kind: external\n    platforms:\n      linux/amd64:\n        digest: ${DIGEST}\n`;

/** A lockfile with this text; undefined means none. */
async function lockfile(text: string | Uint8Array | undefined) {
  const folder = temporaryFolder();
  const path = join(folder.path, "epack.lock.yaml");
  if (text !== undefined) {
    await (typeof text === "string" ? Deno.writeTextFile(path, text) : Deno.writeFile(path, text));
  }
  return { path, text: () => Deno.readTextFile(path), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

Deno.test({
  name: "readLock() reads the Go tool's lockfile",
  ignore: fixtures.missing,
  async fn() {
    const lock = await readLock(join(fixtures.path, "project", "epack.lock.yaml"));
    assert.equal(
      pinFor(lock, "probe", { platform: "linux/amd64" })?.digest,
      "sha256:f47ed77ce8257d77a2d45a9553b3dc67f5eb404c70ab79cc70f907d94fb69b82",
    );
    assert.equal(pinFor(lock, "other", { platform: "linux/amd64" }), undefined);
    assert.throws(() => pinFor(lock, "probe", { platform: "darwin/arm64" }), {
      code: "lockfile_mismatch",
      exitCode: 10,
    });
  },
});

Deno.test("readLock() gives undefined only when there is no file", async () => {
  await using none = await lockfile(undefined);
  assert.equal(await readLock(none.path), undefined);
});

const BROKEN: Record<string, string | Uint8Array> = {
  "empty": "",
  "cut off": lockText("p").slice(0, -60) + "{",
  "with a NUL": "schema_version: 1\nremotes: \0\n",
  "with a key twice": "schema_version: 1\nschema_version: 1\n",
  "of another version": "schema_version: 99\n",
  "without a version": "remotes: {}\n",
  "with a second document": "schema_version: 1\n---\nschema_version: 1\n",
  "with a digest in upper case": lockText("p").replace(DIGEST, DIGEST.toUpperCase()),
  "with a SHA-1 digest": lockText("p").replace(DIGEST, `sha1:${"a".repeat(40)}`),
  "without platforms": "schema_version: 1\nremotes:\n  p: {kind: external}\n",
  "no mapping": "- 1\n",
  "no UTF-8": new Uint8Array([0x61, 0x3a, 0x20, 0xff]),
  "over 10 MiB": "#".repeat(10 * 1024 * 1024 + 1),
};
for (const [name, text] of Object.entries(BROKEN)) {
  Deno.test(`readLock() names a lockfile that is ${name} as broken`, async () => {
    await using broken = await lockfile(text);
    await assert.rejects(readLock(broken.path), { code: "lockfile_invalid", exitCode: 10 });
  });
}

Deno.test("readLock() names a link, a folder and a FIFO as broken", async () => {
  await using none = await lockfile(undefined);
  await Deno.symlink("/dev/null", none.path);
  await assert.rejects(readLock(none.path), { code: "lockfile_invalid" });
  await Deno.remove(none.path);
  await Deno.mkdir(none.path);
  await assert.rejects(readLock(none.path), { code: "lockfile_invalid" });
  await Deno.remove(none.path);
  await new Deno.Command("mkfifo", { args: [none.path] }).output();
  await assert.rejects(readLock(none.path), { code: "lockfile_invalid" });
});

Deno.test("updateLock() creates the file, sorts entries in, changes and removes them", async () => {
  await using lock = await lockfile(undefined);
  await updateLock(lock.path, { set: { b: entry() } });
  await updateLock(lock.path, { set: { c: entry(), a: entry() } });
  assert.deepEqual([...(await lock.text()).matchAll(/^ {2}(\w):/gm)].map(([, name]) => name), ["a", "b", "c"]);
  await updateLock(lock.path, { set: { b: entry(digestOf("new")) }, remove: ["a", "nowhere"] });
  const remotes = (await readLock(lock.path))?.remotes ?? {};
  assert.deepEqual(Object.keys(remotes), ["b", "c"]);
  assert.equal(remotes.b.platforms["linux/amd64"].digest, digestOf("new"));
  await updateLock(lock.path, { remove: ["b", "c"] });
  assert.equal(await lock.text(), "schema_version: 1\nremotes: {}\n");
  await updateLock(lock.path, { set: { d: entry() } });
  assert.deepEqual(Object.keys((await readLock(lock.path))?.remotes ?? {}), ["d"]);
});

Deno.test("updateLock() refuses a way of writing that it cannot edit, and changes nothing", async () => {
  for (
    const text of [
      `{"schema_version": 1, "remotes": {}}`,
      `schema_version: 1\nremotes: {p: {platforms: {linux/amd64: {digest: "${DIGEST}"}}}}\n`,
    ]
  ) {
    await using lock = await lockfile(text);
    await assert.rejects(updateLock(lock.path, { set: { q: entry() } }), { code: "lockfile_invalid" });
    assert.equal(await lock.text(), text);
  }
});

Deno.test("updateLock() of a broken lockfile changes nothing", async () => {
  await using lock = await lockfile("remotes: [");
  await assert.rejects(updateLock(lock.path, { set: { q: entry() } }), { code: "lockfile_invalid" });
  assert.equal(await lock.text(), "remotes: [");
});

/** Lines of other programs that stand anywhere between sections. */
const foreign = fc.constantFrom(
  "# a comment\n",
  "\n",
  "collectors:\n  x:\n    # inside\n    version: v1\n    platforms: {a/b: {digest: 'x'}}\n",
  "tools: {}\n",
  "profiles: [1, 2] # trailing\n",
  "overlays:\n  - a\n  -   b\n",
);

Deno.test("updateLock() leaves every foreign byte as it is", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(foreign),
      fc.uniqueArray(foreign),
      fc.uniqueArray(fc.constantFrom("a", "m", "z"), { minLength: 1 }),
      fc.constantFrom("a", "b", "m", "z0"),
      fc.boolean(),
      async (before, after, names, name, remove) => {
        const keys = [...before, ...after].map((part) => part.split(":")[0]).filter((key) => /^[a-z]/.test(key));
        fc.pre(new Set(keys).size === keys.length);
        const own = `remotes:\n${
          [...names].sort().map((one) => `  # about ${one}\n${lockText(one).split("remotes:\n")[1]}`).join("")
        }`;
        await using lock = await lockfile(`schema_version: 1\n${before.join("")}${own}${after.join("")}`);
        await updateLock(lock.path, remove ? { remove: [name] } : { set: { [name]: entry(digestOf("new")) } });
        const text = await lock.text();
        const expected = new Set<string>(names.filter((one) => !remove || one !== name));
        if (!remove) expected.add(name);
        assert.deepEqual(Object.keys(parseLock(text, lock).lock.remotes).sort(), [...expected].sort());
        assert.ok(text.startsWith(`schema_version: 1\n${before.join("")}`), text);
        assert.ok(text.endsWith(after.join("")), text);
        for (const one of names.filter((other) => other !== name)) {
          assert.ok(
            text.includes(lockText(one).split("remotes:\n")[1]),
            text,
          );
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("updateLock() of several processes at once loses nothing", async () => {
  await using lock = await lockfile("schema_version: 1\n");
  const room = new URL("../../lib/lockfile/mod.ts", import.meta.url).href;
  const names = ["a", "b", "c", "d"];
  const runs = names.map((name) => {
    const code = `import { updateLock } from ${JSON.stringify(room)}; await updateLock(${
      JSON.stringify(lock.path)
    }, { set: { ${name}: ${JSON.stringify(entry())} } });`;
    return new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", `--config=${ROOT}deno.json`, code],
    }).output();
  });
  for (const { success, stderr } of await Promise.all(runs)) assert.ok(success, new TextDecoder().decode(stderr));
  assert.deepEqual(Object.keys((await readLock(lock.path))?.remotes ?? {}), names);
});

const remoteOf = (line: string) =>
  resolveRemote(parseConfig(new TextEncoder().encode(`remotes:\n  p: {${line}}\n`), { path: "epack.yaml" }), "p");

Deno.test("checkAlignment() refuses a remote whose kind, source or grants are not those that were locked", () => {
  assert.doesNotThrow(() => checkAlignment(remoteOf("binary: /x"), entry()));
  assert.throws(() => checkAlignment(remoteOf("source: a/b@v1"), entry()), { code: "lockfile_mismatch" });
  assert.throws(() => checkAlignment(remoteOf("binary: /x"), { source: "github.com/a/b", platforms: {} }), {
    code: "lockfile_mismatch",
  });
  assert.throws(() => checkAlignment(remoteOf("source: a/c@v1"), { source: "github.com/a/b", platforms: {} }), {
    code: "lockfile_mismatch",
  });
  assert.throws(() => checkAlignment(remoteOf("binary: /x.js, permissions: {net: [a]}"), entry()), {
    code: "lockfile_mismatch",
  });
  assert.doesNotThrow(() =>
    checkAlignment(remoteOf("binary: /x.js, permissions: {net: [b, a], read: []}"), {
      ...entry(),
      permissions: { net: ["a", "b"] },
    })
  );
});
