import { dirname, join } from "node:path";
import { createHasher, type Digest, digestOf } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { confineBelow, createStaging, ensureFolder, ioError, syncFolder, writeAtomic } from "../files/mod.ts";
import { RELEASE } from "../limits.ts";
import { readBlob } from "./mirror.ts";
import {
  BLOB_FOLDER,
  blobPath,
  INDEX_NAME,
  type MirroredFile,
  type MirrorIndex,
  parseMirrorIndex,
  readMirrorIndex,
} from "./mirror_index.ts";
import type { AssetSink, Release, ReleaseAsset, ReleaseStore } from "./release.ts";
import { repositoryName } from "./source.ts";

/** A release to mirror, and what of it. */
export interface MirrorSelection {
  release: Release;
  /** That the tag was seen to name. */
  commit: string;
  /** With the digest of its pin, an asset that has other bytes is refused. */
  assets: readonly { asset: ReleaseAsset; bundle?: ReleaseAsset }[];
}

export interface CreateMirrorOptions {
  /** Where the releases are from. */
  store: ReleaseStore;
  selections: readonly MirrorSelection[];
  /** Of one asset, in bytes. */
  maxBytes: number;
  trustedRoot?: Uint8Array;
  signal?: AbortSignal;
  /** Default: the system's clock. */
  now?: () => Date;
}

/**
 * Makes a mirror in a folder (made when missing), or brings one up to date: what is there already with the right digest is not
 * downloaded again. The index is replaced last and at once, so an interrupted run leaves the old mirror as it was. Files that the
 * new index does not name stay.
 *
 * @throws EpackError `file_refused` when the folder has an index.json that is no mirror's; what the store throws; `io`
 */
export async function createMirror(folder: string, options: CreateMirrorOptions): Promise<MirrorIndex> {
  await refuseForeignIndex(folder);
  await prepare(folder);
  const sources = new Map<string, MirrorIndex["sources"][number]>();
  for (const { release, commit, assets } of options.selections) {
    const name = repositoryName(release.repository);
    const source = sources.get(name.toLowerCase()) ?? { source: name, releases: [] };
    sources.set(name.toLowerCase(), source);
    const mirrored = [];
    for (const { asset, bundle } of assets) {
      const file = await fetchInto(folder, { ...options, release, asset });
      mirrored.push(
        bundle === undefined ? file : {
          ...file,
          bundle: await fetchInto(folder, { ...options, release, asset: bundle, maxBytes: RELEASE.bundleBytes }),
        },
      );
    }
    source.releases.push({
      tag: release.tag,
      commit,
      prerelease: release.prerelease,
      published_at: release.publishedAt,
      assets: mirrored,
    });
  }
  const index: MirrorIndex = {
    schema_version: 1,
    created_at: (options.now?.() ?? new Date()).toISOString(),
    sources: [...sources.values()].sort((a, b) => (a.source < b.source ? -1 : 1)),
    trusted_root: options.trustedRoot && await keep(folder, options.trustedRoot),
  };
  const path = join(folder, INDEX_NAME);
  const text = JSON.stringify(index, null, 2) + "\n";
  // what could not be read again is not written
  const checked = parseMirrorIndex(text, { path });
  await writeAtomic(path, text);
  return checked;
}

/** A folder whose index.json is another program's is not taken over. */
async function refuseForeignIndex(folder: string): Promise<void> {
  try {
    await readMirrorIndex(folder);
  } catch (error) {
    if (isEpackError(error, "file_not_found")) return;
    if (!isEpackError(error, "file_refused")) throw error;
    throw new EpackError("file_refused", error.message, {
      origin: "input",
      hint: "name another folder, or remove that file",
      cause: error,
    });
  }
}

async function prepare(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    throw ioError(error, folder, { what: "folder" });
  }
  await ensureFolder(join(folder, BLOB_FOLDER), { below: folder });
}

/** An asset as the mirror has it, downloaded unless it is there. */
async function fetchInto(
  folder: string,
  options: { store: ReleaseStore; release: Release; asset: ReleaseAsset; maxBytes: number; signal?: AbortSignal },
): Promise<MirroredFile> {
  const { store, release, asset, maxBytes, signal } = options;
  const { name, url, sizeBytes } = asset;
  if (asset.digest !== undefined && await has(folder, { digest: asset.digest, sizeBytes })) {
    return { name, digest: asset.digest, size_bytes: sizeBytes, url };
  }
  const kept = await intoBlob(folder, async (sink) => {
    const { digest } = await store.download(release, asset, { sink, maxBytes, signal });
    if (asset.digest === undefined || asset.digest === digest) return digest;
    throw new EpackError("adapter_digest_mismatch", `${name} has the digest ${digest}; ${asset.digest} was expected`, {
      origin: "remote",
    });
  });
  return { name, ...kept, url };
}

async function keep(folder: string, bytes: Uint8Array): Promise<{ digest: Digest; size_bytes: number }> {
  return await intoBlob(folder, async (sink) => {
    await sink.begin();
    await sink.write(bytes);
    return digestOf(bytes);
  });
}

async function has(folder: string, file: { digest: Digest; sizeBytes: number }): Promise<boolean> {
  const sink: AssetSink = { begin() {}, write() {} };
  return await readBlob(folder, { ...file, maxBytes: file.sizeBytes, what: "blob", sink }).then(
    () => true,
    () => false,
  );
}

/** Fills a file that gets its name, its digest, when it is whole. */
async function intoBlob(
  folder: string,
  fill: (sink: AssetSink) => Promise<Digest>,
): Promise<{ digest: Digest; size_bytes: number }> {
  await using staging = await createStaging(join(folder, BLOB_FOLDER, "incoming"), { mode: 0o644 });
  const { file, path } = staging;
  let hasher = createHasher();
  let sizeBytes = 0;
  try {
    const digest = await fill({
      begin() {
        file.truncateSync(0);
        file.seekSync(0, Deno.SeekMode.Start);
        hasher = createHasher();
        sizeBytes = 0;
      },
      write(block) {
        for (let written = 0; written < block.length;) written += file.writeSync(block.subarray(written));
        hasher.update(block);
        sizeBytes += block.length;
      },
    });
    if (hasher.digest() !== digest) throw new EpackError("internal", "a mirrored file was written other than it came");
    const final = await confineBelow(folder, blobPath(folder, digest));
    await file.sync();
    await Deno.rename(path, final);
    syncFolder(dirname(final));
    return { digest, size_bytes: sizeBytes };
  } catch (error) {
    throw ioError(error, path, { what: "mirrored file" });
  }
}
