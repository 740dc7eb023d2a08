import { type Config, findProject, loadConfig, type Project, type Remote, resolveRemote } from "../config/mod.ts";
import { isEpackError } from "../errors.ts";
import { type Lock, type LockedRemote, lockedRemote, readLock } from "../lockfile/mod.ts";

/** A remote that uses an adapter: of the configuration, of the lockfile, or of both. Pins go by remote, discovery by adapter. */
export interface Use {
  remoteName: string;
  adapterName: string;
  /** Undefined for one that left the configuration. */
  remote?: Remote;
  locked?: LockedRemote;
}

/** A project as far as there is one. */
export interface Uses {
  project?: Project;
  lock?: Lock;
  /** By remote's name, sorted. */
  uses: readonly Use[];
}

/**
 * Which adapters the project around a folder uses. No project is none; a broken one is an error.
 *
 * @throws EpackError `config_invalid`, `lockfile_invalid`, `file_not_found` for a configPath that is missing, …
 */
export async function readUses(options: { workDir?: string; configPath?: string }): Promise<Uses> {
  const project = await findProject(options.workDir ?? ".", options).catch((error) => {
    if (!isEpackError(error, "project_not_found")) throw error;
  });
  if (project === undefined) return { uses: [] };
  const [config, lock] = await Promise.all([loadConfig(project.configPath), readLock(project.lockPath)]);
  const names = [...new Set([...Object.keys(config.remotes), ...Object.keys(lock?.remotes ?? {})])].sort();
  const uses = names.map((name) => useOf(name, { config, lock })).filter((use) => use !== undefined);
  return { project, lock, uses };
}

function useOf(remoteName: string, { config, lock }: { config: Config; lock?: Lock }): Use | undefined {
  const locked = lockedRemote(lock, remoteName);
  if (!Object.hasOwn(config.remotes, remoteName)) {
    return { remoteName, adapterName: lockedName(locked) ?? remoteName, locked };
  }
  try {
    const remote = resolveRemote(config, remoteName);
    return { remoteName, adapterName: remote.adapterName, remote, locked };
  } catch (error) {
    // `remote list` says why a remote cannot be used here
    if (!isEpackError(error)) throw error;
    return undefined;
  }
}

/** `github.com/acme/epack-remote-s3` is the adapter s3. */
const lockedName = (locked?: LockedRemote) => locked?.source?.split("/").at(-1)?.replace(/^epack-remote-/, "");
