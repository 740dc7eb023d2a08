import { resolve } from "node:path";
import type { Project, Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { checkGrantedFolders } from "../sandbox/granted_folders.ts";
import type { Env, Grants } from "../sandbox/mod.ts";

/** The grants of a remote's `permissions:`; relative folders are the project's, as everything else in its files. */
export function grantsOf(project: Project, remote: Remote): Grants {
  const { net = [], read = [], write = [], sys = [] } = remote.permissions ?? {};
  const [readable, writable] = [read, write].map((folders) => folders.map((path) => resolve(project.root, path)));
  return { net, read: readable, write: writable, sys };
}

/**
 * Checks what no list can say: a module is never given the whole network, and no granted folder leads out of itself.
 *
 * @throws EpackError `config_invalid`, `adapter_refused`, `limit_exceeded`
 */
export async function checkGrants(
  remote: Remote,
  grants: Grants,
  options: { isModule: boolean; signal?: AbortSignal },
): Promise<void> {
  if (options.isModule && grants.net.includes("*")) {
    throw new EpackError("config_invalid", `remote "${remote.name}" grants its module the whole network`, {
      origin: "project",
      hint: "name the hosts that it needs: permissions: {net: [host:443]}",
    });
  }
  await checkGrantedFolders([...grants.read, ...grants.write], {
    adapterName: remote.adapterName,
    signal: options.signal,
  });
}

/** A confined adapter's variables: what the protocol gives, and what it was granted by name; not the user's other ones. */
export function grantedEnv(
  remote: Remote,
  env: Record<string, string>,
  options: { user: Env },
): Record<string, string> {
  const protocol = Object.entries(env).filter(([name]) => name.startsWith("EPACK_REMOTE_"));
  const named = [...remote.permissions?.env ?? [], ...remote.secrets]
    .filter((name) => options.user[name] !== undefined).map((name) => [name, options.user[name]]);
  return Object.fromEntries([...protocol, ...named]);
}
