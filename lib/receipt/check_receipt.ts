import { resolve } from "node:path";
import { isEpackError } from "../errors.ts";
import type { Digest } from "../digest/mod.ts";
import { hashFile, openRegular, type RegularFile } from "../files/mod.ts";
import { checkContents, openPack } from "../pack/mod.ts";
import type { Receipt, StoredReceipt } from "./receipt.ts";

/** `unreadable`: it is there, and this user may not read it. */
export type PackStatus = "unchanged" | "changed" | "missing" | "unreadable";

/** How the pack of a receipt is today. */
export interface ReceiptCheck {
  packPath: string;
  status: PackStatus;
  /** Why it is not unchanged. */
  reason?: string;
  fileDigest?: Digest;
  packDigest?: Digest;
}

export interface CheckOptions {
  /** A relative path in a receipt is below this folder. */
  projectRoot: string;
  signal?: AbortSignal;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Looks whether the pack that a receipt names is still there and unchanged: the file's digest, and all of its contents. A pull that
 * was not verified has its file's digest compared alone.
 */
export async function checkReceipt({ receipt }: StoredReceipt, options: CheckOptions): Promise<ReceiptCheck> {
  const packPath = resolve(options.projectRoot, receipt.packPath);
  try {
    const found = await look(packPath, receipt, options);
    const reason = difference(receipt, found);
    return { packPath, ...found, status: reason === undefined ? "unchanged" : "changed", reason };
  } catch (error) {
    if (!isEpackError(error) || options.signal?.aborted) throw error;
    const status = error.code === "file_not_found"
      ? "missing"
      : error.code === "pack_invalid" || error.code === "file_refused"
      ? "changed"
      : "unreadable";
    return { packPath, status, reason: error.message };
  }
}

interface Found {
  sizeBytes: number;
  fileDigest: Digest;
  packDigest?: Digest;
}

async function look(path: string, { verified }: Receipt, options: CheckOptions): Promise<Found> {
  const whole = async (file: RegularFile) => ({ sizeBytes: file.sizeBytes, fileDigest: await hashFile(file, options) });
  if (!verified) {
    using file = await openRegular(path, { what: "pack" });
    return await whole(file);
  }
  using pack = await openPack(path, options);
  const found = await whole(pack.file);
  const { packDigest, artifactErrors: [fault], packDigestError } = await checkContents(pack, options);
  if (fault !== undefined) throw fault;
  if (packDigestError !== undefined) throw packDigestError;
  return { ...found, packDigest };
}

function difference(receipt: Receipt, found: Found): string | undefined {
  const differs = (what: string, is: unknown, was: unknown) => `its ${what} is ${is}; the receipt says ${was}`;
  // a remote that did not say the size left 0 in receipts of the Go tool
  if (receipt.sizeBytes > 0 && receipt.sizeBytes !== found.sizeBytes) {
    return differs("size", found.sizeBytes, receipt.sizeBytes);
  }
  if (receipt.fileDigest !== undefined && receipt.fileDigest !== found.fileDigest) {
    return differs("file digest", found.fileDigest, receipt.fileDigest);
  }
  if (receipt.packDigest !== undefined && found.packDigest !== undefined && receipt.packDigest !== found.packDigest) {
    return differs("pack digest", found.packDigest, receipt.packDigest);
  }
  const { announced } = receipt;
  // a remote may have announced the digest of the pack, which nobody looks at in a pull that was not verified
  if (announced === undefined || announced === found.fileDigest || announced === found.packDigest) return undefined;
  if (!receipt.verified && receipt.fileDigest === found.fileDigest) return undefined;
  return differs("digest", found.fileDigest, announced);
}
