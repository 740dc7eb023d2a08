import { EpackError } from "../errors.ts";
import { ioError } from "./io_error.ts";

/** What a file was when it was opened. A change of any of these means that it is another file now. */
export interface FileIdentity {
  dev: number;
  ino: number | null;
  sizeBytes: number;
  mtimeMs: number | undefined;
}

/** An open regular file that is what its path named, not what a link pointed to. */
export class RegularFile implements Disposable {
  constructor(readonly path: string, readonly file: Deno.FsFile, readonly identity: FileIdentity) {}

  /** In bytes, at the time of opening. */
  get sizeBytes(): number {
    return this.identity.sizeBytes;
  }

  /** False when size or modification time changed since the file was opened. */
  stillSame(): boolean {
    const now = identityOf(this.file.statSync());
    return now.sizeBytes === this.identity.sizeBytes && now.mtimeMs === this.identity.mtimeMs;
  }

  [Symbol.dispose](): void {
    try {
      this.file.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

export interface OpenOptions {
  /** What the file is to the user, for messages: "pack". */
  what?: string;
  /** In bytes; larger files are refused before they are read. */
  maxBytes?: number;
}

/**
 * Opens a regular file for reading. A link, a folder, a FIFO or a device is refused without being opened, so none can block.
 *
 * O_NOFOLLOW does not hold under named Deno permissions, so the path is looked at before and the handle after: both must be one file.
 *
 * @throws EpackError `file_not_found`, `file_refused`, `limit_exceeded`, `permission_denied`, `io`
 */
export async function openRegular(path: string, options: OpenOptions = {}): Promise<RegularFile> {
  const what = options.what ?? "file";
  const refuse = (why: string) =>
    new EpackError("file_refused", `${what} ${JSON.stringify(path)} ${why}`, { origin: "input" });
  try {
    // synchronous inside: regular files answer at once, and thousands of them should
    const seen = Deno.lstatSync(path);
    if (seen.isSymlink) throw refuse("is a link, and links are not followed here");
    if (seen.isDirectory) throw refuse("is a folder");
    if (!seen.isFile) throw refuse("is not a regular file");
    const file = Deno.openSync(path, { read: true });
    const opened = file.statSync();
    if (!opened.isFile || opened.dev !== seen.dev || opened.ino !== seen.ino) {
      file.close();
      throw refuse("was replaced while it was opened");
    }
    if (options.maxBytes !== undefined && opened.size > options.maxBytes) {
      file.close();
      throw new EpackError(
        "limit_exceeded",
        `${what} ${JSON.stringify(path)} has ${opened.size} bytes; at most ${options.maxBytes} are read`,
        {
          origin: "input",
        },
      );
    }
    return new RegularFile(path, file, identityOf(opened));
  } catch (error) {
    throw ioError(error, path, { what });
  }
}

/** The whole of a small regular file. @throws as {@link openRegular} */
export async function readRegular(
  path: string,
  options: OpenOptions & { maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  using source = await openRegular(path, options);
  // one byte more than the size at opening: a file that grows meanwhile is seen
  const bytes = new Uint8Array(source.sizeBytes + 1);
  const count = readAt(source.file, 0, bytes);
  if (count !== source.sizeBytes) {
    throw new EpackError("io", `${options.what ?? "file"} ${JSON.stringify(path)} changed while it was read`, {
      origin: "input",
    });
  }
  return bytes.subarray(0, count);
}

/** Fills `into` from an offset of the file, as far as the file goes; returns the count. One handle serves several readers. */
export function readAt(file: Deno.FsFile, offset: number, into: Uint8Array): number {
  file.seekSync(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < into.length) {
    const count = file.readSync(into.subarray(filled));
    if (count === null || count === 0) break;
    filled += count;
  }
  return filled;
}

function identityOf(info: Deno.FileInfo): FileIdentity {
  return { dev: info.dev, ino: info.ino, sizeBytes: info.size, mtimeMs: info.mtime?.getTime() };
}

/** True when both paths are one file; false when either is missing. */
export async function sameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => Deno.stat(path).catch(() => undefined)));
  return first !== undefined && second !== undefined && first.ino !== null && first.dev === second.dev &&
    first.ino === second.ino;
}
