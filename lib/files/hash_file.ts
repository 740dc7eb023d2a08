import { createHasher, type Digest } from "../digest/mod.ts";
import { breather } from "./breathe.ts";
import { readAt, type RegularFile } from "./open.ts";

const BLOCK_BYTES = 1024 * 1024;

/**
 * The digest of a whole file, read through its open handle.
 *
 * @param options.onBlock is shown every block, which is valid until it returns
 */
export async function hashFile(
  file: Pick<RegularFile, "file">,
  options: { signal?: AbortSignal; onBlock?: (block: Uint8Array) => void } = {},
): Promise<Digest> {
  const breathe = breather(options.signal);
  const hasher = createHasher();
  const block = new Uint8Array(BLOCK_BYTES);
  for (let offset = 0;;) {
    const count = readAt(file.file, offset, block);
    if (count === 0) return hasher.digest();
    const part = block.subarray(0, count);
    hasher.update(part);
    options.onBlock?.(part);
    offset += count;
    await breathe();
  }
}
