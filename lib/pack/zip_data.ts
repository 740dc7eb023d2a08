import { crc32, createInflateRaw } from "node:zlib";
import { breather, readAt, type RegularFile } from "../files/mod.ts";
import { PACK } from "../limits.ts";
import { PackError } from "./fault.ts";
import { DEFLATED } from "./zip_entry_facts.ts";
import type { ZipEntry } from "./zip_layout.ts";

const BLOCK_BYTES = 1024 * 1024;

/**
 * The uncompressed bytes of an entry, block by block; a block is only valid until the next one is asked for. Size, ratio and
 * CRC are checked while reading: nothing beyond the announced size is given out, and the end is only reached when all is well.
 *
 * @throws PackError `size_mismatch`, `crc_mismatch`, `bad_data`, `zip_bomb`
 */
export async function* readEntryData(
  file: RegularFile,
  entry: ZipEntry,
  options: { signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array> {
  const refuse = (fault: "size_mismatch" | "crc_mismatch" | "zip_bomb") => new PackError(fault, { entry: entry.name });
  const breathe = breather(options.signal);
  let size = 0;
  let crc = 0;
  const source = entry.method === DEFLATED ? inflated(file, entry) : stored(file, entry);
  for await (const block of source) {
    size += block.length;
    if (size > entry.sizeBytes) throw refuse("size_mismatch");
    if (size > entry.compressedBytes * PACK.ratio) throw refuse("zip_bomb");
    crc = crc32(block, crc);
    yield block;
    await breathe();
  }
  if (size !== entry.sizeBytes) throw refuse("size_mismatch");
  if (crc !== entry.crc32) throw refuse("crc_mismatch");
}

function* stored(file: RegularFile, entry: ZipEntry): Generator<Uint8Array> {
  const block = new Uint8Array(Math.min(BLOCK_BYTES, entry.compressedBytes));
  for (let done = 0; done < entry.compressedBytes;) {
    const part = block.subarray(0, Math.min(block.length, entry.compressedBytes - done));
    const count = readAt(file.file, entry.dataOffset + done, part);
    if (count !== part.length) {
      throw new PackError("size_mismatch", { entry: entry.name, detail: "the file ends too early" });
    }
    yield part;
    done += count;
  }
}

async function* inflated(file: RegularFile, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
  const compressed = stored(file, entry);
  let fed = 0;
  const feed = async () => {
    try {
      for (const part of compressed) {
        fed += part.length;
        // the block is read into again: it must be taken in before the next one
        await new Promise<void>((resolve, reject) =>
          inflate.write(part, (error) => (error ? reject(error) : resolve()))
        );
      }
      inflate.end();
    } catch (error) {
      inflate.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const feeding = feed();
  try {
    for await (const block of inflate) yield block;
    await feeding;
  } catch (error) {
    if (error instanceof PackError) throw error;
    throw new PackError("bad_data", { entry: entry.name, cause: error });
  } finally {
    inflate.destroy();
  }
  if (fed !== entry.compressedBytes || inflate.bytesWritten !== entry.compressedBytes) {
    throw new PackError("bad_data", { entry: entry.name, detail: "it has bytes after its end" });
  }
}
