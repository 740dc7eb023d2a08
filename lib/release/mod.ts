/** Releases that adapters are installed from: which one a source names, which of its files, and where they come from. */
export { type AdapterAsset, BUNDLE_SUFFIX, chooseAsset, isPlainName } from "./asset.ts";
export { openGithub } from "./github.ts";
export type { ApiOptions } from "./github_api.ts";
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
