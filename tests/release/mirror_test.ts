import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { type Digest, digestOf, hexOf } from "../../lib/digest/mod.ts";
import {
  type AssetSink,
  chooseAsset,
  createMirror,
  findRelease,
  type MirrorSelection,
  openGithub,
  openMirror,
  parseSource,
  type Release,
  type ReleaseStore,
} from "../../lib/release/mod.ts";
import { parseMirrorIndex } from "../../lib/release/mirror_index.ts";
import { temporaryFolder } from "../epack.ts";
import { githubServer } from "../servers/github_server.ts";

const SOURCE = parseSource("acme/epack-remote-s3@^1.2");
const NATIVE = crypto.getRandomValues(new Uint8Array(60_000)).slice();
const BUNDLE = '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}';
const FILES: Record<string, string | Uint8Array<ArrayBuffer>> = {
  "epack-remote-s3-linux-amd64": NATIVE,
  "epack-remote-s3-linux-amd64.sigstore.json": BUNDLE,
};
const COMMIT = "a".repeat(40);
const ROOT = new TextEncoder().encode('{"trusted":"root"}');
const options = { maxBytes: 1_000_000, now: () => new Date("2026-01-02T03:04:05Z") };

const sinkOf = (blocks: Uint8Array[]): AssetSink => ({
  begin: () => void blocks.splice(0),
  write: (block) => void blocks.push(block.slice()),
});

/** A mirror of one release, made from a server that plays GitHub. */
async function mirrored() {
  const folder = temporaryFolder();
  const server = githubServer([{
    id: 7,
    fullName: "acme/epack-remote-s3",
    releases: [{ tag: "v1.2.3", assets: FILES }],
  }]);
  const store = openGithub({ env: { EPACK_GITHUB_API_URL: server.apiUrl }, idleMs: 20_000, retryMs: 1 });
  const path = join(folder.path, "mirror");
  const release = await findRelease(store, SOURCE);
  const { asset, bundle } = chooseAsset(release, { adapter: "s3", platform: "linux/amd64" });
  const selections: MirrorSelection[] = [{
    release,
    commit: await store.commitOf(release),
    assets: [{ asset, bundle }],
  }];
  return {
    path,
    server,
    store,
    release,
    selections,
    indexPath: join(path, "index.json"),
    make: (more: Partial<Parameters<typeof createMirror>[1]> = {}) =>
      createMirror(path, { ...options, store, selections, trustedRoot: ROOT, ...more }),
    blob: (bytes: string | Uint8Array) => join(path, "blobs", "sha256", hexOf(digestOf(bytes))),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What the mirror gives for the adapter's asset. */
async function read(path: string): Promise<Uint8Array> {
  const mirror = await openMirror(path);
  const release = await findRelease(mirror, SOURCE);
  const { asset } = chooseAsset(release, { adapter: "s3", platform: "linux/amd64" });
  const blocks: Uint8Array[] = [];
  await mirror.download(release, asset, { sink: sinkOf(blocks), maxBytes: 1_000_000 });
  return new Uint8Array(blocks.flatMap((block) => [...block]));
}

async function tree(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (entry.isDirectory) names.push(...await tree(join(path, entry.name)));
    else names.push(join(path, entry.name));
  }
  return names.sort();
}

Deno.test("openMirror() gives what createMirror() took: release, commit, asset, bundle, trusted root", async () => {
  await using the = await mirrored();
  await the.make();
  const before = the.server.requests.length;
  const mirror = await openMirror(the.path);
  const release = await findRelease(mirror, SOURCE);
  assert.equal(await mirror.commitOf(release), COMMIT);
  const { asset, bundle, kind } = chooseAsset(release, { adapter: "s3", platform: "linux/amd64" });
  assert.deepEqual([kind, asset.digest, bundle?.digest], ["native", digestOf(NATIVE), digestOf(BUNDLE)]);
  assert.deepEqual(await read(the.path), NATIVE);
  assert.deepEqual(await mirror.trustedRoot(), ROOT);
  assert.deepEqual(mirror.repositories, [{ owner: "acme", name: "epack-remote-s3" }]);
  assert.equal(the.server.requests.length, before, "the mirror asks nobody");
});

Deno.test("createMirror() writes an index, and files by their digests, and nothing else", async () => {
  await using the = await mirrored();
  await the.make();
  assert.deepEqual(await tree(the.path), [...[NATIVE, BUNDLE, ROOT].map(the.blob), the.indexPath].sort());
  const index = JSON.parse(await Deno.readTextFile(the.indexPath));
  assert.equal(index.schema_version, 1);
  assert.equal(index.created_at, "2026-01-02T03:04:05.000Z");
  const { url: _url, bundle: { url: _bundleUrl, ...bundle }, ...asset } = index.sources[0].releases[0].assets[0];
  assert.deepEqual(asset, {
    name: "epack-remote-s3-linux-amd64",
    digest: digestOf(NATIVE),
    size_bytes: NATIVE.length,
  });
  assert.deepEqual(bundle, {
    name: "epack-remote-s3-linux-amd64.sigstore.json",
    digest: digestOf(BUNDLE),
    size_bytes: BUNDLE.length,
  });
});

Deno.test("createMirror() downloads nothing again that is there with its digest, and what is not", async () => {
  await using the = await mirrored();
  await the.make();
  const before = the.server.requests.length;
  await the.make();
  assert.equal(the.server.requests.length, before);
  await Deno.writeFile(the.blob(NATIVE), NATIVE.map((byte) => byte ^ 1));
  await the.make();
  assert.equal(the.server.requests.length, before + 2, "one asset, by the API and its store");
  assert.deepEqual(await read(the.path), NATIVE);
});

Deno.test("createMirror() that fails leaves the old mirror as it was, and nothing half-done", async () => {
  await using the = await mirrored();
  await the.make();
  const [index, files] = [await Deno.readTextFile(the.indexPath), await tree(the.path)];
  the.server.repositories[0] = {
    ...the.server.repositories[0],
    releases: [{ tag: "v1.3.0", assets: { "epack-remote-s3-linux-amd64": "other bytes" } }],
  };
  const release = await findRelease(the.store, SOURCE);
  const selections = [{ release, commit: COMMIT, assets: release.assets.map((asset) => ({ asset })) }];
  the.server.faults.cutAssets = 100;
  await assert.rejects(the.make({ selections }), { code: "network" });
  the.server.faults.cutAssets = 0;
  the.server.faults.swapAssets = true;
  await assert.rejects(the.make({ selections }), { code: "adapter_digest_mismatch" });
  assert.equal(await Deno.readTextFile(the.indexPath), index);
  assert.deepEqual(await tree(the.path), files);
  assert.deepEqual(await read(the.path), NATIVE);
});

Deno.test("createMirror() begins anew after a download that was cut", async () => {
  await using the = await mirrored();
  the.server.faults.cutAssets = 2;
  await the.make();
  assert.deepEqual(await read(the.path), NATIVE);
});

Deno.test("createMirror() refuses an asset that has not the digest of its pin", async () => {
  await using the = await mirrored();
  const [{ release, commit, assets: [{ asset }] }] = the.selections;
  const pinned = { ...asset, digest: digestOf("the locked bytes") };
  await assert.rejects(the.make({ selections: [{ release, commit, assets: [{ asset: pinned }] }] }), {
    code: "adapter_digest_mismatch",
  });
  await assert.rejects(Deno.lstat(the.indexPath), Deno.errors.NotFound);
});

Deno.test("createMirror() holds to the bounds of assets and bundles", async () => {
  await using the = await mirrored();
  await assert.rejects(the.make({ maxBytes: 59_999 }), { code: "limit_exceeded" });
  const [{ release, commit, assets: [{ asset }] }] = the.selections;
  const selections = [{ release, commit, assets: [{ asset, bundle: { ...asset, sizeBytes: 1024 * 1024 + 1 } }] }];
  await assert.rejects(the.make({ selections }), { code: "limit_exceeded" });
});

Deno.test("createMirror() does not take over another program's index.json", async () => {
  await using the = await mirrored();
  await Deno.mkdir(the.path);
  await Deno.writeTextFile(the.indexPath, '{"name":"a web site"}');
  await assert.rejects(the.make(), { code: "file_refused", hint: "name another folder, or remove that file" });
  assert.equal(await Deno.readTextFile(the.indexPath), '{"name":"a web site"}');
  assert.deepEqual(await tree(the.path), [the.indexPath]);
});

Deno.test("createMirror() does not write through a link below the folder", async () => {
  await using the = await mirrored();
  const outside = join(the.path, "..", "outside");
  for (const link of ["blobs", join("blobs", "sha256")]) {
    await Deno.mkdir(outside, { recursive: true });
    await Deno.mkdir(join(the.path, link, ".."), { recursive: true });
    await Deno.symlink(outside, join(the.path, link));
    await assert.rejects(the.make(), { code: "file_refused" }, link);
    assert.deepEqual(await tree(outside), []);
    await Deno.remove(the.path, { recursive: true });
  }
});

const DAMAGE: readonly [string, string, (path: string) => Promise<unknown>][] = [
  ["other bytes", "adapter_digest_mismatch", (path) => Deno.writeFile(path, NATIVE.map((byte) => byte ^ 1))],
  ["a shorter file", "adapter_digest_mismatch", (path) => Deno.truncate(path, 59_999)],
  ["a longer file", "adapter_digest_mismatch", (path) => Deno.writeFile(path, new Uint8Array(1), { append: true })],
  ["a file over the bound", "limit_exceeded", (path) => Deno.truncate(path, 3_000_000_000)],
  ["no file", "file_not_found", (path) => Deno.remove(path)],
  ["a link to the same bytes", "file_refused", async (path) => {
    await Deno.rename(path, `${path}.real`);
    await Deno.symlink(`${path}.real`, path);
  }],
  ["a folder", "file_refused", async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
  }],
  ["a folder on the way that is a link", "file_refused", async (path) => {
    const blobs = join(path, "..", "..");
    await Deno.rename(blobs, `${blobs}.real`);
    await Deno.symlink(`${blobs}.real`, blobs);
  }],
];
for (const [what, code, damage] of DAMAGE) {
  Deno.test(`openMirror() refuses ${what} in an asset's place`, async () => {
    await using the = await mirrored();
    await the.make();
    await damage(the.blob(NATIVE));
    await assert.rejects(read(the.path), { code });
  });
}

if (Deno.build.os !== "windows") {
  Deno.test("openMirror() does not hang on a FIFO in an asset's place", async () => {
    await using the = await mirrored();
    await the.make();
    await Deno.remove(the.blob(NATIVE));
    await new Deno.Command("mkfifo", { args: [the.blob(NATIVE)] }).output();
    await assert.rejects(read(the.path), { code: "file_refused" });
  });
}

Deno.test("openMirror() refuses an index that is a link, and says when there is none", async () => {
  await using the = await mirrored();
  await assert.rejects(openMirror(the.path), { code: "file_not_found" });
  await the.make();
  await Deno.rename(the.indexPath, `${the.indexPath}.real`);
  await Deno.symlink(`${the.indexPath}.real`, the.indexPath);
  await assert.rejects(openMirror(the.path), { code: "file_refused" });
});

Deno.test("openMirror() says what it has when it is asked for something else", async () => {
  await using the = await mirrored();
  await the.make();
  const mirror = await openMirror(the.path);
  await assert.rejects(findRelease(mirror, parseSource("acme/other@latest")), {
    code: "release_not_found",
    message: /has nothing of acme\/other; it has acme\/epack-remote-s3$/,
  });
  await assert.rejects(findRelease(mirror, parseSource("acme/epack-remote-s3@^2")), {
    message: /has no release \^2; nearest: v1\.2\.3$/,
  });
  assert.equal((await findRelease(mirror, parseSource("Acme/Epack-Remote-S3@1.2.3"))).tag, "v1.2.3");
});

Deno.test("download() of a mirror gives no other bytes for an asset than its digest's", async () => {
  await using the = await mirrored();
  await the.make();
  const mirror = await openMirror(the.path);
  const release = await findRelease(mirror, SOURCE);
  const [asset, bundle] = release.assets;
  for (const forged of [{ ...asset, handle: bundle.handle }, { ...asset, handle: "../../../../etc/hostname" }]) {
    const blocks: Uint8Array[] = [];
    await assert.rejects(mirror.download(release, forged, { sink: sinkOf(blocks), maxBytes: 1_000_000 }), {
      code: "adapter_digest_mismatch",
    });
    assert.deepEqual(blocks, []);
  }
});

const FILE = { name: "s3-linux-amd64", digest: digestOf("x"), size_bytes: 1 };
const RELEASE = { tag: "v1.2.3", commit: COMMIT, prerelease: false, assets: [FILE] };
const INDEX = {
  schema_version: 1,
  created_at: "2026-01-02T03:04:05Z",
  sources: [{ source: "acme/x", releases: [RELEASE] }],
};
const withRelease = (more: object) => ({
  ...INDEX,
  sources: [{ source: "acme/x", releases: [{ ...RELEASE, ...more }] }],
});
const withFile = (more: object) => withRelease({ assets: [{ ...FILE, ...more }] });
const MALFORMED: readonly [string, unknown][] = [
  ["another version", { ...INDEX, schema_version: 2 }],
  ["no version", { ...INDEX, schema_version: undefined }],
  ["an unknown field", { ...INDEX, more: 1 }],
  ["an unknown field of a file", withFile({ path: "/etc/passwd" })],
  ["a digest that is a path", withFile({ digest: "sha256:../../x" })],
  ["a digest in capitals", withFile({ digest: digestOf("x").toUpperCase() })],
  ["a negative size", withFile({ size_bytes: -1 })],
  ["a size with a fraction", withFile({ size_bytes: 1.5 })],
  ["a name that is a path", withFile({ name: "../x" })],
  ["a bundle whose name is a path", withFile({ bundle: { ...FILE, name: "a/b" } })],
  ["a bundle of a bundle", withFile({ bundle: { ...FILE, name: "b", bundle: FILE } })],
  ["a name twice", withRelease({ assets: [FILE, { ...FILE, name: "S3-linux-amd64" }] })],
  ["a commit that is none", withRelease({ commit: "main" })],
  ["a tag with a control character", withRelease({ tag: "v1\u001b[2J" })],
  ["a tag twice", { ...INDEX, sources: [{ source: "acme/x", releases: [RELEASE, RELEASE] }] }],
  ["a source twice", { ...INDEX, sources: [...INDEX.sources, { source: "Acme/X", releases: [] }] }],
  ["a source that is a path", { ...INDEX, sources: [{ source: "acme/..", releases: [] }] }],
  ["a date that is none", { ...INDEX, created_at: "today" }],
  ["a list in its place", [INDEX]],
];
for (const [what, index] of MALFORMED) {
  Deno.test(`openMirror() refuses an index with ${what}`, async () => {
    await using folder = temporaryFolder();
    await Deno.writeTextFile(join(folder.path, "index.json"), JSON.stringify(index));
    await assert.rejects(openMirror(folder.path), { code: "file_refused" });
  });
}

Deno.test("openMirror() takes the index that the malformed ones were made of", async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "index.json"), JSON.stringify(INDEX));
  assert.equal((await openMirror(folder.path)).createdAt, INDEX.created_at);
});

Deno.test("openMirror() refuses an index that is no JSON, has a key twice, or is too large", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "index.json");
  for (const text of ["", "{", `{"schema_version":1,"schema_version":1}`, "\ufeff{}", "[".repeat(100_000)]) {
    await Deno.writeTextFile(path, text);
    await assert.rejects(openMirror(folder.path), { code: "file_refused" });
  }
  await Deno.truncate(path, 10 * 1024 * 1024 + 1);
  await assert.rejects(openMirror(folder.path), { code: "limit_exceeded" });
});

Deno.test("parseMirrorIndex() refuses any index with one character left out that changes what it says", () => {
  const text = JSON.stringify(INDEX);
  fc.assert(fc.property(fc.nat({ max: text.length - 1 }), (at) => {
    const cut = text.slice(0, at) + text.slice(at + 1);
    let index;
    try {
      index = parseMirrorIndex(cut, { path: "x" });
    } catch {
      return;
    }
    // inside a name or a number of any length: it is what it says then
    assert.notDeepEqual(index, INDEX);
    assert.equal(JSON.stringify(index).length, cut.length);
  }));
});

Deno.test("createMirror() writes no index that could not be read again", async () => {
  await using folder = temporaryFolder();
  const release: Release = {
    repository: { owner: "acme", name: "x" },
    tag: "v1 \n",
    draft: false,
    prerelease: false,
    assets: [],
  };
  const store: ReleaseStore = {
    shown: "a store",
    releases: () => Promise.resolve([release]),
    byTag: () => Promise.resolve(release),
    commitOf: () => Promise.resolve(COMMIT),
    download: () => Promise.reject(new Error("nothing is downloaded")),
  };
  const selections: MirrorSelection[] = [{ release, commit: COMMIT, assets: [] }];
  await assert.rejects(createMirror(folder.path, { ...options, store, selections }), { code: "file_refused" });
  await assert.rejects(Deno.lstat(join(folder.path, "index.json")), Deno.errors.NotFound);
});

Deno.test("createMirror() gives an asset without an announced digest the digest of what came", async () => {
  await using the = await mirrored();
  the.server.faults.noDigests = true;
  const release = await findRelease(the.store, SOURCE);
  const selections = [{ release, commit: COMMIT, assets: [{ asset: release.assets[0] }] }];
  const index = await the.make({ selections });
  const digest: Digest = digestOf(NATIVE);
  assert.equal(index.sources[0].releases[0].assets[0].digest, digest);
  assert.deepEqual(await read(the.path), NATIVE);
});
