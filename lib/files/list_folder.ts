import { join } from "node:path";
import { EpackError } from "../errors.ts";
import { ioError } from "./io_error.ts";

/** Since Deno 2.9 a name that is not UTF-8 is listed with replacement characters; before, it is left out without a word. */
const LISTS_EVERY_NAME = Number(Deno.version.deno.split(".")[1]) >= 9 || !Deno.version.deno.startsWith("2.");

/**
 * What a folder holds. A name that is not UTF-8 is refused: it could neither be opened nor be left out in silence.
 *
 * @throws EpackError `file_refused`, `file_not_found`, `permission_denied`, `io`
 */
export async function listFolder(path: string): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    for (const { name } of entries) {
      if (!name.includes("\ufffd")) continue;
      const there = await Deno.lstat(join(path, name)).then(() => true, () => false);
      if (!there) throw notUtf8(join(path, name));
    }
    return entries;
  } catch (error) {
    throw ioError(error, path, { what: "folder" });
  }
}

/**
 * Refuses a tree that has names which this Deno would not list. Older ones need the system's `find` for it; where there is none,
 * or it may not be run, such names stay unseen.
 *
 * @throws EpackError `file_refused`
 */
export async function refuseUnlistedNames(folder: string): Promise<void> {
  if (LISTS_EVERY_NAME || Deno.build.os === "windows") return;
  let listed: Uint8Array;
  try {
    const find = new Deno.Command("find", { args: [folder, "-print0"], stdin: "null", stderr: "null" });
    listed = (await find.output()).stdout;
  } catch {
    return;
  }
  for (const name of splitAtZero(listed)) {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(name);
    } catch {
      throw notUtf8(new TextDecoder().decode(name));
    }
  }
}

function* splitAtZero(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

function notUtf8(path: string): EpackError {
  return new EpackError("file_refused", `${JSON.stringify(path)} has a name that is not UTF-8`, {
    origin: "input",
    hint: "rename it, or leave it out",
  });
}
