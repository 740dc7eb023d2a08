/** The model of `epack.lock.yaml`: what is pinned, without its syntax. */
import type { Permissions } from "../config/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";

export interface LockedPlatform {
  digest: Digest;
  asset?: string;
  url?: string;
}

/** Who built a release's files, as their certificate says. */
export interface LockedSigner {
  issuer: string;
  subject?: string;
  sourceRepositoryUri?: string;
  sourceRepositoryRef?: string;
}

/** One remote's entry. */
export interface LockedRemote {
  /** "external" for a binary of the configuration; absent for one that came from a source. */
  kind?: string;
  /** `github.com/owner/repo`. */
  source?: string;
  /** The release's tag. */
  version?: string;
  /** 40 hex digits: what the tag named. */
  commit?: string;
  /** Absent when it was locked without verification. */
  signer?: LockedSigner;
  verification?: { status: string; verifiedAt?: string };
  lockedAt?: string;
  /** The grants that were reviewed when it was locked. */
  permissions?: Permissions;
  /** By `os/arch`. */
  platforms: Readonly<Record<string, LockedPlatform>>;
}

export interface Lock {
  path: string;
  remotes: Readonly<Record<string, LockedRemote>>;
}

declare const pinned: unique symbol;

/** The digest that a remote's adapter must have on one platform. Only {@link pinFor} makes one. */
export interface Pin {
  readonly [pinned]: true;
  readonly remoteName: string;
  readonly platform: string;
  readonly digest: Digest;
}

/** What the lockfile has of a remote; undefined when it has nothing, or is not there. */
export function lockedRemote(lock: Lock | undefined, remoteName: string): LockedRemote | undefined {
  return lock !== undefined && Object.hasOwn(lock.remotes, remoteName) ? lock.remotes[remoteName] : undefined;
}

/**
 * The pin of a remote on a platform; undefined when the remote is not locked at all.
 *
 * @throws EpackError `lockfile_mismatch` when it is locked, but not for this platform
 */
export function pinFor(lock: Lock | undefined, remoteName: string, options: { platform: string }): Pin | undefined {
  const locked = lockedRemote(lock, remoteName);
  if (locked === undefined) return undefined;
  const { platforms } = locked;
  const { platform } = options;
  if (!Object.hasOwn(platforms, platform)) {
    throw new EpackError(
      "lockfile_mismatch",
      `remote "${remoteName}" is locked for ${Object.keys(platforms).join(", ") || "no platform"}, not for ${platform}`,
      {
        origin: "project",
        hint: `lock it on this machine too: epack lock ${remoteName}`,
      },
    );
  }
  return { remoteName, platform, digest: platforms[platform].digest } as Pin;
}
