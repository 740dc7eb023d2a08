import { basename, dirname, join } from "node:path";
import { EpackError } from "../errors.ts";
import { onSuddenEnd } from "../last_resort.ts";
import { ioError } from "./io_error.ts";
import { PARTIAL, removeNote, type ResumeKey, sweep, takeOver, writeNote } from "./kept_partial.ts";
import { markOwned, type OwnerMark, ownerPath } from "./owner.ts";
import { publishNew, publishOver, syncFolder } from "./replace.ts";

/** A file that is written beside its final name and takes that name only when it is complete. */
export interface Staging extends AsyncDisposable {
  readonly path: string;
  readonly file: Deno.FsFile;
  /** For one that a later run may go on with. */
  readonly resume?: ResumableStaging;
  /**
   * Syncs the file, gives it its final name, syncs the folder. Without `force` nothing is ever replaced.
   *
   * @param options.as another name in the same folder, when it is known only now
   */
  commit(options: { force: boolean; as?: string }): Promise<void>;
  /** Removes it. Does nothing after a commit; also done at the end of `await using`. */
  discard(): Promise<void>;
}

/** What a later run finds. */
export interface ResumableStaging {
  /** How much of the file is good, in bytes from its beginning, and of which version of the remote's; kept by whoever writes it. */
  readonly part: { sizeBytes: number; etag?: string };
  /** From here on the file outlives this process, however that ends. */
  note(): void;
  /** From here on it does not. */
  forget(): void;
  /** Closes the file and leaves it to a later run. False, and nothing done, when it was not noted. */
  leave(): boolean;
}

export interface StagingOptions {
  /** Of a new file. Default 0600. */
  mode?: number;
  /**
   * What the file will be: one that an earlier run left of it is taken over, others of the same output are removed. False: all that
   * were left are removed. Default: they are left alone.
   */
  resume?: ResumeKey | false;
}

const live = new Set<{ endNow(): void }>();

/**
 * Creates a staging file (0600) beside `outputPath`, after sweeping those of killed runs for the same output; or goes on with the
 * one that an earlier run left.
 *
 * @throws EpackError `file_not_found` when the folder is missing, `permission_denied`, `io`
 */
export async function createStaging(outputPath: string, options: StagingOptions = {}): Promise<Staging> {
  const stem = `.${basename(outputPath).slice(0, 100)}.`;
  const folder = dirname(outputPath);
  const taken = leftBehind(folder, { stem, resume: options.resume });
  const path = taken?.path ?? join(folder, `${stem}${crypto.randomUUID().slice(0, 13)}${PARTIAL}`);
  const { file, mark } = taken ?? await createMarked(path, { outputPath, mode: options.mode ?? 0o600 });
  let open = true;
  let noted = taken !== undefined;
  const close = () => {
    if (open) file.close();
    open = false;
  };
  const owned = {
    endNow() {
      close();
      try {
        if (!noted) Deno.removeSync(path);
      } catch { /* committed, or already gone */ }
      mark.release();
    },
  };
  live.add(owned);
  const forget = () => {
    if (noted) removeNote(path);
    noted = false;
  };
  const discard = () => {
    if (live.delete(owned)) {
      forget();
      owned.endNow();
    }
    return Promise.resolve();
  };
  const { resume: key } = options;
  return {
    path,
    file,
    discard,
    resume: key ? resumable() : undefined,
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

  function resumable(): ResumableStaging {
    const part = { sizeBytes: taken?.sizeBytes ?? 0, etag: taken?.etag };
    return {
      part,
      forget,
      note() {
        if (!key || noted) return;
        writeNote(path, { ...key, etag: part.etag });
        noted = true;
      },
      leave() {
        if (noted && live.delete(owned)) owned.endNow();
        return noted;
      },
    };
  }
}

onSuddenEnd(() => {
  for (const owned of live) {
    try {
      owned.endNow();
    } catch { /* the next run sweeps it */ }
  }
  live.clear();
});

/** Sweeps, and gives what can be gone on with. A folder that cannot be read or written is told of when the file is created. */
function leftBehind(folder: string, options: { stem: string; resume?: ResumeKey | false }) {
  const { stem, resume } = options;
  try {
    sweep(folder, stem);
    return resume === undefined ? undefined : takeOver(folder, stem, resume || undefined);
  } catch {
    return undefined;
  }
}

async function createMarked(
  path: string,
  options: { outputPath: string; mode: number },
): Promise<{ file: Deno.FsFile; mark: OwnerMark }> {
  const { outputPath, mode } = options;
  let mark: OwnerMark | undefined;
  try {
    mark = markOwned(ownerPath(path));
    return { mark, file: await Deno.open(path, { createNew: true, read: true, write: true, mode }) };
  } catch (error) {
    mark?.release();
    throw error instanceof Deno.errors.NotFound
      ? new EpackError("file_not_found", `the folder of ${JSON.stringify(outputPath)} does not exist`, {
        origin: "input",
        cause: error,
      })
      : ioError(error, outputPath);
  }
}
