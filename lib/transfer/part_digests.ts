import { createHasher, type Digest } from "../digest/mod.ts";
import { breather, readAt } from "../files/mod.ts";
import { TRANSFER } from "../limits.ts";
import { changed } from "./http_upload.ts";
import type { Part } from "./part_plan.ts";
import type { UploadSource } from "./transfer_types.ts";

/**
 * The digest of each part of a file, found in one pass that also hashes the whole: the parts are those of the bytes that were
 * verified. Parts follow each other without a gap from the beginning to the end.
 *
 * @throws EpackError `pack_changed`
 */
export async function digestParts(
  { file, fileDigest }: UploadSource,
  parts: readonly Part[],
  options: { signal?: AbortSignal } = {},
): Promise<Digest[]> {
  const breathe = breather(options.signal);
  const whole = createHasher();
  const block = new Uint8Array(TRANSFER.blockBytes);
  const digests: Digest[] = [];
  for (const { offset, sizeBytes } of parts) {
    const hasher = createHasher();
    for (let done = 0; done < sizeBytes;) {
      const bytes = block.subarray(0, Math.min(block.length, sizeBytes - done));
      if (readAt(file.file, offset + done, bytes) !== bytes.length) throw changed(file.path);
      hasher.update(bytes);
      whole.update(bytes);
      done += bytes.length;
      await breathe();
    }
    digests.push(hasher.digest());
  }
  if (whole.digest() !== fileDigest || !file.stillSame()) throw changed(file.path);
  return digests;
}
