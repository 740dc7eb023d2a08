import { join } from "node:path";
import { type RemoteStatus, remoteStatuses } from "../adapter/mod.ts";
import { type Config, type Project, type Remote, resolveRemote } from "../config/mod.ts";
import { isEpackError } from "../errors.ts";
import { checkAlignment, type Lock, type LockedRemote, lockedRemote, readLock } from "../lockfile/mod.ts";

/** All that is known of a remote without starting anything. */
export interface AuditedRemote extends Partial<RemoteStatus> {
  name: string;
  adapterName?: string;
  source?: string;
  /** Of the lockfile: commit, builder, when. */
  commit?: string;
  signer?: LockedRemote["signer"];
  lockedAt?: string;
  /** What the lockfile allows it. */
  permissions?: LockedRemote["permissions"];
  secrets?: readonly string[];
  /** The newest receipt's file, of a push or a pull. */
  lastUsed?: string;
  /** Anything unpinned, insecure, wider than locked or broken. */
  problems: string[];
}

/** Looks at every remote. Starts nothing, asks nobody. @throws EpackError `lockfile_invalid` */
export async function auditRemotes(
  options: { project: Project; config: Config; signal: AbortSignal },
): Promise<AuditedRemote[]> {
  const { project, config, signal } = options;
  const lock = await readLock(project.lockPath);
  const statusOf = remoteStatuses(project, { lock, signal });
  const audited: AuditedRemote[] = [];
  for (const name of Object.keys(config.remotes).sort()) {
    try {
      audited.push(await auditRemote(resolveRemote(config, name), { project, lock, statusOf }));
    } catch (error) {
      // one remote that cannot be used does not hide the others
      if (!isEpackError(error) || signal.aborted) throw error;
      audited.push({ name, problems: [error.message] });
    }
  }
  return audited;
}

async function auditRemote(
  remote: Remote,
  options: { project: Project; lock: Lock | undefined; statusOf: (remote: Remote) => Promise<RemoteStatus> },
): Promise<AuditedRemote> {
  const { project, lock } = options;
  const { name } = remote;
  const locked = lockedRemote(lock, name);
  const status = await options.statusOf(remote);
  const problems = status.problem === undefined ? [] : [status.problem];
  const misaligned = locked && misalignmentOf(remote, locked);
  if (misaligned !== undefined && !problems.includes(misaligned)) problems.push(misaligned);
  if (remote.kind !== "built_in" && locked === undefined) problems.push("it is not pinned in the lockfile");
  if (status.status === "managed") problems.push("it is locked and not installed");
  if (status.status === "not_found") problems.push("its adapter was not found");
  if (locked?.verification?.status === "skipped") problems.push("it was locked without verification of who built it");
  if (
    remote.source !== undefined && locked !== undefined && locked.signer === undefined &&
    locked.verification?.status !== "skipped"
  ) {
    problems.push("the lockfile does not say who built it");
  }
  if (remote.endpoint !== undefined || remote.authEndpoint !== undefined) problems.push("it uses a custom endpoint");
  return {
    ...status,
    name,
    adapterName: remote.adapterName,
    source: remote.source,
    commit: locked?.commit,
    signer: locked?.signer,
    lockedAt: locked?.lockedAt,
    permissions: locked?.permissions,
    secrets: remote.secrets,
    lastUsed: await lastReceipt(project, name),
    problems,
  };
}

/** How the configuration and the lockfile disagree about a remote. */
function misalignmentOf(remote: Remote, locked: LockedRemote): string | undefined {
  try {
    checkAlignment(remote, locked);
    return undefined;
  } catch (error) {
    if (isEpackError(error)) return error.message;
    throw error;
  }
}

/** Names of receipts begin with their time. */
async function lastReceipt(project: Project, remoteName: string): Promise<string | undefined> {
  const found: { name: string; path: string }[] = [];
  for (const kind of ["push", "pull", "runs"]) {
    const folder = join(project.root, ".epack", "receipts", kind, remoteName);
    try {
      for await (const { name, isFile } of Deno.readDir(folder)) {
        if (isFile && /^\d{8}_\d{6}_/.test(name)) found.push({ name, path: join(folder, name) });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found.sort((a, b) => (a.name < b.name ? 1 : -1))[0]?.path;
}
