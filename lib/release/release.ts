import type { Digest } from "../digest/mod.ts";
import type { Repository } from "./source.ts";

/** A published set of files under a tag. */
export interface Release {
  /** The repository as its place calls it now: another name than was asked for when it was renamed. */
  readonly repository: Repository;
  readonly tag: string;
  readonly draft: boolean;
  /** As its author marked it; a tag such as v1.0.0-rc.1 counts as one without a mark. */
  readonly prerelease: boolean;
  /** RFC 3339. */
  readonly publishedAt?: string;
  readonly assets: readonly ReleaseAsset[];
}

export interface ReleaseAsset {
  /** As it was given: {@link chooseAsset} looks whether it is a plain name. */
  readonly name: string;
  /** As announced; another size is an error. */
  readonly sizeBytes: number;
  /** As announced, where it is; other bytes are an error. */
  readonly digest?: Digest;
  /** Where a person would download it, for the lockfile. */
  readonly url?: string;
  /** What its place knows it by. */
  readonly handle: string;
}

/** Where the bytes of an asset go. */
export interface AssetSink {
  /** Comes before the first byte of every attempt: forget what came before. */
  begin(): void | Promise<void>;
  /** A block, which is valid until this is done. */
  write(block: Uint8Array): void | Promise<void>;
}

export interface AssetDownloadOptions {
  /** Never more than this is handed on. */
  maxBytes: number;
  signal?: AbortSignal;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface AssetDownload {
  digest: Digest;
  sizeBytes: number;
  /** 1 when the first try went through. */
  attempts: number;
}

/** A place that has releases: GitHub, GitHub Enterprise, or a mirror. */
export interface ReleaseStore {
  /** For messages: "api.github.com", or the folder. */
  readonly shown: string;
  /** All releases of a repository, newest first, drafts included where they can be seen. */
  releases(repository: Repository, options?: { signal?: AbortSignal }): Promise<readonly Release[]>;
  /** The release of a tag, spelled exactly so; undefined when there is none. */
  byTag(repository: Repository, tag: string, options?: { signal?: AbortSignal }): Promise<Release | undefined>;
  /** The commit that the release's tag names now: 40 or 64 hex digits. */
  commitOf(release: Release, options?: { signal?: AbortSignal }): Promise<string>;
  /** Hands an asset's bytes to the sink. They are only what was announced once this has resolved. */
  download(
    release: Release,
    asset: ReleaseAsset,
    options: AssetDownloadOptions & { sink: AssetSink },
  ): Promise<AssetDownload>;
}
