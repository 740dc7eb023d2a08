import { basename, dirname, join } from "node:path";
import { EpackError } from "../errors.ts";
import { onSuddenEnd } from "../last_resort.ts";
import { ioError } from "./io_error.ts";
import { markOwned, ownerIsGone, ownerPath } from "./owner.ts";
import { publishNew, publishOver, syncFolder } from "./replace.ts";

/** A file that is written beside its final name and takes that name only when it is complete. */
export interface Staging extends AsyncDisposable {
  readonly path: string;
  readonly file: Deno.FsFile;
  /**
   * Syncs the file, gives it its final name, syncs the folder. Without `force` nothing is ever replaced.
   *
   * @param options.as another name in the same folder, when it is known only now
   */
  commit(options: { force: boolean; as?: string }): Promise<void>;
  /** Removes it. Does nothing after a commit; also done at the end of `await using`. */
  discard(): Promise<void>;
}

const SUFFIX = ".partial";
const live = new Set<{ removeNow(): void }>();

/**
 * Creates a staging file (0600) beside `outputPath`, after sweeping those of killed runs for the same output.
 *
 * @throws EpackError `file_not_found` when the folder is missing, `permission_denied`, `io`
 */
export async function createStaging(outputPath: string, options: { mode?: number } = {}): Promise<Staging> {
  const stem = `.${basename(outputPath).slice(0, 100)}.`;
  const folder = dirname(outputPath);
  const path = join(folder, `${stem}${crypto.randomUUID().slice(0, 13)}${SUFFIX}`);
  await sweep(folder, stem);
  let mark: ReturnType<typeof markOwned> | undefined;
  let file: Deno.FsFile;
  try {
    mark = markOwned(ownerPath(path));
    file = await Deno.open(path, { createNew: true, read: true, write: true, mode: options.mode ?? 0o600 });
  } catch (error) {
    mark?.release();
    throw error instanceof Deno.errors.NotFound
      ? new EpackError("file_not_found", `the folder of ${JSON.stringify(outputPath)} does not exist`, {
        origin: "input",
        cause: error,
      })
      : ioError(error, outputPath);
  }
  let open = true;
  const close = () => {
    if (open) file.close();
    open = false;
  };
  const owned = {
    removeNow() {
      close();
      try {
        Deno.removeSync(path);
      } catch { /* committed, or already gone */ }
      mark?.release();
    },
  };
  live.add(owned);
  const discard = () => {
    if (live.delete(owned)) owned.removeNow();
    return Promise.resolve();
  };
  return {
    path,
    file,
    discard,
    async commit({ force, as = outputPath }) {
      try {
        await file.sync();
        close();
        await (force ? publishOver(path, as) : publishNew(path, as));
        syncFolder(folder);
      } catch (error) {
        throw ioError(error, as);
      } finally {
        await discard();
      }
    },
    [Symbol.asyncDispose]: discard,
  };
}

onSuddenEnd(() => {
  for (const owned of live) owned.removeNow();
  live.clear();
});

async function sweep(folder: string, stem: string): Promise<void> {
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isFile || !entry.name.startsWith(stem) || !entry.name.endsWith(".owner")) continue;
      const mark = join(folder, entry.name);
      if (!ownerIsGone(mark)) continue;
      await Deno.remove(mark.replace(/\.\d+\.owner$/, "")).catch(() => {});
      await Deno.remove(mark).catch(() => {});
    }
  } catch {
    // what cannot be listed cannot be swept; creating the file will say what is wrong
  }
}
