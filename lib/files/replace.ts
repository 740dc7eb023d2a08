import { basename, dirname, join } from "node:path";
import { EpackError } from "../errors.ts";
import { ioError, systemCode } from "./io_error.ts";

/** Makes names of a folder durable (fsync of the folder); systems that cannot open a folder keep them by themselves. */
export function syncFolder(path: string): void {
  try {
    using folder = Deno.openSync(path, { read: true });
    folder.syncSync();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
}

/** A name beside `path` that nothing else uses. */
export function besideName(path: string, suffix: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.${crypto.randomUUID().slice(0, 13)}.${suffix}`);
}

/**
 * Gives a finished file its name without ever replacing anything, not even what appeared meanwhile or a dangling link.
 *
 * @throws EpackError `file_exists`
 */
export async function publishNew(temporary: string, path: string): Promise<void> {
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    const code = systemCode(error);
    // file systems without hard links: claim the name first, then rename over the empty claim
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "EOPNOTSUPP" && code !== "ENOSYS" && code !== "EMLINK") {
      throw error;
    }
    (await Deno.open(path, { createNew: true, write: true, mode: 0o600 })).close();
    await Deno.rename(temporary, path);
    return;
  }
  await Deno.remove(temporary);
}

/** Gives a finished file its name, replacing a regular file that has it. @throws EpackError `file_refused` for anything else there */
export async function publishOver(temporary: string, path: string): Promise<void> {
  const there = await Deno.lstat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile) {
    const kind = there.isSymlink ? "a link" : there.isDirectory ? "a folder" : "no regular file";
    throw new EpackError("file_refused", `${JSON.stringify(path)} is ${kind} and is not replaced`, { origin: "input" });
  }
  await Deno.rename(temporary, path);
}

async function writeDurably(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  using file = await Deno.open(path, { createNew: true, write: true, mode });
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  await file.sync();
}

async function writeThen(
  path: string,
  content: Uint8Array | string,
  options: { mode?: number; publish: typeof publishOver },
): Promise<void> {
  const temporary = besideName(path, "tmp");
  try {
    await writeDurably(temporary, content, options.mode ?? 0o644);
    await options.publish(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw ioError(error, path);
  }
}

/** Writes a small file so that readers see the old or the new one, never a part. @throws EpackError `io`, `file_refused`, … */
export function writeAtomic(
  path: string,
  content: Uint8Array | string,
  options: { mode?: number } = {},
): Promise<void> {
  return writeThen(path, content, { ...options, publish: publishOver });
}

/** Creates a small file whole or not at all, never over another. @throws EpackError `file_exists`, `io`, … */
export function createExclusive(
  path: string,
  content: Uint8Array | string,
  options: { mode?: number } = {},
): Promise<void> {
  return writeThen(path, content, { ...options, publish: publishNew });
}
