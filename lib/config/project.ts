import { dirname, join, resolve } from "node:path";
import { EpackError } from "../errors.ts";

export const CONFIG_NAME = "epack.yaml";
export const LOCKFILE_NAME = "epack.lock.yaml";

/** The environment variables of a run, as main.ts read them. */
export type Env = Readonly<Record<string, string>>;

/** Where a project is. All paths are absolute. */
export interface Project {
  root: string;
  configPath: string;
  lockPath: string;
}

/**
 * Finds the project: the folder of `configPath` when it is given, else the nearest folder upwards that has an `epack.yaml`.
 *
 * @throws EpackError `project_not_found`, `file_not_found` for a configPath that is missing
 */
export async function findProject(cwd: string, options: { configPath?: string } = {}): Promise<Project> {
  if (options.configPath !== undefined) {
    const path = resolve(cwd, options.configPath);
    if (await exists(path)) return projectAt(path);
    throw new EpackError("file_not_found", `configuration ${JSON.stringify(path)} does not exist`, { origin: "input" });
  }
  for (let folder = resolve(cwd);; folder = dirname(folder)) {
    const path = join(folder, CONFIG_NAME);
    if (await exists(path)) return projectAt(path);
    if (dirname(folder) === folder) break;
  }
  throw new EpackError("project_not_found", `no ${CONFIG_NAME} in ${JSON.stringify(cwd)} or a folder above it`, {
    origin: "input",
    hint: "start a project here with: epack init",
  });
}

function projectAt(configPath: string): Project {
  const root = dirname(configPath);
  return { root, configPath, lockPath: join(root, LOCKFILE_NAME) };
}

/** True also for a dangling link: what is there is named by whoever opens it. */
async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  });
}
