import { createHash } from "node:crypto";
import { createHasher, type Digest } from "../digest/mod.ts";
import { breather, readAt, type RegularFile } from "../files/mod.ts";

/** Digests of the whole `.epack` file, as adapters in the field want them. */
export interface FileDigests {
  fileDigest: Digest;
  /** Base64 of the MD5: what stores compare an upload with, no proof of anything. */
  checksumMd5: string;
}

const BLOCK_BYTES = 1024 * 1024;

/** Hashes the whole file through its open handle. */
export async function digestFile(file: RegularFile, options: { signal?: AbortSignal } = {}): Promise<FileDigests> {
  const breathe = breather(options.signal);
  const sha256 = createHasher();
  const md5 = createHash("md5");
  const block = new Uint8Array(BLOCK_BYTES);
  for (let offset = 0;;) {
    const count = readAt(file.file, offset, block);
    if (count === 0) break;
    const part = block.subarray(0, count);
    sha256.update(part);
    md5.update(part);
    offset += count;
    await breathe();
  }
  return { fileDigest: sha256.digest(), checksumMd5: md5.digest("base64") };
}
