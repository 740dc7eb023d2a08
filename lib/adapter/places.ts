import { delimiter, isAbsolute, join } from "node:path";
import { type Env, type Project, REMOTE_NAME } from "../config/mod.ts";
import { ADAPTER_SUFFIXES } from "./resolve.ts";

/** A file that is called like an adapter. */
export interface Candidate {
  /** Of the adapter, without `epack-remote-`. */
  name: string;
  path: string;
  /** "path": in a folder of PATH. "managed": in a place of this project or program. */
  place: "managed" | "path";
  /** It was installed for a source. */
  installed?: boolean;
  /** Why it can be no adapter: it is a link, a folder, a FIFO … */
  fault?: string;
}

const FILE = /^epack-remote-(.+?)(?:\.exe|\.m?js)?$/;

/**
 * Adapters in the folders that are searched, in their order: the user-wide one, the project's `.epack/bin`, those of PATH.
 * Nothing is opened or followed. A folder that cannot be read holds nothing.
 */
export async function* searchFolders(
  options: { env: Env; project?: Project; signal?: AbortSignal },
): AsyncGenerator<Candidate> {
  const { env, project, signal } = options;
  const managed = [userFolder(env), project && join(project.root, ".epack", "bin")];
  // a relative folder of PATH, or an empty one, is wherever the user happens to stand
  const path = (env.PATH ?? "").split(delimiter).filter(isAbsolute);
  const folders = [
    ...managed.filter((folder) => folder !== undefined).map((folder) => ({ folder, place: "managed" as const })),
    ...[...new Set(path)].map((folder) => ({ folder, place: "path" as const })),
  ];
  for (const { folder, place } of folders) {
    signal?.throwIfAborted();
    for (const found of await adaptersIn(folder)) yield { ...found, place };
  }
}

/** Where adapters of all projects of a user are; undefined where the environment does not say. */
function userFolder(env: Env): string | undefined {
  const home = {
    darwin: env.HOME && join(env.HOME, "Library", "Application Support"),
    windows: env.LOCALAPPDATA,
  }[Deno.build.os as string] ?? (env.XDG_DATA_HOME || (env.HOME && join(env.HOME, ".local", "share")));
  return home && isAbsolute(home) ? join(home, "epack", "bin") : undefined;
}

async function adaptersIn(folder: string): Promise<Omit<Candidate, "place">[]> {
  const found: (Omit<Candidate, "place"> & { suffix: number })[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      const name = FILE.exec(entry.name)?.[1];
      if (name === undefined || !REMOTE_NAME.test(name)) continue;
      const path = join(folder, entry.name);
      const suffix = ADAPTER_SUFFIXES.indexOf(entry.name.slice(`epack-remote-${name}`.length));
      const fault = faultOf(entry);
      if (fault !== undefined || suffix > 0 || await isExecutable(path)) found.push({ name, path, fault, suffix });
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable && !keptClosed(error)) throw error;
  }
  found.sort((a, b) => (a.name === b.name ? a.suffix - b.suffix : a.name < b.name ? -1 : 1));
  return found.map(({ name, path, fault }) => ({ name, path, fault }));
}

/** Places such as /proc, which Deno shows to programs with all permissions only. */
const keptClosed = (error: Error) => error.message.startsWith("Requires all access");

/** Why something of this kind is no adapter; undefined for a regular file. */
export function faultOf(entry: Pick<Deno.DirEntry, "isFile" | "isSymlink" | "isDirectory">): string | undefined {
  if (entry.isFile) return undefined;
  return entry.isSymlink
    ? "it is a link, and links are not followed"
    : entry.isDirectory
    ? "it is a folder"
    : "it is no regular file";
}

/** What is at a path, a link itself; undefined when nothing is. */
export async function lstatIfThere(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

async function isExecutable(path: string): Promise<boolean> {
  const mode = await Deno.lstat(path).then((info) => info.mode, () => 0);
  // on Windows files have no modes
  return mode === null || (mode & 0o111) !== 0;
}
