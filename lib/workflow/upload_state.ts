import { join } from "node:path";
import { canonicalJson, type JsonValue } from "../codec/mod.ts";
import { digestOf, hexOf } from "../digest/mod.ts";
import {
  ensureFolder,
  ioError,
  listFolder,
  markOwned,
  ownerIsGone,
  type OwnerMark,
  ownerPath,
  readRegular,
} from "../files/mod.ts";
import { UPLOAD } from "../limits.ts";
import {
  beginningLine,
  type JournalLine,
  readJournal,
  type SavedUpload,
  type UploadBeginning,
} from "./upload_journal.ts";

const SUFFIX = ".upload";

export interface UploadStateOptions {
  projectRoot: string;
  /** All that two pushes must have in common for one to go on with the upload of the other. */
  tiedTo: JsonValue;
  /** False: what is there is thrown away. */
  resume: boolean;
  now: Date;
}

/**
 * The file in `.epack/uploads/` by which a push goes on where another one was cut off: a journal, whose lines are appended. It holds
 * secrets, so it is the owner's alone. A journal belongs to one process at a time; one whose process is gone is taken over by
 * renaming it, which only one can do. A push that finds none, or only those of running pushes, begins its own.
 */
export class UploadState implements Disposable {
  private constructor(
    private readonly folder: string,
    private readonly key: string,
    private journal?: { path: string; file: Deno.FsFile; mark: OwnerMark },
    /** What an earlier push left. */
    readonly saved?: SavedUpload,
  ) {}

  /** True when some push of the project left a journal, or has one now. */
  static async isAnyLeft(projectRoot: string): Promise<boolean> {
    const folder = join(projectRoot, ".epack", "uploads");
    const isThere = await Deno.lstat(folder).then(({ isDirectory }) => isDirectory, () => false);
    return isThere && (await listFolder(folder)).some(({ name }) => name.endsWith(SUFFIX));
  }

  /** @throws EpackError `io`, `file_refused` */
  static async open(options: UploadStateOptions): Promise<UploadState> {
    const { projectRoot, resume } = options;
    const folder = join(projectRoot, ".epack", "uploads");
    const key = hexOf(digestOf(canonicalJson(options.tiedTo)));
    await ensureFolder(folder, { below: projectRoot, mode: 0o700 });
    for (const path of await abandoned(folder)) {
      if (await isOld(path, options.now) || (!resume && isOf(path, key))) {
        const taken = takeOver(path, join(folder, freshName(key)));
        if (taken !== undefined) drop(taken);
      } else if (isOf(path, key)) {
        const taken = takeOver(path, join(folder, freshName(key)));
        if (taken === undefined) continue;
        const opened = await openJournal(taken, { key, now: options.now });
        if (opened !== undefined) return new UploadState(folder, key, { ...taken, file: opened.file }, opened.saved);
        drop(taken);
      }
    }
    return new UploadState(folder, key);
  }

  /** An upload was begun: from here on another push can go on with it. What was saved before is of no use any more. */
  begin(upload: Omit<UploadBeginning, "key">): void {
    this.remove();
    const path = join(this.folder, freshName(this.key));
    const mark = markOwned(ownerPath(path));
    try {
      const file = Deno.openSync(path, { createNew: true, append: true, mode: 0o600 });
      this.journal = { path, mark, file };
    } catch (error) {
      mark.release();
      throw ioError(error, path, { what: "upload journal" });
    }
    this.write(beginningLine({ ...upload, key: this.key }));
  }

  /** Adds a line; of what is cut off by a crash the part is sent again. */
  add(line: JournalLine): void {
    // a release may hang on it
    this.write(JSON.stringify(line) + "\n", { durably: "finalizing" in line });
  }

  /** The upload became a release, or cannot be gone on with. */
  remove(): void {
    const { journal } = this;
    this.journal = undefined;
    if (journal === undefined) return;
    journal.file.close();
    drop(journal);
  }

  /** Leaves the journal to a later push. */
  [Symbol.dispose](): void {
    this.journal?.file.close();
    this.journal?.mark.release();
    this.journal = undefined;
  }

  private write(text: string, { durably = false } = {}): void {
    if (this.journal === undefined) return;
    const { file, path } = this.journal;
    const bytes = new TextEncoder().encode(text);
    try {
      for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
      if (durably) file.syncSync();
    } catch (error) {
      throw ioError(error, path, { what: "upload journal" });
    }
  }
}

const freshName = (key: string) => `${key.slice(0, 32)}-${crypto.randomUUID()}${SUFFIX}`;
const isOf = (path: string, key: string) => path.includes(`${key.slice(0, 32)}-`);

/** Journals whose processes are gone; their marks are removed on the way. */
async function abandoned(folder: string): Promise<string[]> {
  const names = (await listFolder(folder)).filter(({ isFile }) => isFile).map(({ name }) => name).sort();
  const owners = names.filter((name) => name.endsWith(".owner"));
  const gone = new Set(owners.filter((name) => ownerIsGone(join(folder, name))));
  for (const name of gone) await Deno.remove(join(folder, name)).catch(() => {});
  const isOwned = (name: string) => owners.some((owner) => owner.startsWith(`${name}.`) && !gone.has(owner));
  return names.filter((name) => name.endsWith(SUFFIX) && !isOwned(name)).map((name) => join(folder, name));
}

async function isOld(path: string, now: Date): Promise<boolean> {
  const info = await Deno.lstat(path).catch(() => undefined);
  return now.getTime() - (info?.mtime?.getTime() ?? now.getTime()) > UPLOAD.stateMs;
}

/** Makes a journal this process's own; undefined when another was faster. */
function takeOver(from: string, path: string): { path: string; mark: OwnerMark } | undefined {
  const mark = markOwned(ownerPath(path));
  try {
    Deno.renameSync(from, path);
  } catch (error) {
    mark.release();
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw ioError(error, from, { what: "upload journal" });
  }
  return { path, mark };
}

function drop({ path, mark }: { path: string; mark: OwnerMark }): void {
  try {
    Deno.removeSync(path);
  } finally {
    mark.release();
  }
}

/** A journal that can be gone on with, opened for more lines; undefined when it is broken, over, or tied to something else. */
async function openJournal(
  { path }: { path: string },
  options: { key: string; now: Date },
): Promise<{ file: Deno.FsFile; saved: SavedUpload } | undefined> {
  const text = await readRegular(path, { maxBytes: UPLOAD.stateBytes, what: "upload journal" })
    .then((bytes) => new TextDecoder().decode(bytes), () => undefined);
  const saved = text === undefined ? undefined : readJournal(text);
  if (text === undefined || saved === undefined || saved.key !== options.key) return undefined;
  // past its time the store threw the parts away; a release that may be there is asked for all the same
  const isOver = saved.expires_at !== undefined && Date.parse(saved.expires_at) <= options.now.getTime();
  if (isOver && !saved.finalizing) return undefined;
  const file = Deno.openSync(path, { append: true });
  if (!text.endsWith("\n")) file.writeSync(new TextEncoder().encode("\n"));
  return { file, saved };
}
