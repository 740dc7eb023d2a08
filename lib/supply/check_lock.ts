import { type Config, type Project, resolveRemote } from "../config/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { checkAlignment, currentPlatform, lockedRemote, pinFor, readLock } from "../lockfile/mod.ts";
import { parseSource, pickRelease, repositoryName } from "../release/mod.ts";

/**
 * Says what in the lockfile is not in step with the configuration; nothing when all is. Reads no adapter and asks nobody.
 *
 * @throws EpackError `lockfile_invalid`
 */
export async function checkLock(options: { project: Project; config: Config }): Promise<string[]> {
  const { project, config } = options;
  const lock = await readLock(project.lockPath);
  const faults: string[] = [];
  for (const name of Object.keys(config.remotes)) {
    const remote = resolveRemote(config, name);
    if (remote.kind === "built_in") continue;
    const locked = lockedRemote(lock, name);
    if (locked === undefined) {
      faults.push(`remote "${name}" is not locked`);
      continue;
    }
    try {
      checkAlignment(remote, locked);
      pinFor(lock, name, { platform: currentPlatform() });
      if (remote.source !== undefined) await checkVersion(remote.source, { name, version: locked.version });
    } catch (error) {
      if (!isEpackError(error, "lockfile_mismatch")) throw error;
      faults.push(error.message);
    }
  }
  for (const name of Object.keys(lock?.remotes ?? {})) {
    if (!Object.hasOwn(config.remotes, name)) faults.push(`the locked remote "${name}" is not in the configuration`);
  }
  return faults;
}

/** The locked version must still be one that the source allows. @throws EpackError `lockfile_mismatch` */
async function checkVersion(text: string, locked: { name: string; version?: string }): Promise<void> {
  const source = parseSource(text);
  const release = {
    repository: source.repository,
    tag: locked.version ?? "",
    draft: false,
    prerelease: false,
    assets: [],
  };
  if (locked.version !== undefined && await pickRelease([release], source).then(() => true, () => false)) return;
  throw new EpackError(
    "lockfile_mismatch",
    `remote "${locked.name}" is locked at ${locked.version ?? "no version"} of ${
      repositoryName(source.repository)
    }, which ${text} does not allow`,
  );
}
