import { createHash } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";

/** One entry of a forged zip; what is not given is as it should be. */
export interface ForgedEntry {
  name: string;
  data?: Uint8Array | string;
  deflate?: boolean;
  /** Raw bytes of the name, instead of its UTF-8. */
  nameBytes?: Uint8Array;
  extra?: Uint8Array;
  /** Unix mode with file type; default regular file or folder. */
  mode?: number;
  dosAttributes?: number;
  descriptor?: "signed" | "unsigned" | Uint8Array;
  /** Fields that lie, on one side. */
  local?: Partial<HeaderFields>;
  central?: Partial<HeaderFields>;
}

export interface HeaderFields {
  signature: number;
  flags: number;
  method: number;
  crc: number;
  compressed: number;
  size: number;
  name: string;
  offset: number;
  disk: number;
}

export interface ForgeOptions {
  prefix?: Uint8Array;
  /** Bytes between the entries and the central directory. */
  gap?: Uint8Array;
  comment?: Uint8Array;
  suffix?: Uint8Array;
  end?: Partial<{ count: number; diskCount: number; size: number; offset: number; disk: number }>;
  /** Bytes after the last central entry, counted in. */
  centralTail?: Uint8Array;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A zip with exactly the faults that are asked for. */
export function forge(entries: ForgedEntry[], options: ForgeOptions = {}): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [options.prefix ?? new Uint8Array(0)];
  const length = () => parts.reduce((sum, part) => sum + part.length, 0);
  const centrals: Uint8Array[] = [];
  for (const entry of entries) {
    const data = typeof entry.data === "string" ? utf8(entry.data) : entry.data ?? new Uint8Array(0);
    const packed = entry.deflate ? deflateRawSync(data) : data;
    const isFolder = entry.name.endsWith("/");
    const described = entry.descriptor !== undefined;
    const truth = {
      flags: 0x800 | (described ? 8 : 0),
      method: entry.deflate ? 8 : 0,
      crc: crc32(data),
      compressed: packed.length,
      size: data.length,
      name: entry.name,
      disk: 0,
    };
    const offset = length();
    const zeros = described ? { crc: 0, compressed: 0, size: 0 } : {};
    parts.push(header(30, { signature: 0x04034b50, ...truth, ...zeros, offset: 0, ...entry.local }, entry), packed);
    if (entry.descriptor instanceof Uint8Array) parts.push(entry.descriptor);
    else if (described) {
      parts.push(
        words([...(entry.descriptor === "signed" ? [0x08074b50] : []), truth.crc, packed.length, data.length]),
      );
    }
    const mode = entry.mode ?? (isFolder ? 0o040755 : 0o100644);
    const central = header(46, { signature: 0x02014b50, ...truth, offset, ...entry.central }, entry);
    new DataView(central.buffer).setUint32(
      38,
      (mode << 16 | (entry.dosAttributes ?? (isFolder ? 0x10 : 0))) >>> 0,
      true,
    );
    centrals.push(central);
  }
  parts.push(options.gap ?? new Uint8Array(0));
  const start = length();
  parts.push(...centrals, options.centralTail ?? new Uint8Array(0));
  const end = { count: entries.length, size: length() - start, offset: start, disk: 0, ...options.end };
  const record = new DataView(new ArrayBuffer(22));
  record.setUint32(0, 0x06054b50, true);
  record.setUint16(4, end.disk, true);
  record.setUint16(6, end.disk, true);
  record.setUint16(8, options.end?.diskCount ?? end.count, true);
  record.setUint16(10, end.count, true);
  record.setUint32(12, end.size, true);
  record.setUint32(16, end.offset, true);
  record.setUint16(20, options.comment?.length ?? 0, true);
  parts.push(new Uint8Array(record.buffer), options.comment ?? new Uint8Array(0), options.suffix ?? new Uint8Array(0));
  const all = new Uint8Array(length());
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function words(values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setUint32(index * 4, value, true));
  return new Uint8Array(view.buffer);
}

function header(fixed: 30 | 46, fields: HeaderFields, entry: ForgedEntry): Uint8Array<ArrayBuffer> {
  const name = entry.nameBytes ?? utf8(fields.name);
  const extra = entry.extra ?? new Uint8Array(0);
  const bytes = new Uint8Array(fixed + name.length + extra.length);
  const view = new DataView(bytes.buffer);
  const at = fixed === 30 ? 4 : 6;
  view.setUint32(0, fields.signature, true);
  if (fixed === 46) view.setUint16(4, 3 << 8 | 20, true);
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, fields.flags, true);
  view.setUint16(at + 4, fields.method, true);
  view.setUint16(at + 8, 0x21, true);
  view.setUint32(at + 10, fields.crc, true);
  view.setUint32(at + 14, fields.compressed, true);
  view.setUint32(at + 18, fields.size, true);
  view.setUint16(at + 22, name.length, true);
  view.setUint16(at + 24, extra.length, true);
  if (fixed === 46) {
    view.setUint16(34, fields.disk, true);
    view.setUint32(42, fields.offset, true);
  }
  bytes.set(name, fixed);
  bytes.set(extra, fixed + name.length);
  return bytes;
}

export const sha256 = (data: Uint8Array | string) => `sha256:${createHash("sha256").update(data).digest("hex")}`;

/** A manifest for artifacts, with fields that lie where that is asked for. */
export function manifestFor(
  artifacts: Record<string, Uint8Array | string>,
  change: Record<string, unknown> = {},
): string {
  const list = Object.entries(artifacts).map(([path, data]) => ({
    type: "embedded",
    path,
    digest: sha256(data),
    size: typeof data === "string" ? utf8(data).length : data.length,
  }));
  const lines = list.map(({ path, digest }) => `${path}\t${digest}\n`).sort().join("");
  return JSON.stringify({
    spec_version: "1.0",
    stream: "s",
    generated_at: "2026-01-02T03:04:05Z",
    pack_digest: sha256(lines),
    sources: [],
    artifacts: list,
    ...change,
  });
}

/** Entries of a good pack: a manifest, the folder, and the artifacts. */
export function packEntries(
  artifacts: Record<string, Uint8Array | string> = { "artifacts/a.txt": "hello" },
  change: Record<string, unknown> = {},
): ForgedEntry[] {
  return [
    { name: "manifest.json", data: manifestFor(artifacts, change) },
    { name: "artifacts/" },
    ...Object.entries(artifacts).map(([name, data]) => ({ name, data })),
  ];
}
