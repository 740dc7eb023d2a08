import type { AdapterKind, Project, Remote } from "../config/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { isEpackError } from "../errors.ts";
import { checkAlignment, type Lock, lockedRemote } from "../lockfile/mod.ts";
import { plannedConfinement } from "./confinement.ts";
import type { AdapterStatus } from "./discover.ts";
import { faultOf, lstatIfThere } from "./places.ts";
import { findInstalled, isModule } from "./resolve.ts";
import { type DigestFile, digestFiles, standingOf } from "./standing.ts";

/** What is known of a remote's adapter without starting it. */
export interface RemoteStatus {
  status: AdapterStatus;
  /** Of the file, where it is there; else as the configuration has it. */
  kind: AdapterKind;
  /** How it will run, in one line for people. */
  confinement: string;
  /** Where it is, or should be. */
  path?: string;
  /** Of the lockfile. */
  version?: string;
  /** Of the file, when it was compared with a pin. */
  digest?: Digest;
  /** Why it would not run, as far as that can be seen from outside. */
  problem?: string;
}

/**
 * Looks at the adapters of remotes: at the file that would run, and at nothing else. Starts nothing. A file of several remotes is
 * read once.
 *
 * @param options.lock undefined when there is no lockfile
 */
export function remoteStatuses(
  project: Project,
  options: { lock: Lock | undefined; signal?: AbortSignal },
): (remote: Remote) => Promise<RemoteStatus> {
  const known = { ...options, digestFile: digestFiles(options) };
  return (remote) => statusOf(project, remote, known);
}

async function statusOf(
  project: Project,
  remote: Remote,
  options: { lock: Lock | undefined; digestFile: DigestFile; signal?: AbortSignal },
): Promise<RemoteStatus> {
  const { lock } = options;
  const locked = lockedRemote(lock, remote.name);
  const builtIn = remote.kind === "built_in";
  const path = builtIn ? undefined : remote.binary ?? await findInstalled(project, remote, options);
  const known = {
    kind: path !== undefined && isModule(path) ? "module" as const : remote.kind,
    confinement: plannedConfinement(project, remote, { path }),
    path,
    version: builtIn ? undefined : locked?.version,
  };
  if (builtIn) return { ...known, status: "built_in" };
  const info = path === undefined ? undefined : await lstatIfThere(path);
  if (path === undefined || info === undefined) {
    return { ...known, status: locked === undefined ? "not_found" : "managed" };
  }
  const fault = faultOf(info);
  if (fault !== undefined) return { ...known, status: "unverified", problem: fault };
  const uses = [{ remoteName: remote.name, locked }];
  const standing = await standingOf(path, uses, { ...options, installed: remote.source !== undefined });
  return { ...known, ...standing, problem: standing.problem ?? misalignment(remote, locked) };
}

function misalignment(remote: Remote, locked: Parameters<typeof checkAlignment>[1] | undefined): string | undefined {
  try {
    if (locked !== undefined) checkAlignment(remote, locked);
    return undefined;
  } catch (error) {
    if (!isEpackError(error)) throw error;
    return error.message;
  }
}
