/**
 * Partial files that a later run goes on with. Beside `.<output>.<id>.partial` stands a note, `….partial.resume`, of what the bytes
 * are the beginning of. Only bytes of the file count, not what the note says of them: it is hashed whole at the end, so one that a
 * crash of the machine made longer than its data is found out.
 */
import { basename, dirname, join } from "node:path";
import { TRANSFER } from "../limits.ts";
import { markOwned, ownerIsGone, type OwnerMark, ownerPath } from "./owner.ts";
import { syncFolder } from "./replace.ts";

/** What a partial file is a part of. All of it must be the same for another run to go on with it. */
export interface ResumeKey {
  /** Name of the remote. */
  remote: string;
  /** As announced. */
  digest: string;
  /** As announced; absent: unknown. */
  sizeBytes?: number;
}

/** A partial file that is ours now. */
export interface TakenOver {
  path: string;
  file: Deno.FsFile;
  mark: OwnerMark;
  sizeBytes: number;
  etag?: string;
}

export const PARTIAL = ".partial";
const NOTE = `${PARTIAL}.resume`;
const NEW_NOTE = `${NOTE}.new`;
/** Behind the stem, so that `.out.` is not taken for that of `.out.epack.…`. */
const NOTE_OF_STEM = /^[0-9a-f]{8}-[0-9a-f]{4}\.partial\.resume$/;
const NOTE_BYTES = 16 * 1024;

export const notePath = (partial: string) => `${partial.slice(0, -PARTIAL.length)}${NOTE}`;

/** Writes the note whole or not at all. The ETag is the server's word about the bytes; addresses, headers and tokens stay out. */
export function writeNote(partial: string, { remote, digest, sizeBytes, etag }: ResumeKey & { etag?: string }): void {
  const note = { version: 1, remote, digest, size_bytes: sizeBytes, etag };
  const path = notePath(partial);
  // made anew: a link that somebody put there is not followed
  removeIfThere(`${path}.new`);
  {
    using file = Deno.openSync(`${path}.new`, { createNew: true, write: true, mode: 0o600 });
    const bytes = new TextEncoder().encode(`${JSON.stringify(note)}\n`);
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
    file.syncSync();
  }
  Deno.renameSync(`${path}.new`, path);
  syncFolder(dirname(partial));
}

/** Removes the note: the partial file is of no use to another run. */
export function removeNote(partial: string): void {
  for (const path of [notePath(partial), `${notePath(partial)}.new`]) removeIfThere(path);
}

export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Takes over the longest partial file of an output that has this key and that nobody holds. The others of that output which nobody
 * holds are removed: they are of no use once this one is there.
 *
 * @param stem what names of the output's partial files begin with
 * @param key absent: all are removed
 */
export function takeOver(folder: string, stem: string, key?: ResumeKey): TakenOver | undefined {
  let taken: TakenOver | undefined;
  const notes = [...Deno.readDirSync(folder)].filter(({ isFile, name }) =>
    isFile && name.startsWith(stem) && NOTE_OF_STEM.test(name.slice(stem.length))
  );
  const partials = notes.map(({ name }) => join(folder, `${name.slice(0, -NOTE.length)}${PARTIAL}`));
  const sizes = new Map(partials.map((partial) => [partial, sizeOf(partial)]));
  for (const partial of partials.sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0))) {
    const mark = claim(partial);
    if (mark === undefined) continue;
    const found = taken === undefined && key !== undefined ? openPartial(partial, key) : undefined;
    if (found !== undefined) taken = { path: partial, mark, ...found };
    else removeClaimed(partial, mark);
  }
  return taken;
}

/** Removes what is left of killed runs in a folder: of this output what cannot be gone on with, of others what is too old. */
export function sweep(folder: string, stem: string): void {
  const names = new Set([...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name));
  for (const name of names) {
    const path = join(folder, name);
    if (name.startsWith(stem) && name.endsWith(".owner") && ownerIsGone(path)) {
      const partial = path.replace(/\.\d+\.owner$/, "");
      if (!partial.endsWith(PARTIAL) || !names.has(basename(notePath(partial)))) removePartial(partial);
      removeIfThere(path);
    }
    const end = [NOTE, NEW_NOTE].find((end) => name.endsWith(end));
    if (!name.startsWith(".") || end === undefined) continue;
    const partial = join(folder, `${name.slice(0, -end.length)}${PARTIAL}`);
    if (names.has(basename(partial)) && !isOld(partial)) continue;
    const mark = claim(partial);
    if (mark !== undefined) removeClaimed(partial, mark);
  }
}

function removeClaimed(partial: string, mark: OwnerMark): void {
  try {
    removePartial(partial);
  } catch {
    // another user's, in a folder of everybody
  } finally {
    mark.release();
  }
}

/** The note goes first: without it the rest is swept whenever this is cut short. */
function removePartial(partial: string): void {
  if (partial.endsWith(PARTIAL)) removeNote(partial);
  removeIfThere(partial);
}

/**
 * Marks a partial file as ours, unless somebody else holds it. Two that come at once both see each other's mark, or one of them
 * does; never both go on.
 */
function claim(partial: string): OwnerMark | undefined {
  const own = ownerPath(partial);
  if (isHeld(partial, own)) return undefined;
  let mark: OwnerMark;
  try {
    mark = markOwned(own);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined;
    throw error;
  }
  if (!isHeld(partial, own)) return mark;
  mark.release();
  return undefined;
}

function isHeld(partial: string, own: string): boolean {
  const folder = dirname(partial);
  const stem = `${basename(partial)}.`;
  return [...Deno.readDirSync(folder)].some(({ name }) => {
    const path = join(folder, name);
    return name.startsWith(stem) && /^\d+\.owner$/.test(name.slice(stem.length)) && path !== own && !ownerIsGone(path);
  });
}

/** Opens it when it is a file that only this program can have made, and its note has the key; what cannot be opened is of no use. */
function openPartial(
  partial: string,
  key: ResumeKey,
): { file: Deno.FsFile; sizeBytes: number; etag?: string } | undefined {
  const note = readNote(notePath(partial));
  if (note === undefined || note.remote !== key.remote || note.digest !== key.digest) return undefined;
  if (note.size_bytes !== key.sizeBytes) return undefined;
  const etag = typeof note.etag === "string" ? note.etag : undefined;
  try {
    const seen = Deno.lstatSync(partial);
    if (!isOurs(seen)) return undefined;
    const file = Deno.openSync(partial, { read: true, write: true });
    const opened = file.statSync();
    if (opened.dev === seen.dev && opened.ino === seen.ino) return { file, sizeBytes: opened.size, etag };
    file.close();
  } catch { /* gone, or another user's */ }
  return undefined;
}

/** A link, also a hard one, could lead to a file that is something else to somebody. */
function isOurs({ isFile, nlink, mode }: Deno.FileInfo): boolean {
  return isFile && (nlink ?? 1) === 1 && ((mode ?? 0) & 0o077) === 0;
}

function readNote(path: string): Record<string, unknown> | undefined {
  try {
    const seen = Deno.lstatSync(path);
    if (!isOurs(seen) || seen.size > NOTE_BYTES) return undefined;
    const note: unknown = JSON.parse(Deno.readTextFileSync(path));
    return typeof note === "object" && note !== null && "version" in note && note.version === 1
      ? { ...note }
      : undefined;
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.lstatSync(path).size;
  } catch {
    return 0;
  }
}

function isOld(path: string): boolean {
  try {
    const { mtime } = Deno.lstatSync(path);
    return mtime !== null && Math.abs(Date.now() - mtime.getTime()) > TRANSFER.keepMs;
  } catch {
    return false;
  }
}
