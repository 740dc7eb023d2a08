import { type Config, type Project, resolveRemote } from "../config/mod.ts";
import { isEpackError } from "../errors.ts";
import { lockedRemote, readLock } from "../lockfile/mod.ts";
import { findRelease, parseSource, type ReleaseStore } from "../release/mod.ts";

/** A remote's releases: the locked one, the highest that its source allows, and the highest of all. */
export interface Outdated {
  name: string;
  locked?: string;
  wanted?: string;
  latest?: string;
  /** The wanted one is not the locked one. */
  outdated: boolean;
}

/** Compares the locked releases of remotes with what there is. Changes nothing. @throws EpackError as the store */
export async function findOutdated(
  options: { project: Project; config: Config; store: ReleaseStore; signal: AbortSignal },
): Promise<Outdated[]> {
  const { project, config, store, signal } = options;
  const lock = await readLock(project.lockPath);
  const found: Outdated[] = [];
  for (const name of Object.keys(config.remotes).sort()) {
    const { source: text } = resolveRemote(config, name);
    if (text === undefined) continue;
    const source = parseSource(text);
    const tagOf = async (wanted: typeof source) => {
      try {
        return (await findRelease(store, wanted, { signal })).tag;
      } catch (error) {
        // one source without a fitting release does not hide the others
        if (isEpackError(error, "release_not_found")) return undefined;
        throw error;
      }
    };
    const wanted = await tagOf(source);
    const latest = await tagOf({ ...source, constraint: { by: "latest" } });
    const locked = lockedRemote(lock, name)?.version;
    found.push({ name, locked, wanted, latest, outdated: wanted !== undefined && wanted !== locked });
  }
  return found;
}
