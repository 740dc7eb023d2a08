import { STORED } from "./zip_entry_facts.ts";

/** 1980-01-01 00:00, the first time that a zip can say. */
const DOS_DATE = 0x0021;
const UTF8_FLAG = 1 << 11;
/** Made by Unix, specification 2.0. */
const MADE_BY = 3 << 8 | 20;
const NEEDED = 20;
const MODE_FILE = 0o100644;
const MODE_FOLDER = 0o040755;
const DOS_FOLDER = 0x10;

interface Written {
  name: Uint8Array;
  method: number;
  crc: number;
  compressedBytes: number;
  sizeBytes: number;
  offset: number;
  isDirectory: boolean;
}

/** Where bytes go: in order, at the end of what is there; `rewrite` goes back to a header once its values are known. */
export interface ZipSink {
  write(bytes: Uint8Array): void;
  rewrite(offset: number, bytes: Uint8Array): void;
}

/**
 * Writes a zip: sizes in the local headers, fixed times, no data descriptors, so that the same input gives the same bytes.
 */
export class ZipWriter {
  private readonly entries: Written[] = [];
  private offset = 0;

  constructor(private readonly sink: ZipSink) {}

  addFolder(name: string): void {
    this.emit(this.begin(name, { method: STORED, isDirectory: true }));
  }

  /** A file whose data is at hand, as it is stored. */
  addWhole(name: string, file: { method: number; data: Uint8Array; crc: number; sizeBytes: number }): void {
    const { data, crc, sizeBytes } = file;
    this.emit({ ...this.begin(name, file), crc, sizeBytes, compressedBytes: data.length });
    this.put(data);
  }

  /** Starts a file whose data comes in parts. */
  startFile(name: string, options: { method: number }): ZipFileWriter {
    const entry = this.begin(name, options);
    this.emit(entry);
    return {
      write: (data) => {
        entry.compressedBytes += data.length;
        this.put(data);
      },
      end: ({ crc, sizeBytes }) => {
        Object.assign(entry, { crc, sizeBytes });
        this.sink.rewrite(entry.offset, localHeader(entry));
      },
    };
  }

  /** Where the zip stands, to come back to. */
  mark(): { offset: number; entries: number } {
    return { offset: this.offset, entries: this.entries.length };
  }

  /** Forgets the entries since a mark; the sink must be cut back to its offset too. */
  cutBack(mark: { offset: number; entries: number }): void {
    this.entries.length = mark.entries;
    this.offset = mark.offset;
  }

  /** Writes the central directory and the end record. */
  finish(): void {
    const start = this.offset;
    for (const entry of this.entries) this.put(centralHeader(entry));
    const end = new DataView(new ArrayBuffer(22));
    end.setUint32(0, 0x06054b50, true);
    end.setUint16(8, this.entries.length, true);
    end.setUint16(10, this.entries.length, true);
    end.setUint32(12, this.offset - start, true);
    end.setUint32(16, start, true);
    this.put(new Uint8Array(end.buffer));
  }

  private begin(name: string, options: { method: number; isDirectory?: boolean }): Written {
    return {
      name: new TextEncoder().encode(name),
      method: options.method,
      crc: 0,
      compressedBytes: 0,
      sizeBytes: 0,
      offset: this.offset,
      isDirectory: options.isDirectory ?? false,
    };
  }

  private emit(entry: Written): void {
    this.entries.push(entry);
    this.put(localHeader(entry));
  }

  private put(bytes: Uint8Array): void {
    this.sink.write(bytes);
    this.offset += bytes.length;
  }
}

export interface ZipFileWriter {
  /** Data as it is stored: compressed where the method says so. */
  write(data: Uint8Array): void;
  end(facts: { crc: number; sizeBytes: number }): void;
}

/** The fields that both headers have, from "version needed" on. */
function shared(view: DataView, at: number, entry: Written): void {
  view.setUint16(at, NEEDED, true);
  view.setUint16(at + 2, UTF8_FLAG, true);
  view.setUint16(at + 4, entry.method, true);
  view.setUint16(at + 8, DOS_DATE, true);
  view.setUint32(at + 10, entry.crc, true);
  view.setUint32(at + 14, entry.compressedBytes, true);
  view.setUint32(at + 18, entry.sizeBytes, true);
  view.setUint16(at + 22, entry.name.length, true);
}

function localHeader(entry: Written): Uint8Array {
  const bytes = new Uint8Array(30 + entry.name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  shared(view, 4, entry);
  bytes.set(entry.name, 30);
  return bytes;
}

function centralHeader(entry: Written): Uint8Array {
  const bytes = new Uint8Array(46 + entry.name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, MADE_BY, true);
  shared(view, 6, entry);
  view.setUint32(38, (entry.isDirectory ? (MODE_FOLDER << 16 | DOS_FOLDER) : MODE_FILE << 16) >>> 0, true);
  view.setUint32(42, entry.offset, true);
  bytes.set(entry.name, 46);
  return bytes;
}
