import { dirname, join, relative, resolve, sep } from "node:path";
import { EpackError } from "../errors.ts";
import { breather, listFolder } from "../files/mod.ts";
import { SANDBOX } from "../limits.ts";

/**
 * Refuses a granted folder that holds a link which leads out of all granted folders: Deno's permissions follow links, so such a
 * one would widen the grant. A link that is made later is not seen.
 *
 * @param folders absolute; one that does not exist yet is left out
 * @throws EpackError `adapter_refused`, `limit_exceeded`, `permission_denied`, `io`
 */
export async function checkGrantedFolders(
  folders: readonly string[],
  options: { adapterName: string; signal?: AbortSignal },
): Promise<void> {
  const roots: string[] = [];
  for (const folder of folders) {
    const root = await Deno.realPath(folder).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    if (root !== undefined) roots.push(root);
  }
  const breathe = breather(options.signal);
  let left: number = SANDBOX.grantedEntries;
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await listFolder(folder)) {
      if (--left < 0) throw tooMany(options.adapterName);
      const path = join(folder, entry.name);
      if (entry.isDirectory) await walk(path);
      else if (entry.isSymlink && !leadsInside(await targetOf(path), roots)) throw leadsOut(path, options.adapterName);
      await breathe();
    }
  };
  for (const root of new Set(roots)) if ((await Deno.stat(root)).isDirectory) await walk(root);
}

/** Where a link leads; a dangling one too, since writing through it would make its target. */
async function targetOf(link: string): Promise<string> {
  try {
    return await Deno.realPath(link);
  } catch {
    return resolve(dirname(link), await Deno.readLink(link));
  }
}

function leadsInside(target: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const inside = relative(root, target);
    return inside !== ".." && !inside.startsWith(`..${sep}`) && !inside.startsWith(sep);
  });
}

function leadsOut(path: string, adapterName: string): EpackError {
  return new EpackError(
    "adapter_refused",
    `adapter "${adapterName}" is granted a folder with a link that leads out of it: ${JSON.stringify(path)}`,
    { origin: "project", hint: "remove the link, or grant the folder that it leads to as well" },
  );
}

function tooMany(adapterName: string): EpackError {
  return new EpackError(
    "limit_exceeded",
    `adapter "${adapterName}" is granted folders with more than ${SANDBOX.grantedEntries} entries: too many to look for links`,
    { origin: "project", hint: "grant smaller folders" },
  );
}
