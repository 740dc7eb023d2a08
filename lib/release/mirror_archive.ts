import { dirname, join } from "node:path";
import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import {
  breather,
  createStaging,
  ioError,
  openRegular,
  type PrivateDir,
  privateDir,
  readAt,
  type RegularFile,
} from "../files/mod.ts";
import { RELEASE } from "../limits.ts";
import { BLOB_FOLDER, INDEX_NAME } from "./mirror_index.ts";

/** Of tar: headers and contents fill whole blocks (POSIX.1, ustar). */
const BLOCK = 512;
const CHUNK = 1 << 16;
const BLOB_NAME = /^blobs\/sha256\/[0-9a-f]{64}$/;

/**
 * Writes a mirror's folder into one tar file, whole or not at all: the index first, then its files by name, without times and owners,
 * so that equal mirrors are equal archives. A file that has the name is replaced.
 *
 * @throws EpackError `io`, `file_refused`, `file_not_found`
 */
export async function packMirror(
  folder: string,
  archivePath: string,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  const blobs: string[] = [];
  for await (const { name } of Deno.readDir(join(folder, BLOB_FOLDER))) blobs.push(`blobs/sha256/${name}`);
  const breathe = breather(options.signal);
  await using staging = await createStaging(archivePath, { mode: 0o644 });
  try {
    for (const name of [INDEX_NAME, ...blobs.filter((name) => BLOB_NAME.test(name)).sort()]) {
      using file = await openRegular(join(folder, name), { what: "mirrored file" });
      writeAll(staging.file, tarHeader(name, file.sizeBytes));
      for (let at = 0; at < file.sizeBytes; at += CHUNK) {
        await breathe();
        writeAll(staging.file, readExactly(file, at, Math.min(CHUNK, file.sizeBytes - at)));
      }
      writeAll(staging.file, new Uint8Array((BLOCK - file.sizeBytes % BLOCK) % BLOCK));
    }
    writeAll(staging.file, new Uint8Array(2 * BLOCK));
  } catch (error) {
    throw ioError(error, archivePath);
  }
  await staging.commit({ force: true });
}

/**
 * Takes a mirror out of a tar file, into a private folder that the caller removes. Only the index and files named by a digest are
 * taken; any other name, a link or a device refuses the whole archive. What the files are is checked by whoever reads the mirror.
 *
 * @throws EpackError `file_refused` for what is no mirror's archive, `file_not_found`, `io`
 */
export async function unpackMirror(archivePath: string, options: { signal?: AbortSignal } = {}): Promise<PrivateDir> {
  const breathe = breather(options.signal);
  using archive = await openRegular(archivePath, { what: "mirror" });
  const dir = privateDir("epack-mirror-");
  try {
    let at = 0;
    for (; at + BLOCK <= archive.sizeBytes;) {
      const header = readExactly(archive, at, BLOCK);
      if (header.every((byte) => byte === 0)) return dir;
      const { name, size, type } = parseHeader(header, archivePath);
      at += BLOCK;
      if (at + size > archive.sizeBytes) throw notAMirror(archivePath, "it ends too early");
      // folders say nothing, and records with times and owners nothing that is needed
      if (!"5xg".includes(type)) {
        if (!"0\0".includes(type) || (name !== INDEX_NAME && !BLOB_NAME.test(name))) {
          throw notAMirror(archivePath, `it has ${JSON.stringify(showText(name, { maxChars: 100 }))}`);
        }
        const target = join(dir.path, name);
        await Deno.mkdir(dirname(target), { recursive: true });
        using out = await Deno.open(target, { createNew: true, write: true, mode: 0o600 });
        for (let done = 0; done < size; done += CHUNK) {
          await breathe();
          writeAll(out, readExactly(archive, at + done, Math.min(CHUNK, size - done)));
        }
      }
      at += Math.ceil(size / BLOCK) * BLOCK;
    }
    throw notAMirror(archivePath, "it ends too early");
  } catch (error) {
    dir.remove();
    if (error instanceof Deno.errors.AlreadyExists) throw notAMirror(archivePath, "it has a name twice");
    throw ioError(error, archivePath);
  }
}

function readExactly(source: RegularFile, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  if (readAt(source.file, at, bytes) === length) return bytes;
  throw new EpackError("io", `${JSON.stringify(source.path)} changed while it was read`, { origin: "input" });
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

function tarHeader(name: string, size: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, `${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`);
  put(124, `${octal(size, 11)}\0${octal(0, 11)}\0`);
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(148, `${octal(checksumOf(header), 6)}\0 `);
  return header;
}

/** The sum of all bytes, with the field of the sum itself as spaces. */
function checksumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

function parseHeader(header: Uint8Array, archivePath: string): { name: string; size: number; type: string } {
  const text = (at: number, length: number) => new TextDecoder("latin1").decode(header.subarray(at, at + length));
  const field = (at: number, length: number) => text(at, length).split("\0")[0].trim();
  const number = (
    at: number,
    length: number,
  ) => (/^[0-7]+$/.test(field(at, length)) ? parseInt(field(at, length), 8) : NaN);
  const size = number(124, 12);
  if (number(148, 8) !== checksumOf(header) || text(257, 5) !== "ustar") {
    throw notAMirror(archivePath, "it is no tar file");
  }
  if (!(size <= RELEASE.mirrorFileBytes) || field(345, 155) !== "") {
    throw notAMirror(archivePath, "a file of it is too long");
  }
  return { name: field(0, 100).replace(/^\.\//, ""), size, type: text(156, 1) };
}

function notAMirror(archivePath: string, why: string): EpackError {
  return new EpackError("file_refused", `${JSON.stringify(archivePath)} is no mirror: ${why}`, {
    origin: "input",
    hint: "make one with: epack mirror create mirror.tar",
  });
}
