import { showText } from "../codec/mod.ts";
import { createHasher, type Digest, isDigest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { breather, confineOpen, openRegular, readAt } from "../files/mod.ts";
import { RELEASE, TRANSFER } from "../limits.ts";
import { blobPath, type MirroredFile, type MirroredRelease, readMirrorIndex } from "./mirror_index.ts";
import type { AssetSink, Release, ReleaseAsset, ReleaseStore } from "./release.ts";
import { type Repository, repositoryName, sameRepository } from "./source.ts";

/** Releases in a folder: for machines without a network. */
export interface Mirror extends ReleaseStore {
  readonly createdAt: string;
  /** Repositories that it has releases of. */
  readonly repositories: readonly Repository[];
  /** Whom to trust about bundles, as the mirror's maker had it; undefined when it has none. */
  trustedRoot(): Promise<Uint8Array | undefined>;
}

/**
 * Opens the mirror in a folder. Every file has its digest checked while it is read; none is reached through a link below the folder.
 * What the index says is only as good as where the folder comes from: pins and bundles decide, not the index.
 *
 * @throws EpackError `file_not_found`, `file_refused`; its methods also `release_not_found`, `adapter_digest_mismatch`,
 *   `limit_exceeded`, `io`
 */
export async function openMirror(folder: string): Promise<Mirror> {
  const index = await readMirrorIndex(folder);
  const sources = index.sources.map(({ source, releases }) => {
    const [owner, name] = source.split("/");
    return { repository: { owner, name }, releases };
  });
  const shown = `the mirror ${showText(folder)}`;
  const find = (repository: Repository) => {
    const found = sources.find((source) => sameRepository(source.repository, repository));
    if (found !== undefined) return found;
    const others = sources.map(({ repository }) => repositoryName(repository)).join(", ");
    throw new EpackError(
      "release_not_found",
      `${shown} has nothing of ${repositoryName(repository)}; it has ${others || "no releases"}`,
      { origin: "input", hint: "make the mirror again with this adapter in the lockfile" },
    );
  };
  const releasesOf = (asked: Repository) => {
    const { repository, releases } = find(asked);
    return releases.map((release) => toRelease(release, repository));
  };
  return {
    shown,
    createdAt: index.created_at,
    repositories: sources.map(({ repository }) => repository),
    releases: async (repository) => releasesOf(repository),
    byTag: async (repository, tag) => releasesOf(repository).find((release) => release.tag === tag),
    async commitOf({ repository, tag }) {
      const found = find(repository).releases.find((release) => release.tag === tag);
      if (found !== undefined) return found.commit;
      throw new EpackError("release_not_found", `${shown} has no ${tag} of ${repositoryName(repository)}`, {
        origin: "input",
      });
    },
    async download(_release, asset, options) {
      if (!isDigest(asset.handle) || asset.digest !== undefined && asset.digest !== asset.handle) {
        throw new EpackError("adapter_digest_mismatch", `${shown} has other bytes of "${asset.name}" than are wanted`, {
          origin: "input",
        });
      }
      const { sizeBytes } = asset;
      await readBlob(folder, { ...options, digest: asset.handle, sizeBytes, what: `mirrored "${asset.name}"` });
      return { digest: asset.handle, sizeBytes, attempts: 1 };
    },
    async trustedRoot() {
      if (index.trusted_root === undefined) return undefined;
      const { digest, size_bytes: sizeBytes } = index.trusted_root;
      const blocks: Uint8Array<ArrayBuffer>[] = [];
      await readBlob(folder, {
        digest,
        sizeBytes,
        maxBytes: RELEASE.trustedRootBytes,
        what: "mirrored trusted root",
        sink: { begin() {}, write: (block) => void blocks.push(new Uint8Array(block)) },
      });
      return new Uint8Array(await new Blob(blocks).arrayBuffer());
    },
  };
}

/** An asset and its bundle are two files of a release, as they are at the place they came from. */
function toRelease(release: MirroredRelease, repository: Repository): Release {
  return {
    repository,
    tag: release.tag,
    draft: false,
    prerelease: release.prerelease,
    publishedAt: release.published_at,
    assets: release.assets.flatMap(({ bundle, ...file }) =>
      bundle ? [toAsset(file), toAsset(bundle)] : [toAsset(file)]
    ),
  };
}

function toAsset({ name, digest, size_bytes: sizeBytes, url }: MirroredFile): ReleaseAsset {
  return { name, digest, sizeBytes, url, handle: digest };
}

/** Hands the bytes of a digest to a sink; they are right once this has resolved. */
export async function readBlob(
  folder: string,
  options: {
    digest: Digest;
    sizeBytes: number;
    maxBytes: number;
    what: string;
    sink: AssetSink;
    signal?: AbortSignal;
    onProgress?: (doneBytes: number, totalBytes: number) => void;
  },
): Promise<void> {
  const { digest, sizeBytes, maxBytes, sink, what } = options;
  const path = blobPath(folder, digest);
  using source = await openRegular(path, { what, maxBytes });
  await confineOpen(folder, source);
  const differs = (how: string) =>
    new EpackError("adapter_digest_mismatch", `${what} (${JSON.stringify(path)}) ${how}`, {
      origin: "input",
      hint: "the mirror is damaged or was changed: make it again",
    });
  if (source.sizeBytes !== sizeBytes) throw differs(`has ${source.sizeBytes} bytes; its index says ${sizeBytes}`);
  await sink.begin();
  const breathe = breather(options.signal);
  const hasher = createHasher();
  const block = new Uint8Array(Math.max(1, Math.min(TRANSFER.blockBytes, sizeBytes)));
  for (let doneBytes = 0; doneBytes < sizeBytes;) {
    // no more than announced, also of a file that grows
    const count = readAt(source.file, doneBytes, block.subarray(0, sizeBytes - doneBytes));
    if (count === 0) throw differs("became shorter while it was read");
    doneBytes += count;
    hasher.update(block.subarray(0, count));
    await sink.write(block.subarray(0, count));
    options.onProgress?.(doneBytes, sizeBytes);
    await breathe();
  }
  if (hasher.digest() !== digest) throw differs(`is not what its index says: ${digest}`);
}
