import type { Config, Permissions, Project, Remote } from "../config/mod.ts";
import { resolveRemote } from "../config/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { hashFile, openRegular } from "../files/mod.ts";
import { ADAPTER } from "../limits.ts";
import {
  currentPlatform,
  type LockedRemote,
  readLock,
  RELEASE_PLATFORMS,
  samePermissions,
  updateLock,
} from "../lockfile/mod.ts";

export interface LockRequest {
  project: Project;
  config: Config;
  /** Default: all remotes of the configuration. */
  names: readonly string[];
  signal: AbortSignal;
  now: () => Date;
  /** Shows grants that were not locked before; false stops everything. */
  confirmGrants: (grants: { remoteName: string; permissions: Permissions; before?: Permissions }) => Promise<boolean>;
}

export interface LockOutcome {
  locked: {
    name: string;
    kind: "native" | "module";
    fileDigest: Digest;
    platforms: string[];
    isNew: boolean;
    updated: boolean;
    permissions?: Remote["permissions"];
  }[];
  /** Nothing to pin: built in, or from a source. */
  skipped: { name: string; reason: string }[];
  /** Entries whose remote left the configuration. */
  removed: string[];
}

/**
 * Pins the adapters of external binaries and modules: what they are now is what may run from now on. Entries whose remote left
 * the configuration are removed when everything is locked.
 *
 * @throws EpackError `adapter_not_installed`, `file_refused`, `lockfile_invalid`, `remote_unknown`
 */
export async function lockRemotes(request: LockRequest): Promise<LockOutcome> {
  const { project, config } = request;
  const outcome: LockOutcome = { locked: [], skipped: [], removed: [] };
  const lock = await readLock(project.lockPath);
  const names = request.names.length > 0 ? request.names : Object.keys(config.remotes);
  const set: Record<string, LockedRemote> = {};
  for (const name of names) {
    const remote = resolveRemote(config, name);
    const before = lock !== undefined && Object.hasOwn(lock.remotes, name) ? lock.remotes[name] : undefined;
    if (remote.kind === "built_in") {
      outcome.skipped.push({ name, reason: "built in: pinned with this program" });
      continue;
    }
    if (remote.binary === undefined) {
      outcome.skipped.push({ name, reason: "from a source: this version leaves its entry as it is" });
      continue;
    }
    const kind = remote.kind;
    const fileDigest = await digestAdapter(remote.binary, { signal: request.signal, kind });
    const entry = lockedEntry(remote, { before, fileDigest, lockedAt: request.now() });
    await requireConfirmed(remote, before, request);
    const changed = before === undefined || fingerprint(before) !== fingerprint(entry);
    if (changed) set[name] = entry;
    outcome.locked.push({
      name,
      kind,
      fileDigest,
      platforms: Object.keys(entry.platforms),
      isNew: before === undefined,
      updated: changed,
      permissions: remote.permissions,
    });
  }
  if (request.names.length === 0) {
    outcome.removed = Object.keys(lock?.remotes ?? {}).filter((name) => !Object.hasOwn(config.remotes, name));
  }
  if (Object.keys(set).length > 0 || outcome.removed.length > 0) {
    await updateLock(project.lockPath, { set, remove: outcome.removed });
  }
  return outcome;
}

/** What an adapter may do is a person's decision, as its digest is. @throws EpackError `usage` when it is not confirmed */
async function requireConfirmed(remote: Remote, before: LockedRemote | undefined, request: LockRequest): Promise<void> {
  const { name, permissions } = remote;
  if (permissions === undefined || samePermissions(permissions, before?.permissions)) return;
  if (await request.confirmGrants({ remoteName: name, permissions, before: before?.permissions })) return;
  throw new EpackError("usage", `the permissions of remote "${name}" were not confirmed; nothing was locked`, {
    origin: "input",
  });
}

/** A module is one file on every platform; a native adapter keeps the pins that other machines made for theirs. */
function lockedEntry(
  remote: Remote,
  options: { before?: LockedRemote; fileDigest: Digest; lockedAt: Date },
): LockedRemote {
  const { before, fileDigest } = options;
  const others = remote.kind === "native" && before?.kind === "external" ? before.platforms : {};
  const platforms = remote.kind === "module" ? RELEASE_PLATFORMS : [currentPlatform()];
  return {
    kind: "external",
    lockedAt: options.lockedAt.toISOString().replace(/\.\d+Z$/, "Z"),
    permissions: remote.permissions,
    platforms: { ...others, ...Object.fromEntries(platforms.map((platform) => [platform, { digest: fileDigest }])) },
  };
}

/** Everything but the time. */
function fingerprint({ lockedAt: _, ...entry }: LockedRemote): string {
  return JSON.stringify([
    entry.kind,
    entry.permissions ?? null,
    Object.entries(entry.platforms).map(([name, { digest }]) => [name, digest]).sort(),
  ]);
}

async function digestAdapter(
  path: string,
  options: { signal: AbortSignal; kind: "native" | "module" },
): Promise<Digest> {
  const maxBytes = options.kind === "module" ? ADAPTER.moduleBytes : ADAPTER.nativeBytes;
  try {
    using file = await openRegular(path, { what: "adapter", maxBytes });
    return await hashFile(file, options);
  } catch (error) {
    if (!isEpackError(error, "file_not_found")) throw error;
    throw new EpackError("adapter_not_installed", `adapter ${JSON.stringify(path)} does not exist`, {
      origin: "project",
      cause: error,
    });
  }
}
