import { EpackError } from "../errors.ts";
import type { LockedRemote } from "../lockfile/mod.ts";
import { type Release, type ReleaseStore, type Repository, repositoryName } from "../release/mod.ts";

/**
 * The release that is locked, where its tag still names the commit that was locked.
 *
 * @throws EpackError `release_not_found`, `lockfile_mismatch` for a tag that moved
 */
export async function lockedRelease(
  repository: Repository,
  locked: LockedRemote,
  options: { store: ReleaseStore; signal: AbortSignal; remoteName: string },
): Promise<{ release: Release; commit: string }> {
  const { store, signal, remoteName } = options;
  const release = await store.byTag(repository, locked.version ?? "", { signal });
  if (release === undefined) {
    throw new EpackError(
      "release_not_found",
      `the locked release ${locked.version} of ${repositoryName(repository)} is not at ${store.shown} any more`,
      {
        origin: "remote",
        hint: `lock another one: epack update ${remoteName}; a mirror is made again with: epack mirror create`,
      },
    );
  }
  const commit = await store.commitOf(release, { signal });
  if (locked.commit === undefined || locked.commit === commit) return { release, commit };
  throw new EpackError(
    "lockfile_mismatch",
    `the tag ${release.tag} named commit ${locked.commit} when it was locked, and names ${commit} now`,
    { origin: "remote", hint: "a tag that moves is not to be trusted; ask the adapter's author" },
  );
}
