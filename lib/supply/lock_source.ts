import type { Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { INSTALL } from "../limits.ts";
import { together } from "../together.ts";
import { type AdapterCache, fetchAdapter, type FetchedAdapter } from "../install/mod.ts";
import { currentPlatform, type LockedRemote, type LockedSigner, RELEASE_PLATFORMS } from "../lockfile/mod.ts";
import {
  compareTags,
  findRelease,
  parseSource,
  pickRelease,
  type Release,
  type ReleaseSource,
  type ReleaseStore,
  repositoryName,
  sameRepository,
} from "../release/mod.ts";
import type { Signer, TrustedRoot } from "../trust/mod.ts";

/** Where adapters come from, and who may have built them. */
export interface InstallContext {
  store: ReleaseStore;
  cache: AdapterCache;
  root: TrustedRoot;
  /** Takes what nobody vouches for, and marks it. Default false. */
  insecureSkipVerify?: boolean;
  /** Called for each download: what is told of it. */
  newProgress?: () => (doneBytes: number, totalBytes: number) => void;
}

export interface LockSourceOptions extends InstallContext {
  /** os/arch in Go's words. Default: this machine's, and those that are locked already. */
  platforms?: readonly string[];
  /** Looks for a newer release also where the locked one still fits. Default false. */
  update?: boolean;
  signal: AbortSignal;
  now: Date;
}

/** What a remote's source is now. */
export interface SourceLock {
  release: Release;
  entry: LockedRemote;
  kind: FetchedAdapter["kind"];
  fetched: readonly FetchedAdapter[];
  /** What a person should look at before this replaces the old entry. */
  alarms: readonly string[];
}

/**
 * Resolves a remote's source: the release that is locked already while it fits, else the highest that does; downloads its files for
 * each platform, and checks who built them.
 *
 * @throws EpackError `release_not_found`, `signature_invalid`, `verification_failed`, `lockfile_mismatch` (a renamed repository), …
 */
export async function lockSource(
  remote: Remote,
  before: LockedRemote | undefined,
  options: LockSourceOptions,
): Promise<SourceLock> {
  const { store, signal } = options;
  const source = parseSource(remote.source ?? "");
  const release = await releaseFor(source, before, options);
  if (!sameRepository(release.repository, source.repository)) throw renamed(remote, { source, release });
  const commit = await store.commitOf(release, { signal });
  const fetch = (platform: string, fetchSignal = signal) =>
    fetchAdapter(release, {
      ...options,
      signal: fetchSignal,
      commit,
      adapterName: remote.adapterName,
      platform,
      sourceWorkflow: remote.verify.sourceWorkflow,
    });
  const kept = before !== undefined && before.version === release.tag ? Object.keys(before.platforms) : [];
  const wanted = [...new Set([...options.platforms ?? [currentPlatform()], ...kept])];
  const first = await fetch(wanted[0]);
  // a module is one file everywhere
  const fetched = first.kind === "module" ? [first] : [
    first,
    ...await together(signal, wanted.slice(1).map((platform) => (one: AbortSignal) => fetch(platform, one)), INSTALL),
  ];
  const platforms = first.kind === "module"
    ? RELEASE_PLATFORMS.map((platform) => [platform, pinOf(first)] as const)
    : fetched.map((file) => [file.platform, pinOf(file)] as const);
  const entry: LockedRemote = {
    source: `github.com/${repositoryName(release.repository)}`,
    version: release.tag,
    commit,
    signer: lockedSigner(first.signer),
    verification: { status: first.signer === undefined ? "skipped" : "verified", verifiedAt: seconds(options.now) },
    lockedAt: seconds(options.now),
    permissions: remote.permissions,
    platforms: Object.fromEntries(platforms),
  };
  return { release, entry, kind: first.kind, fetched, alarms: await alarmsOf(before, entry) };
}

async function releaseFor(
  source: ReleaseSource,
  before: LockedRemote | undefined,
  { store, update, signal }: LockSourceOptions,
): Promise<Release> {
  if (update || before?.version === undefined || before.source !== `github.com/${repositoryName(source.repository)}`) {
    return await findRelease(store, source, { signal });
  }
  const locked = await store.byTag(source.repository, before.version, { signal });
  const fits = locked !== undefined && !locked.draft && await stillFits(locked, source);
  return fits ? locked : await findRelease(store, source, { signal });
}

/** The locked release against the source as it is written now. */
async function stillFits(locked: Release, source: ReleaseSource): Promise<boolean> {
  const { constraint } = source;
  if (constraint.by === "latest") return true;
  if (constraint.by === "tag") return constraint.tags.includes(locked.tag);
  return await pickRelease([{ ...locked, prerelease: false }], source).then(() => true, () => false);
}

const pinOf = ({ fileDigest, assetName, url }: FetchedAdapter) => ({ digest: fileDigest, asset: assetName, url });
const seconds = (time: Date) => time.toISOString().replace(/\.\d+Z$/, "Z");

function lockedSigner(signer: Signer | undefined): LockedSigner | undefined {
  if (signer === undefined) return undefined;
  const { issuer, subject, sourceRepositoryUri, sourceRepositoryRef } = signer;
  return { issuer, subject, sourceRepositoryUri, sourceRepositoryRef };
}

/** What is not the usual course of things: a step back, a tag that moved, somebody else's signature, or none any more. */
async function alarmsOf(before: LockedRemote | undefined, entry: LockedRemote): Promise<string[]> {
  if (before?.version === undefined || entry.version === undefined) return [];
  const alarms: string[] = [];
  if ((await compareTags(entry.version, before.version) ?? 0) < 0) {
    alarms.push(`it goes back from ${before.version} to ${entry.version}`);
  }
  if (before.version === entry.version) {
    if (before.commit !== undefined && before.commit !== entry.commit) {
      alarms.push(`the tag ${entry.version} named commit ${before.commit}, and names ${entry.commit} now`);
    }
    for (const [platform, { digest }] of Object.entries(entry.platforms)) {
      const old = Object.hasOwn(before.platforms, platform) ? before.platforms[platform].digest : digest;
      if (old !== digest) alarms.push(`its file for ${platform} is another one under the same tag`);
    }
  }
  if (before.signer !== undefined && workflowOf(before.signer) !== workflowOf(entry.signer)) {
    alarms.push(
      `it was built by ${workflowOf(before.signer)}, and is by ${workflowOf(entry.signer) ?? "nobody who says so"} now`,
    );
  }
  return alarms;
}

/** The builder without its version, and the repository: what changes with every release is no news. */
function workflowOf(signer: LockedSigner | undefined): string | undefined {
  return signer && [signer.subject?.split("@")[0], signer.sourceRepositoryUri].filter(Boolean).join(" for ");
}

function renamed(remote: Remote, options: { source: ReleaseSource; release: Release }): EpackError {
  const now = repositoryName(options.release.repository);
  return new EpackError(
    "lockfile_mismatch",
    `the source of remote "${remote.name}", ${repositoryName(options.source.repository)}, is called ${now} now`,
    {
      origin: "project",
      hint: `a repository that was handed over is not to be followed blindly: look at it, then write ${now}`,
    },
  );
}
