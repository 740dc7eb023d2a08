import { join } from "node:path";

/** Evidence of one shape: how many files of how many bytes. */
export interface Workload {
  name: string;
  files: number;
  bytesPerFile: number;
}

const MIB = 1024 * 1024;

/** An artifact may have 100 MiB, so the large packs have several. */
export const WORKLOADS: readonly Workload[] = [
  { name: "256 MiB", files: 4, bytesPerFile: 64 * MIB },
  { name: "1 GiB", files: 16, bytesPerFile: 64 * MIB },
  { name: "5 000 small", files: 5_000, bytesPerFile: 2_048 },
];

/** Writes the files: random bytes, which nothing compresses. */
export async function writeWorkload(workload: Workload, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const block = new Uint8Array(Math.min(workload.bytesPerFile, MIB));
  for (let index = 0; index < workload.files; index++) {
    using file = await Deno.create(join(folder, `file-${String(index).padStart(5, "0")}.bin`));
    for (let left = workload.bytesPerFile; left > 0; left -= block.length) {
      for (let at = 0; at < block.length; at += 65_536) crypto.getRandomValues(block.subarray(at, at + 65_536));
      const part = block.subarray(0, Math.min(left, block.length));
      for (let written = 0; written < part.length;) written += await file.write(part.subarray(written));
    }
  }
}
