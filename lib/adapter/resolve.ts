import { join } from "node:path";
import type { Project, Remote } from "../config/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { currentPlatform, type Lock, lockedRemote } from "../lockfile/mod.ts";

/** Beside an installed adapter: it was installed with --insecure-skip-verify. */
export const INSECURE_MARK = ".insecure-install";

/** What an adapter's file may end with, in the order in which it is looked for. */
export const ADAPTER_SUFFIXES: readonly string[] = ["", ".exe", ".js", ".mjs"];

/** True for the file of a module adapter, which runs confined. */
export const isModule = (path: string): boolean => /\.m?js$/.test(path);

/**
 * Where a remote's adapter is: the absolute `binary`, or what was installed for its `source` in `.epack/remotes/`. Never PATH.
 *
 * @param options.lock its version of the remote is looked for first; else the newest one that is installed
 * @throws EpackError `adapter_not_installed`
 */
export async function resolveAdapterPath(
  project: Project,
  remote: Remote,
  options: { lock?: Lock } = {},
): Promise<string> {
  const path = remote.binary ?? await findInstalled(project, remote, options);
  if (path !== undefined) return path;
  throw new EpackError(
    "adapter_not_installed",
    `the adapter of remote "${remote.name}" (${remote.source}) is not installed`,
    {
      origin: "project",
      hint: `install it with: epack install ${remote.name}`,
    },
  );
}

/**
 * Asks whether the missing adapter of a remote is to be installed, and installs it (PromptInstallFunc of the specification).
 *
 * @returns true when it is installed now
 */
export type PromptInstall = (remote: Remote) => Promise<boolean>;

/**
 * As {@link resolveAdapterPath}; a missing adapter that has a source is offered for installation first
 * (ResolveAdapterPathWithInstall of the specification). Whatever was installed and locked meanwhile, the caller reads the lock anew.
 *
 * @throws EpackError `adapter_not_installed` when there is nobody to ask, or the answer is no
 */
export async function resolveAdapterPathWithInstall(
  project: Project,
  remote: Remote,
  options: { lock?: Lock; promptInstall?: PromptInstall },
): Promise<string> {
  try {
    return await resolveAdapterPath(project, remote, options);
  } catch (error) {
    if (!isEpackError(error, "adapter_not_installed") || remote.source === undefined) throw error;
    if (!await options.promptInstall?.(remote)) throw error;
    return await resolveAdapterPath(project, remote);
  }
}

/** The file that was installed for a remote on this platform, in the place of this project or of the Go tool. */
export async function findInstalled(
  project: Project,
  remote: Pick<Remote, "name" | "adapterName">,
  options: { lock?: Lock },
): Promise<string | undefined> {
  const binaryName = `epack-remote-${remote.adapterName}`;
  const platform = currentPlatform().replace("/", "-");
  const { lock } = options;
  const locked = lockedRemote(lock, remote.name)?.version;
  const found: { path: string; version: string }[] = [];
  // the Go tool has installed under the remote's name and looked under the adapter's
  for (const name of [...new Set([remote.adapterName, remote.name, binaryName])]) {
    const folder = join(project.root, ".epack", "remotes", name);
    for (const version of (await namesIn(folder)).reverse()) {
      for (const suffix of ADAPTER_SUFFIXES) {
        const path = join(folder, version, platform, `${binaryName}${suffix}`);
        if (await isFile(path)) found.push({ path, version });
      }
    }
  }
  return (found.find(({ version }) => version === locked) ?? found[0])?.path;
}

/** Versions are compared as numbers where they are: v1.10.0 is newer than v1.9.0. */
async function namesIn(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name).catch(none([]));
  return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.lstat(path).then((info) => info.isFile, none(false));
}

/** What cannot be looked at is not there, but for a missing permission of Deno, which is said. */
function none<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return value;
  };
}
