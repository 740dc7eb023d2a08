import type { ZipSink } from "./zip_writer.ts";

const BLOCK_BYTES = 1024 * 1024;

/** Where a zip goes that is written to a file. */
export interface FileSink extends ZipSink {
  offset(): number;
  /** Forgets everything behind an offset. */
  cut(offset: number): void;
  /** Writes what is pending; returns the size. */
  finish(): number;
}

/** Writes in blocks: thousands of small files must not be thousands of small writes. */
export function fileSink(file: Deno.FsFile): FileSink {
  const pending = new Uint8Array(BLOCK_BYTES);
  let filled = 0;
  let flushed = 0;
  const writeAll = (bytes: Uint8Array) => {
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
  };
  const flush = () => {
    writeAll(pending.subarray(0, filled));
    flushed += filled;
    filled = 0;
  };
  return {
    write(bytes) {
      if (filled + bytes.length > pending.length) flush();
      if (bytes.length > pending.length) {
        writeAll(bytes);
        flushed += bytes.length;
        return;
      }
      pending.set(bytes, filled);
      filled += bytes.length;
    },
    rewrite(offset, bytes) {
      flush();
      file.seekSync(offset, Deno.SeekMode.Start);
      writeAll(bytes);
      file.seekSync(flushed, Deno.SeekMode.Start);
    },
    offset: () => flushed + filled,
    cut(offset) {
      flush();
      file.truncateSync(offset);
      file.seekSync(offset, Deno.SeekMode.Start);
      flushed = offset;
    },
    finish() {
      flush();
      return flushed;
    },
  };
}
