/** Releases that adapters are installed from: which one a source names, which of its files, and where they come from. */
export { type AdapterAsset, BUNDLE_SUFFIX, chooseAsset, isPlainName } from "./asset.ts";
export { compareTags } from "./compare_tags.ts";
export { createMirror, type CreateMirrorOptions, type MirrorSelection } from "./create_mirror.ts";
export { openGithub } from "./github.ts";
export type { ApiOptions } from "./github_api.ts";
export { type Mirror, openMirror } from "./mirror.ts";
export { packMirror, unpackMirror } from "./mirror_archive.ts";
export type { MirrorIndex } from "./mirror_index.ts";
export { findRelease, pickRelease } from "./pick_release.ts";
export type { AssetDownload, AssetDownloadOptions, AssetSink, Release, ReleaseAsset, ReleaseStore } from "./release.ts";
export {
  type Constraint,
  parseSource,
  type ReleaseSource,
  type Repository,
  repositoryName,
  sameRepository,
} from "./source.ts";
