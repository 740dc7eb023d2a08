import { basename, join } from "node:path";
import { createHasher, type Digest } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { breather, hashFile, ioError, openRegular, type PrivateDir, privateDir, readAt } from "../files/mod.ts";
import { ADAPTER } from "../limits.ts";
import { HEAD_BYTES } from "./program_file.ts";

declare const admitted: unique symbol;

/**
 * A sealed private copy of an adapter: the bytes that were hashed are the bytes that run, whatever happens to the original.
 * Only {@link admitPinned} and {@link admitUnpinned} make one.
 */
export interface Admitted extends Disposable {
  readonly [admitted]: true;
  /** Of the sealed copy. */
  readonly path: string;
  readonly fileDigest: Digest;
  /** Permission bits of the original; null where files have none (Windows). */
  readonly originalMode: number | null;
  /** "pinned": the digest is the lockfile's. "unpinned": nobody vouched for it. */
  readonly assurance: "pinned" | "unpinned";
}

export interface AdmitOptions {
  /** Bound of its size; default: that of a native adapter. */
  maxBytes?: number;
  /** Default: the system's temporary folder. */
  tempRoot?: string;
  signal?: AbortSignal;
}

const PREFIX = "epack-adapter-";
const BLOCK_BYTES = 1024 * 1024;

/**
 * Copies an adapter into a sealed folder while hashing it, and admits it when its digest is the pinned one.
 *
 * @throws EpackError `adapter_digest_mismatch`, `adapter_not_installed`, `file_refused`, `limit_exceeded`, `io`; nothing is left then
 */
export function admitPinned(path: string, pin: { digest: Digest }, options: AdmitOptions = {}): Promise<Admitted> {
  return seal(path, { ...options, pin: pin.digest });
}

/** Admits an adapter that nobody vouched for. The caller has the user's explicit word for that. @throws as {@link admitPinned} */
export function admitUnpinned(path: string, options: AdmitOptions = {}): Promise<Admitted> {
  return seal(path, options);
}

/**
 * Reads an adapter and compares it with its pin, as admitting it would, without a copy: for those who only ask what would run.
 *
 * @returns its digest, its first bytes and permission bits
 * @throws EpackError as {@link admitPinned}
 */
export async function inspectAdapter(
  path: string,
  options: Pick<AdmitOptions, "maxBytes" | "signal"> & { pin?: Digest },
): Promise<{ fileDigest: Digest; head: Uint8Array; mode: number | null }> {
  using source = await openAdapter(path, options.maxBytes ?? ADAPTER.nativeBytes);
  const fileDigest = await hashFile(source, options);
  requirePinned(path, fileDigest, options);
  const head = new Uint8Array(HEAD_BYTES);
  return { fileDigest, head: head.subarray(0, readAt(source.file, 0, head)), mode: source.file.statSync().mode };
}

async function seal(path: string, options: AdmitOptions & { pin?: Digest }): Promise<Admitted> {
  const { maxBytes = ADAPTER.nativeBytes, pin } = options;
  using source = await openAdapter(path, maxBytes);
  let dir: PrivateDir | undefined;
  try {
    dir = privateDir(PREFIX, { tempRoot: options.tempRoot });
    const sealed = join(dir.path, "sealed");
    Deno.mkdirSync(sealed, { mode: 0o700 });
    const copy = join(sealed, basename(path));
    const fileDigest = await copyWhileHashing(source.file, copy, { maxBytes, signal: options.signal });
    requirePinned(path, fileDigest, { pin });
    Deno.chmodSync(copy, 0o500);
    Deno.chmodSync(sealed, 0o500);
    const { remove } = dir;
    return {
      path: copy,
      fileDigest,
      originalMode: source.file.statSync().mode,
      assurance: pin === undefined ? "unpinned" : "pinned",
      [Symbol.dispose]: remove,
    } as Admitted;
  } catch (error) {
    dir?.remove();
    throw ioError(error, path, { what: "adapter" });
  }
}

function requirePinned(path: string, fileDigest: Digest, { pin }: { pin?: Digest }): void {
  if (pin === undefined || fileDigest === pin) return;
  throw new EpackError(
    "adapter_digest_mismatch",
    `adapter ${
      JSON.stringify(path)
    } is not the one that was locked: its digest is ${fileDigest}, the pinned one ${pin}`,
    {
      origin: "adapter",
      hint: "restore the locked file, or review the new one and run: epack lock",
    },
  );
}

async function openAdapter(path: string, maxBytes: number) {
  try {
    return await openRegular(path, { what: "adapter", maxBytes });
  } catch (error) {
    if (!isEpackError(error, "file_not_found")) throw error;
    throw new EpackError("adapter_not_installed", `adapter ${JSON.stringify(path)} does not exist`, {
      origin: "project",
      hint: "install it there, or correct binary: in epack.yaml",
      cause: error,
    });
  }
}

/** Synchronous blocks on this thread: a descriptor that another thread's child inherits would make the copy "busy". */
async function copyWhileHashing(
  source: Deno.FsFile,
  copy: string,
  options: { maxBytes: number; signal?: AbortSignal },
): Promise<Digest> {
  const breathe = breather(options.signal);
  const hasher = createHasher();
  const block = new Uint8Array(BLOCK_BYTES);
  using target = Deno.openSync(copy, { createNew: true, write: true, mode: 0o600 });
  for (let offset = 0;;) {
    const count = readAt(source, offset, block);
    if (count === 0) break;
    offset += count;
    if (offset > options.maxBytes) {
      throw new EpackError("limit_exceeded", `the adapter grew beyond ${options.maxBytes} bytes while it was copied`);
    }
    const part = block.subarray(0, count);
    hasher.update(part);
    for (let written = 0; written < part.length;) written += target.writeSync(part.subarray(written));
    await breathe();
  }
  return hasher.digest();
}
