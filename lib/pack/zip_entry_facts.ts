/** What a header says of one entry beyond its fixed fields: extra fields, flags, method, file attributes. */
import { crc32 } from "node:zlib";
import { PackError } from "./fault.ts";

const ZIP64_EXTRA = 0x0001;
const UNICODE_PATH_EXTRA = 0x7075;

/** Bits of the general purpose flag that may be set: deflate's speed (1, 2), a data descriptor (3), UTF-8 (11). */
const ALLOWED_FLAGS = 0b1000_0000_1110;
const ENCRYPTED = 1 | 1 << 6 | 1 << 13;
export const DESCRIPTOR_FLAG = 1 << 3;

export const STORED = 0;
export const DEFLATED = 8;

const UNIX = 3;
const DARWIN = 19;
const TYPE_MASK = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;
const LINK = 0o120000;
const DOS_FOLDER = 0x10;

export interface HeaderSizes {
  name: string;
  nameBytes: Uint8Array;
  sizeBytes: number;
  compressedBytes: number;
  /** Of the central directory only. */
  localOffset?: number;
}

/**
 * Walks the extra fields: takes zip64 values for the fields that are full, refuses a Unicode path that is another name, and
 * ignores the rest.
 *
 * @throws PackError `bad_extra_field`, `unicode_path_extra`
 */
export function readExtraFields(extra: Uint8Array<ArrayBuffer>, header: HeaderSizes): HeaderSizes & { zip64: boolean } {
  const refuse = (detail: string) => new PackError("bad_extra_field", { entry: header.name, detail });
  const view = new DataView(extra.buffer, extra.byteOffset, extra.length);
  const found = { ...header, zip64: false };
  for (let at = 0; at < extra.length;) {
    if (at + 4 > extra.length) throw refuse("it is cut off");
    const id = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    const end = at + 4 + length;
    if (end > extra.length) throw refuse("it is longer than its place");
    if (id === ZIP64_EXTRA) {
      if (found.zip64) throw refuse("it has two zip64 parts");
      let field = at + 4;
      const take = () => {
        if (field + 8 > end) throw refuse("its zip64 part is too short");
        field += 8;
        return number64(view, field - 8);
      };
      if (header.sizeBytes === 0xffffffff) found.sizeBytes = take();
      if (header.compressedBytes === 0xffffffff) found.compressedBytes = take();
      if (header.localOffset === 0xffffffff) found.localOffset = take();
      if (field !== end) throw refuse("its zip64 part is too long");
      found.zip64 = true;
    }
    if (id === UNICODE_PATH_EXTRA) {
      const names = extra.subarray(at + 9, end);
      const same = length >= 5 && view.getUint32(at + 5, true) === crc32(header.nameBytes) &&
        names.length === header.nameBytes.length &&
        names.every((byte, index) => byte === header.nameBytes[index]);
      if (!same) throw new PackError("unicode_path_extra", { entry: header.name });
    }
    at = end;
  }
  return found;
}

export interface EntryFacts {
  name: string;
  isDirectory: boolean;
  flags: number;
  method: number;
  sizeBytes: number;
  compressedBytes: number;
}

/**
 * Checks flags, method and file type (R-321 …; no links, devices or other special files).
 *
 * @throws PackError
 */
export function checkAttributes(entry: EntryFacts, options: { madeBy: number; external: number }): void {
  const refuse = (fault: ConstructorParameters<typeof PackError>[0], detail?: string) => {
    throw new PackError(fault, { entry: entry.name, detail });
  };
  if ((entry.flags & ENCRYPTED) !== 0) refuse("encrypted");
  if ((entry.flags & ~ALLOWED_FLAGS) !== 0) refuse("unsupported_method", "it has unknown flags");
  if (entry.method !== STORED && entry.method !== DEFLATED) refuse("unsupported_method", `method ${entry.method}`);
  // non-ASCII names count as UTF-8 with and without their flag: other encodings were refused with the name
  if (entry.isDirectory && (entry.sizeBytes !== 0 || entry.compressedBytes !== 0)) refuse("invalid_directory_entry");
  if (!entry.isDirectory && entry.method === STORED && entry.sizeBytes !== entry.compressedBytes) {
    refuse("size_mismatch", "stored sizes differ");
  }
  const type = options.madeBy === UNIX || options.madeBy === DARWIN ? options.external >>> 16 & TYPE_MASK : 0;
  if (type === LINK) refuse("zip_symlink");
  if (type !== 0 && type !== REGULAR && type !== FOLDER) refuse("zip_special_file");
  const saysFolder = type === FOLDER || (type === 0 && (options.external & DOS_FOLDER) !== 0);
  if (entry.isDirectory ? type === REGULAR : saysFolder) refuse("directory_slash_mismatch");
}

/** A 64-bit field as a number; what is beyond 2^53 cannot be a place in a file that is read here. */
export function number64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(value);
}
