import { join } from "node:path";
import { showJson } from "../codec/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { confineBelow, createExclusive, ensureFolder, ioError } from "../files/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { hexOf } from "../digest/mod.ts";
import type { ReceiptKind } from "./receipt.ts";
import { VERSION } from "../version.ts";
import { goArch, goOs } from "../lockfile/mod.ts";

/** More receipts of one pack in one second than this is a fault, not a workload. */
const MOST_IN_A_SECOND = 10_000;

export interface ReceiptStore {
  /**
   * Writes a receipt whole, beside those that are there: `<YYYYMMDD_HHMMSS>_<8 hex>.json`, then `…_2.json`, `…_3.json`.
   *
   * @returns the path of the receipt
   * @throws EpackError `io`, `permission_denied`: what was done stands, and nobody wrote it down
   */
  write(body: Record<string, unknown>, options: { at: Date; digest: Digest }): Promise<string>;
}

/**
 * Opens `.epack/receipts/<kind>/<remote>/` before anything is sent, so that a folder that cannot be written is known then.
 *
 * @throws EpackError `io` or `file_refused` when the folder cannot be made or is reached through a link
 */
export async function openReceipts(
  projectRoot: string,
  kind: ReceiptKind,
  options: { remote: string },
): Promise<ReceiptStore> {
  const folder = folderOf(projectRoot, kind, options);
  await ensureFolder(folder, { below: projectRoot });
  await requireWritable(folder);
  return {
    async write(body, { at, digest }) {
      const receipt = { receipt_version: 1, created_at: at.toISOString(), ...body, client: client() };
      const text = showJson(receipt) + "\n";
      const stamp = at.toISOString().replace(/[-:]/g, "").replace("T", "_").slice(0, 15);
      const stem = `${stamp}_${hexOf(digest).slice(0, 8)}`;
      for (let number = await freeNumber(folder, stem); number <= MOST_IN_A_SECOND; number++) {
        const path = join(folder, number === 1 ? `${stem}.json` : `${stem}_${number}.json`);
        try {
          await createExclusive(path, text);
          return path;
        } catch (error) {
          if (!isEpackError(error, "file_exists")) throw unwritten(error, kind);
        }
      }
      throw new EpackError("io", `too many receipts of one second in ${folder}`);
    },
  };
}

/** Whether {@link openReceipts} would refuse the place, as far as that can be seen without writing. @throws EpackError `file_refused` */
export async function foreseeReceipts(
  projectRoot: string,
  kind: ReceiptKind,
  options: { remote: string },
): Promise<void> {
  await confineBelow(projectRoot, folderOf(projectRoot, kind, options));
}

function folderOf(projectRoot: string, kind: ReceiptKind, { remote }: { remote: string }): string {
  return join(projectRoot, ".epack", "receipts", kind, remote);
}

/** One more than the highest number that is there: trying them all would take long where there are many. */
async function freeNumber(folder: string, stem: string): Promise<number> {
  let highest = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith(stem) || !name.endsWith(".json")) continue;
    const rest = name.slice(stem.length, -".json".length);
    highest = Math.max(highest, rest === "" ? 1 : Number(rest.match(/^_(\d{1,5})$/)?.[1] ?? 0));
  }
  return highest + 1;
}

function client(): Record<string, string> {
  return { epack_version: VERSION, os: goOs(), arch: goArch() };
}

/** A folder that is there may be one that nobody may write to. */
async function requireWritable(folder: string): Promise<void> {
  try {
    const probe = await Deno.makeTempFile({ dir: folder, prefix: ".", suffix: ".tmp" });
    await Deno.remove(probe);
  } catch (error) {
    throw ioError(error, folder, { what: "folder of receipts" });
  }
}

function unwritten(error: unknown, kind: string): unknown {
  if (!isEpackError(error)) return error;
  return new EpackError(error.code, `the ${kind} is done, but its receipt cannot be written: ${error.message}`, {
    origin: error.origin,
    hint: error.hint,
    cause: error,
  });
}
