/** The end record and the central directory of a zip (APPNOTE 4.3.12 – 4.3.16, 4.5.3), read without trusting any of it. */
import { readAt, type RegularFile } from "../files/mod.ts";
import { PACK } from "../limits.ts";
import { checkDistinctNames, checkEntryName } from "./entry_name.ts";
import { PackError } from "./fault.ts";
import { checkAttributes, number64, readExtraFields } from "./zip_entry_facts.ts";

const END = 0x06054b50;
const END_BYTES = 22;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_LOCATOR_BYTES = 20;
const ZIP64_END = 0x06064b50;
const ZIP64_END_BYTES = 56;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const MOST_COMMENT_BYTES = 0xffff;

/** An entry as the central directory describes it. */
export interface CentralEntry {
  name: string;
  nameBytes: Uint8Array;
  isDirectory: boolean;
  flags: number;
  method: number;
  crc32: number;
  compressedBytes: number;
  sizeBytes: number;
  localOffset: number;
  zip64: boolean;
}

export interface ZipDirectory {
  entries: CentralEntry[];
  /** Where the central directory begins: the end of all entries. */
  offset: number;
}

/** @throws PackError */
export function readZipDirectory(file: RegularFile): ZipDirectory {
  if (file.sizeBytes > PACK.fileBytes) throw new PackError("file_too_large", { detail: `${file.sizeBytes} bytes` });
  const end = findEnd(file);
  if (end.offset + end.size !== end.recordsAt) {
    throw new PackError(end.offset + end.size < end.recordsAt ? "foreign_bytes" : "bad_end_record");
  }
  if (end.count > PACK.entries) {
    throw new PackError("too_many_entries", { detail: `${end.count}; at most ${PACK.entries} are read` });
  }
  // every entry takes at least its fixed part, so the size bounds the count before anything is allocated
  if (end.size < end.count * CENTRAL_BYTES) {
    throw new PackError("bad_end_record", { detail: "it counts more entries than there is room for" });
  }
  const bytes = new Uint8Array(end.size);
  if (readAt(file.file, end.offset, bytes) !== end.size) throw new PackError("bad_end_record");
  const entries: CentralEntry[] = [];
  let at = 0;
  for (let index = 0; index < end.count; index++) {
    const { entry, next } = readCentral(bytes, at);
    entries.push(entry);
    at = next;
  }
  if (at !== end.size) throw new PackError("bad_central_directory", { detail: "it has bytes after its last entry" });
  checkDistinctNames(entries.map((entry) => entry.name));
  checkSums(entries);
  return { entries, offset: end.offset };
}

interface End {
  count: number;
  size: number;
  offset: number;
  /** Where the end records (zip64's, else the plain one) begin. */
  recordsAt: number;
}

function findEnd(file: RegularFile): End {
  const tailBytes = Math.min(file.sizeBytes, END_BYTES + MOST_COMMENT_BYTES);
  const tailAt = file.sizeBytes - tailBytes;
  const tail = new Uint8Array(tailBytes);
  readAt(file.file, tailAt, tail);
  const view = new DataView(tail.buffer);
  for (let at = tailBytes - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || view.getUint16(at + 20, true) !== tailBytes - at - END_BYTES) continue;
    const comment = tail.subarray(at + END_BYTES);
    for (let inside = 0; inside + 4 <= comment.length; inside++) {
      if (view.getUint32(at + END_BYTES + inside, true) === END) throw new PackError("second_end_record");
    }
    const end: End = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
      recordsAt: tailAt + at,
    };
    if (view.getUint16(at + 4, true) !== 0 || view.getUint16(at + 6, true) !== 0) throw new PackError("split_archive");
    if (view.getUint16(at + 8, true) !== end.count) {
      throw new PackError("split_archive", { detail: "its entry counts differ" });
    }
    return readZip64End(file, end);
  }
  throw new PackError("not_a_zip", file.sizeBytes === 0 ? { detail: "it is empty" } : {});
}

/** The zip64 end record where a locator stands before the plain one; the two must agree unless a field says "see zip64". */
function readZip64End(file: RegularFile, end: End): End {
  const locatorAt = end.recordsAt - ZIP64_LOCATOR_BYTES;
  const locator = new DataView(new ArrayBuffer(ZIP64_LOCATOR_BYTES));
  const full = end.count === 0xffff || end.size === 0xffffffff || end.offset === 0xffffffff;
  const found = locatorAt >= 0 &&
    readAt(file.file, locatorAt, new Uint8Array(locator.buffer)) === ZIP64_LOCATOR_BYTES &&
    locator.getUint32(0, true) === ZIP64_LOCATOR;
  // the same bytes may be the end of a plain central directory: its last entry's comment
  if (!found || (!full && end.offset + end.size === end.recordsAt)) return end;
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) !== 1) throw new PackError("split_archive");
  const recordAt = number64(locator, 8);
  if (recordAt + ZIP64_END_BYTES !== locatorAt) {
    throw new PackError("bad_end_record", { detail: "its zip64 locator points elsewhere" });
  }
  const record = new DataView(new ArrayBuffer(ZIP64_END_BYTES));
  readAt(file.file, recordAt, new Uint8Array(record.buffer));
  if (record.getUint32(0, true) !== ZIP64_END || number64(record, 4) !== ZIP64_END_BYTES - 12) {
    throw new PackError("bad_end_record");
  }
  if (record.getUint32(16, true) !== 0 || record.getUint32(20, true) !== 0) throw new PackError("split_archive");
  const count = number64(record, 32);
  if (number64(record, 24) !== count) throw new PackError("split_archive", { detail: "its entry counts differ" });
  const wide = { count, size: number64(record, 40), offset: number64(record, 48), recordsAt: recordAt };
  const agrees = (plain: number, value: number, mark: number) => plain === value || plain === mark;
  if (
    !agrees(end.count, count, 0xffff) || !agrees(end.size, wide.size, 0xffffffff) ||
    !agrees(end.offset, wide.offset, 0xffffffff)
  ) {
    throw new PackError("bad_end_record", { detail: "its zip64 record contradicts the plain one" });
  }
  return wide;
}

function readCentral(bytes: Uint8Array<ArrayBuffer>, at: number): { entry: CentralEntry; next: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL) {
    throw new PackError("bad_central_directory");
  }
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const nameAt = at + CENTRAL_BYTES;
  const next = nameAt + nameLength + extraLength + view.getUint16(at + 32, true);
  if (next > bytes.length) throw new PackError("bad_central_directory");
  const nameBytes = bytes.slice(nameAt, nameAt + nameLength);
  const name = decodeName(nameBytes);
  checkEntryName(name);
  if (view.getUint16(at + 34, true) !== 0) throw new PackError("split_archive", { entry: name });
  const extra = readExtraFields(bytes.subarray(nameAt + nameLength, nameAt + nameLength + extraLength), {
    name,
    nameBytes,
    sizeBytes: view.getUint32(at + 24, true),
    compressedBytes: view.getUint32(at + 20, true),
    localOffset: view.getUint32(at + 42, true),
  });
  const entry: CentralEntry = {
    name,
    nameBytes,
    isDirectory: name.endsWith("/"),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc32: view.getUint32(at + 16, true),
    compressedBytes: extra.compressedBytes,
    sizeBytes: extra.sizeBytes,
    localOffset: extra.localOffset ?? 0,
    zip64: extra.zip64,
  };
  checkAttributes(entry, { madeBy: view.getUint16(at + 4, true) >> 8, external: view.getUint32(at + 38, true) });
  return { entry, next };
}

function decodeName(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PackError("invalid_path", { entry: new TextDecoder().decode(bytes), detail: "it is not UTF-8" });
  }
}

function checkSums(entries: readonly CentralEntry[]): void {
  let total = 0;
  for (const entry of entries) {
    total += entry.sizeBytes;
    if (entry.sizeBytes > PACK.artifactBytes) {
      throw new PackError("artifact_too_large", { entry: entry.name, detail: `${entry.sizeBytes} bytes` });
    }
    if (entry.sizeBytes > entry.compressedBytes * PACK.ratio) throw new PackError("zip_bomb", { entry: entry.name });
  }
  if (total > PACK.totalUncompressedBytes) throw new PackError("pack_too_large", { detail: `${total} bytes` });
}
