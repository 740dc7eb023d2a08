import type { Config, Permissions, Project, Remote } from "../config/mod.ts";
import { resolveRemote } from "../config/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { hashFile, openRegular } from "../files/mod.ts";
import { ADAPTER, INSTALL } from "../limits.ts";
import {
  currentPlatform,
  type Lock,
  type LockedRemote,
  lockedRemote,
  readLock,
  RELEASE_PLATFORMS,
  samePermissions,
  updateLock,
} from "../lockfile/mod.ts";
import { together } from "../together.ts";
import { type InstallContext, lockSource, type SourceLock } from "./lock_source.ts";

export interface LockRequest {
  project: Project;
  config: Config;
  /** Default: all remotes of the configuration. */
  names: readonly string[];
  signal: AbortSignal;
  now: () => Date;
  /** Shows grants that were not locked before; false stops everything. */
  confirmGrants: (grants: { remoteName: string; permissions: Permissions; before?: Permissions }) => Promise<boolean>;
  /** Shows what is not the usual course of things with a source; false stops everything. */
  confirmAlarms: (found: { remoteName: string; alarms: readonly string[] }) => Promise<boolean>;
  /** Opened for the first remote that has a source. */
  openInstall: () => Promise<InstallContext>;
  /** os/arch in Go's words, for adapters from sources. Default: this machine's. */
  platforms?: readonly string[];
  /** Moves sources to their newest release that fits. Default false. */
  update?: boolean;
  /** Says what would change, and changes nothing. Default false. */
  dryRun?: boolean;
}

export interface LockOutcome {
  locked: {
    name: string;
    kind: "native" | "module";
    /** Of this machine's file; of any, where there is none for it. */
    fileDigest: Digest;
    platforms: string[];
    isNew: boolean;
    updated: boolean;
    permissions?: Remote["permissions"];
    /** Of a source: its release, the one before, and who built it. */
    version?: string;
    versionBefore?: string;
    signer?: LockedRemote["signer"];
  }[];
  /** Nothing to pin: built in. */
  skipped: { name: string; reason: string }[];
  /** Entries whose remote left the configuration. */
  removed: string[];
}

/**
 * Pins adapters: of external binaries and modules what they are now, of sources a release whose builder was checked. Nothing else
 * may run from now on. Entries whose remote left the configuration are removed when everything is locked.
 *
 * @throws EpackError `adapter_not_installed`, `file_refused`, `lockfile_invalid`, `remote_unknown`, and as `lockSource`
 */
export async function lockRemotes(request: LockRequest): Promise<LockOutcome> {
  const { project, config } = request;
  const outcome: LockOutcome = { locked: [], skipped: [], removed: [] };
  const lock = await readLock(project.lockPath);
  const names = request.names.length > 0 ? request.names : Object.keys(config.remotes);
  const set: Record<string, LockedRemote> = {};
  const remotes = names.map((name) => resolveRemote(config, name));
  const sources = await lockSources(remotes.filter(({ source }) => source !== undefined), lock, request);
  for (const remote of remotes) {
    const { name } = remote;
    if (remote.kind === "built_in") {
      outcome.skipped.push({ name, reason: "built in: pinned with this program" });
      continue;
    }
    const before = lockedRemote(lock, name);
    const source = sources.get(name);
    if (source !== undefined) await requireUsual(remote, source, request);
    const { entry, kind } = source ?? await lockFile(remote, before, request);
    await requireConfirmed(remote, before, request);
    const changed = before === undefined || fingerprint(before) !== fingerprint(entry);
    if (changed) set[name] = entry;
    const platforms = Object.keys(entry.platforms);
    outcome.locked.push({
      name,
      kind,
      fileDigest: (entry.platforms[currentPlatform()] ?? entry.platforms[platforms[0]]).digest,
      platforms,
      isNew: before === undefined,
      updated: changed,
      permissions: remote.permissions,
      version: entry.version,
      versionBefore: before?.version,
      signer: entry.signer,
    });
  }
  if (request.names.length === 0) {
    outcome.removed = Object.keys(lock?.remotes ?? {}).filter((name) => !Object.hasOwn(config.remotes, name));
  }
  if (!request.dryRun && (Object.keys(set).length > 0 || outcome.removed.length > 0)) {
    await updateLock(project.lockPath, { set, remove: outcome.removed });
  }
  return outcome;
}

async function lockFile(remote: Remote, before: LockedRemote | undefined, request: LockRequest) {
  const kind = remote.kind === "module" ? "module" as const : "native" as const;
  const fileDigest = await digestAdapter(remote.binary ?? "", { signal: request.signal, kind });
  return { kind, entry: lockedEntry(remote, { before, fileDigest, lockedAt: request.now() }) };
}

/** Gets and verifies all of them before anybody is asked anything. */
async function lockSources(remotes: readonly Remote[], lock: Lock | undefined, request: LockRequest) {
  const sources = new Map<string, SourceLock>();
  if (remotes.length === 0) return sources;
  const install = await request.openInstall();
  const { platforms, update } = request;
  const tasks = remotes.map((remote) => async (signal: AbortSignal) => {
    const options = { ...install, platforms, update, signal, now: request.now() };
    sources.set(remote.name, await lockSource(remote, lockedRemote(lock, remote.name), options));
  });
  await together(request.signal, tasks, INSTALL);
  return sources;
}

/** @throws EpackError `lockfile_mismatch` when what is not the usual course of things is not confirmed */
async function requireUsual(remote: Remote, { alarms }: SourceLock, request: LockRequest): Promise<void> {
  if (alarms.length === 0 || await request.confirmAlarms({ remoteName: remote.name, alarms })) return;
  throw new EpackError("lockfile_mismatch", `remote "${remote.name}": ${alarms.join("; ")}`, {
    origin: "remote",
    hint: "nothing was locked; look into it before you lock it with --yes",
  });
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
    entry.kind ?? null,
    entry.source ?? null,
    entry.version ?? null,
    entry.commit ?? null,
    Object.values(entry.signer ?? {}),
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
