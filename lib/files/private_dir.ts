import { join } from "node:path";
import { EpackError } from "../errors.ts";
import { onSuddenEnd } from "../last_resort.ts";
import { markOwned, ownerIsGone, type OwnerMark, ownerPath } from "./owner.ts";
import { ioError } from "./io_error.ts";

/** A 0700 folder below the temporary folder, owned by this process. */
export interface PrivateDir {
  path: string;
  /** Removes it with all that is in it; safe to call twice. */
  remove(): void;
}

export interface PrivateDirOptions {
  /** Default: the system's temporary folder. */
  tempRoot?: string;
}

/** Folders of this process, for removal when it must end at once. */
const live = new Set<PrivateDir>();

/**
 * Makes a private folder, after sweeping those of the same prefix whose processes were killed.
 *
 * @throws EpackError `io`, `permission_denied`
 */
export function privateDir(prefix: string, options: PrivateDirOptions = {}): PrivateDir {
  const path = makeFolder(prefix, options.tempRoot);
  let mark: OwnerMark;
  try {
    mark = markOwned(ownerPath(join(path, "epack")));
  } catch (error) {
    Deno.removeSync(path);
    throw ioError(error, path);
  }
  const dir: PrivateDir = {
    path,
    remove() {
      if (!live.delete(dir)) return;
      const gone = disowned(path);
      mark.release();
      removeSealed(gone);
    },
  };
  live.add(dir);
  try {
    sweep(prefix, { beside: path });
  } catch (error) {
    // a temporary folder that may be written and not read: without the right to look, nothing is left in it
    live.delete(dir);
    mark.release();
    Deno.removeSync(path, { recursive: true });
    throw ioError(error, path);
  }
  return dir;
}

/** At its end, a folder that nobody owns any more, and that is being removed. */
const GONE = ".gone";
/** A folder is made, then marked. */
const MARKED_BY_MS = 10_000;

/** Gives a folder the name by which any later run removes the rest of it, should this one be killed between two of its files. */
function disowned(path: string): string {
  try {
    Deno.renameSync(path, `${path}${GONE}`);
    return `${path}${GONE}`;
  } catch {
    return path;
  }
}

function makeFolder(prefix: string, tempRoot: string | undefined): string {
  try {
    return Deno.makeTempDirSync({ prefix, dir: tempRoot });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw ioError(error, tempRoot ?? "TMPDIR", { what: "temporary folder" });
    }
    throw new EpackError(
      "file_not_found",
      `the temporary folder ${JSON.stringify(tempRoot ?? "TMPDIR")} does not exist`,
      {
        origin: "input",
        hint: "set TMPDIR to a folder that exists",
        cause: error,
      },
    );
  }
}

onSuddenEnd(() => {
  for (const dir of live) dir.remove();
});

/** Removes a tree whose folders may be read-only (0500). */
export function removeSealed(path: string): void {
  try {
    unseal(path);
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A link in its place would lead to folders of others. */
function unseal(folder: string): void {
  if (!Deno.lstatSync(folder).isDirectory) return;
  Deno.chmodSync(folder, 0o700);
  for (const entry of Deno.readDirSync(folder)) if (entry.isDirectory) unseal(join(folder, entry.name));
}

/**
 * Leftovers of other runs: only this user's folders that hold an owner's mark whose process is gone, that were being removed, or that
 * are empty and not new; whatever fails is left alone.
 * Another user could swap what is in theirs while it is removed.
 */
function sweep(prefix: string, { beside }: { beside: string }): void {
  const { uid } = Deno.lstatSync(beside);
  const folder = join(beside, "..");
  for (const entry of Deno.readDirSync(folder)) {
    if (!entry.isDirectory || !entry.name.startsWith(prefix)) continue;
    const path = join(folder, entry.name);
    try {
      const seen = Deno.lstatSync(path);
      if (seen.uid !== uid) continue;
      if (path.endsWith(GONE)) removeSealed(path);
      const inside = [...Deno.readDirSync(path)].map(({ name }) => name);
      const mark = inside.find((name) => name.endsWith(".owner"));
      if (mark !== undefined && ownerIsGone(join(path, mark))) removeSealed(disowned(path));
      // of a run that was killed before it could mark it
      const isOld = Math.abs(Date.now() - (seen.mtime?.getTime() ?? Date.now())) > MARKED_BY_MS;
      if (inside.length === 0 && isOld) Deno.removeSync(path);
    } catch {
      // another user's, or another sweeper was faster
    }
  }
}
