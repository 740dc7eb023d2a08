import { join } from "node:path";
import type { Project, Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { currentPlatform } from "../lockfile/mod.ts";

/** Beside an installed adapter: it was installed with --insecure-skip-verify. */
export const INSECURE_MARK = ".insecure-install";

/**
 * Where a remote's adapter is: the absolute `binary`, or what was installed for its `source` in `.epack/remotes/`. Never PATH.
 *
 * @throws EpackError `adapter_not_installed`
 */
export async function resolveAdapterPath(project: Project, remote: Remote): Promise<string> {
  if (remote.binary !== undefined) return remote.binary;
  const binaryName = `epack-remote-${remote.adapterName}`;
  const platform = currentPlatform().replace("/", "-");
  // the Go tool has installed under the remote's name and looked under the adapter's
  for (const name of [...new Set([remote.adapterName, remote.name, binaryName])]) {
    const folder = join(project.root, ".epack", "remotes", name);
    for (const version of (await namesIn(folder)).reverse()) {
      for (const file of [binaryName, `${binaryName}.exe`, `${binaryName}.js`, `${binaryName}.mjs`]) {
        const path = join(folder, version, platform, file);
        if (await isFile(path)) return path;
      }
    }
  }
  throw new EpackError(
    "adapter_not_installed",
    `the adapter of remote "${remote.name}" (${remote.source}) is not installed`,
    {
      origin: "project",
      hint: "this version does not install adapters: put the executable somewhere and name it with binary:",
    },
  );
}

/** Versions are compared as numbers where they are: v1.10.0 is newer than v1.9.0. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name).catch(() => []);
  return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.lstat(path).then((info) => info.isFile, () => false);
}
