import type { Permissions, Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import type { LockedRemote } from "./lock.ts";

/**
 * Checks that a remote of the configuration is still what was locked: kind, source and grants.
 *
 * @throws EpackError `lockfile_mismatch`
 */
export function checkAlignment(remote: Remote, locked: LockedRemote): void {
  const differs = (what: string) =>
    new EpackError("lockfile_mismatch", `remote "${remote.name}": ${what}`, {
      origin: "project",
      hint: `review the change, then lock it: epack lock ${remote.name}`,
    });
  const external = locked.kind === "external";
  if (remote.binary !== undefined && !external) {
    throw differs("the configuration names a binary, the lockfile a source");
  }
  if (remote.source !== undefined) {
    if (external) throw differs("the configuration names a source, the lockfile a binary");
    const repository = remote.source.split("@")[0];
    if (locked.source !== undefined && locked.source !== `github.com/${repository}` && locked.source !== repository) {
      throw differs(`the configuration names ${repository}, the lockfile ${locked.source}`);
    }
  }
  if (!samePermissions(remote.permissions, locked.permissions)) {
    throw differs("its permissions are not those that were locked");
  }
}

/** True when two sets of grants are one: order and empty lists do not matter. */
export function samePermissions(a: Permissions | undefined, b: Permissions | undefined): boolean {
  return permissionsKey(a) === permissionsKey(b);
}

function permissionsKey(permissions: Permissions | undefined): string {
  const lists = Object.entries(permissions ?? {}).filter(([, list]) => list !== undefined && list.length > 0);
  return JSON.stringify(lists.map(([name, list]) => [name, [...new Set(list)].sort()]).sort());
}
