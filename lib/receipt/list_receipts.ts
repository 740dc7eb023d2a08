import { join } from "node:path";
import { type Digest, hexOf } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { confineBelow, listFolder } from "../files/mod.ts";
import { RECEIPT } from "../limits.ts";
import {
  type DamagedReceipt,
  readReceipt,
  type Receipt,
  RECEIPT_KINDS,
  type ReceiptKind,
  type StoredReceipt,
} from "./receipt.ts";

/** Where a file that may be a receipt lies. */
export interface ReceiptFile {
  name: string;
  path: string;
  kind: ReceiptKind;
  remote: string;
}

export interface ReceiptFilter {
  kind?: ReceiptKind;
  remote?: string;
  /** Not older than this. */
  since?: Date;
  /** A digest of the file or the pack, or the beginning of one: `sha256:` and any number of hex digits, or these alone. */
  digest?: string;
  /** The newest ones. */
  limit?: number;
}

/** The newest first, and those that cannot be read. */
export interface Receipts {
  receipts: StoredReceipt[];
  damaged: DamagedReceipt[];
}

/**
 * The receipts of a project. Damaged ones are named beside the others.
 *
 * @throws EpackError `file_refused` when the folder is reached through a link, `limit_exceeded`, `permission_denied`
 */
export async function listReceipts(projectRoot: string, filter: ReceiptFilter = {}): Promise<Receipts> {
  const { receipts, damaged } = await readAll(await receiptFiles(projectRoot, filter));
  const wanted = receipts.filter(({ receipt }) =>
    (filter.since === undefined || receipt.createdAt >= filter.since) &&
    (filter.digest === undefined || digestsOf(receipt).some(beginsWith(filter.digest)))
  );
  return { receipts: wanted.slice(0, filter.limit), damaged };
}

/** Reads files of receipts; the newest first. */
export async function readAll(files: readonly ReceiptFile[]): Promise<Receipts> {
  const receipts: StoredReceipt[] = [];
  const damaged: DamagedReceipt[] = [];
  for (const file of files) {
    try {
      receipts.push(await readReceipt(file.path, file));
    } catch (error) {
      if (!isEpackError(error)) throw error;
      damaged.push({ path: file.path, reason: error.message });
    }
  }
  return { receipts: receipts.sort(newestFirst), damaged };
}

/** The files where receipts are, by name the newest first. A project without any has none. */
export async function receiptFiles(
  projectRoot: string,
  { kind, remote }: { kind?: ReceiptKind; remote?: string } = {},
): Promise<ReceiptFile[]> {
  const found: ReceiptFile[] = [];
  for (const each of kind === undefined ? RECEIPT_KINDS : [kind]) {
    const folder = join(projectRoot, ".epack", "receipts", each);
    for (const of of remote === undefined ? await namesIn(projectRoot, folder) : [remote]) {
      for (const name of await namesIn(projectRoot, join(folder, of))) {
        if (!name.endsWith(".json") || name.startsWith(".")) continue;
        found.push({ name: name.slice(0, -".json".length), path: join(folder, of, name), kind: each, remote: of });
      }
      if (found.length > RECEIPT.files) {
        throw new EpackError("limit_exceeded", `more than ${RECEIPT.files} receipts in ${folder}`, {
          origin: "project",
          hint: "look at one remote with --remote, or move old receipts away",
        });
      }
    }
  }
  return found.sort((a, b) => byName(b.name, a.name));
}

/** What is in a folder below the project; nothing when it is missing or no folder. @throws EpackError `file_refused` for a link */
async function namesIn(projectRoot: string, folder: string): Promise<string[]> {
  await confineBelow(projectRoot, folder);
  const info = await Deno.lstat(folder).catch((error) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  });
  return info?.isDirectory ? (await listFolder(folder)).map(({ name }) => name) : [];
}

const byName = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });

function newestFirst(a: StoredReceipt, b: StoredReceipt): number {
  return b.receipt.createdAt.getTime() - a.receipt.createdAt.getTime() || byName(b.name, a.name);
}

function digestsOf({ fileDigest, packDigest, announced }: Receipt): Digest[] {
  return [fileDigest, packDigest, announced].filter((digest) => digest !== undefined);
}

const beginsWith = (text: string) => (digest: Digest) => digest.startsWith(text) || hexOf(digest).startsWith(text);
