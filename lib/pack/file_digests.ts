import { createHash } from "node:crypto";
import type { Digest } from "../digest/mod.ts";
import { hashFile, type RegularFile } from "../files/mod.ts";

/** Digests of the whole `.epack` file, as adapters in the field want them. */
export interface FileDigests {
  fileDigest: Digest;
  /** Base64 of the MD5: what stores compare an upload with, no proof of anything. */
  checksumMd5: string;
}

/** Hashes the whole file through its open handle. */
export async function digestFile(file: RegularFile, options: { signal?: AbortSignal } = {}): Promise<FileDigests> {
  const md5 = createHash("md5");
  const fileDigest = await hashFile(file, { ...options, onBlock: (block) => void md5.update(block) });
  return { fileDigest, checksumMd5: md5.digest("base64") };
}
