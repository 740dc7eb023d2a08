/** Local headers against the central directory, and every byte of the file against an entry (APPNOTE 4.3.7, 4.3.9). */
import { readAt, type RegularFile } from "../files/mod.ts";
import { PackError } from "./fault.ts";
import type { CentralEntry, ZipDirectory } from "./zip_directory.ts";
import { DESCRIPTOR_FLAG, number64, readExtraFields } from "./zip_entry_facts.ts";

const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const DESCRIPTOR = 0x08074b50;

/** An entry whose place and headers were checked. */
export interface ZipEntry extends CentralEntry {
  /** Where its (compressed) data begins. */
  dataOffset: number;
}

/**
 * Checks that the entries follow each other without overlap or gap from the first byte to the central directory, and that each
 * local header says what the central one says.
 *
 * @throws PackError
 */
export function checkLayout(file: RegularFile, directory: ZipDirectory): ZipEntry[] {
  const placed = [...directory.entries].sort((a, b) => a.localOffset - b.localOffset);
  const checked = new Map<string, ZipEntry>();
  let expected = 0;
  for (const [index, entry] of placed.entries()) {
    if (entry.localOffset < expected) throw new PackError("overlapping_entries", { entry: entry.name });
    if (entry.localOffset > expected) {
      throw new PackError("foreign_bytes", { entry: entry.name, detail: "before this entry" });
    }
    const limit = placed[index + 1]?.localOffset ?? directory.offset;
    const { dataOffset, end } = readLocal(file, entry, { limit });
    checked.set(entry.name, { ...entry, dataOffset });
    expected = end;
  }
  if (expected < directory.offset) throw new PackError("foreign_bytes", { detail: "before the central directory" });
  if (expected > directory.offset) throw new PackError("overlapping_entries", { detail: "with the central directory" });
  return directory.entries.map((entry) => checked.get(entry.name) as ZipEntry);
}

function readLocal(
  file: RegularFile,
  entry: CentralEntry,
  options: { limit: number },
): { dataOffset: number; end: number } {
  const head = new DataView(new ArrayBuffer(LOCAL_BYTES));
  const refuse = (detail: string) => new PackError("header_mismatch", { entry: entry.name, detail });
  if (
    readAt(file.file, entry.localOffset, new Uint8Array(head.buffer)) !== LOCAL_BYTES ||
    head.getUint32(0, true) !== LOCAL
  ) {
    throw new PackError("bad_local_header", { entry: entry.name });
  }
  const nameLength = head.getUint16(26, true);
  const rest = new Uint8Array(nameLength + head.getUint16(28, true));
  if (readAt(file.file, entry.localOffset + LOCAL_BYTES, rest) !== rest.length) {
    throw new PackError("bad_local_header", { entry: entry.name });
  }
  const nameBytes = rest.subarray(0, nameLength);
  if (nameLength !== entry.nameBytes.length || nameBytes.some((byte, index) => byte !== entry.nameBytes[index])) {
    throw refuse("its name");
  }
  const flags = head.getUint16(6, true);
  // bit 3 may be set on one side only, as long as the values agree
  if ((flags & ~DESCRIPTOR_FLAG) !== (entry.flags & ~DESCRIPTOR_FLAG)) throw refuse("its flags");
  if (head.getUint16(8, true) !== entry.method) throw refuse("its method");
  const local = readExtraFields(rest.subarray(nameLength), {
    name: entry.name,
    nameBytes: entry.nameBytes,
    sizeBytes: head.getUint32(22, true),
    compressedBytes: head.getUint32(18, true),
  });
  const crc = head.getUint32(14, true);
  const described = (flags & DESCRIPTOR_FLAG) !== 0;
  const agrees = (value: number, central: number) => value === central || (described && value === 0);
  if (!agrees(crc, entry.crc32)) throw refuse("its checksum");
  if (!agrees(local.sizeBytes, entry.sizeBytes) && !(described && local.zip64)) throw refuse("its size");
  if (!agrees(local.compressedBytes, entry.compressedBytes) && !(described && local.zip64)) {
    throw refuse("its compressed size");
  }
  if (!described && (entry.flags & DESCRIPTOR_FLAG) !== 0) throw refuse("its flags");
  const dataOffset = entry.localOffset + LOCAL_BYTES + rest.length;
  const dataEnd = dataOffset + entry.compressedBytes;
  if (dataEnd > options.limit) throw new PackError("overlapping_entries", { entry: entry.name });
  if (!described) return { dataOffset, end: dataEnd };
  return {
    dataOffset,
    end: readDescriptor(file, entry, { at: dataEnd, limit: options.limit, zip64: local.zip64 || entry.zip64 }),
  };
}

/** The data descriptor must fill the place up to the next entry and equal the central values. Returns its end. */
function readDescriptor(
  file: RegularFile,
  entry: CentralEntry,
  options: { at: number; limit: number; zip64: boolean },
): number {
  const refuse = () => new PackError("bad_descriptor", { entry: entry.name });
  const length = options.limit - options.at;
  const view = new DataView(new ArrayBuffer(24));
  if (
    ![12, 16, 20, 24].includes(length) ||
    readAt(file.file, options.at, new Uint8Array(view.buffer, 0, length)) !== length
  ) throw refuse();
  const signed = view.getUint32(0, true) === DESCRIPTOR && length !== 12 && length !== 20;
  if (!signed && (length === 16 || length === 24)) throw refuse();
  const start = signed ? 4 : 0;
  const wide = length - start === 20;
  if (wide && !options.zip64) throw refuse();
  const compressed = wide ? number64(view, start + 4) : view.getUint32(start + 4, true);
  const size = wide ? number64(view, start + 12) : view.getUint32(start + 8, true);
  if (view.getUint32(start, true) !== entry.crc32 || compressed !== entry.compressedBytes || size !== entry.sizeBytes) {
    throw refuse();
  }
  return options.limit;
}
