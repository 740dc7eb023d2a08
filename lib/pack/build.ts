import { crc32, createDeflateRaw, deflateRawSync } from "node:zlib";
import { createHasher, type Digest, digestFromHex, digestOf } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { breather, createStaging, openRegular, readAt, type RegularFile, sameFile } from "../files/mod.ts";
import { PACK } from "../limits.ts";
import { canonicalJson, type JsonValue } from "../codec/mod.ts";
import { type BuildFile, type BuildInput, gatherFiles } from "./build_input.ts";
import { contentDigest } from "./content_digest.ts";
import { type FileSink, fileSink } from "./file_sink.ts";
import { type Artifact, type Manifest, manifestSchema } from "./manifest.ts";
import { DEFLATED, STORED } from "./zip_entry_facts.ts";
import { ZipWriter } from "./zip_writer.ts";

export interface BuildOptions {
  output: string;
  /** Relative inputs are below this folder. */
  cwd: string;
  stream: string;
  inputs: readonly BuildInput[];
  sources?: readonly { name: string; version?: string }[];
  /** Stands in the manifest, to the second. The same input and time give the same bytes. */
  generatedAt: Date;
  /** Replaces an existing output. Default false. */
  force?: boolean;
  signal?: AbortSignal;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export interface BuiltPack {
  path: string;
  packDigest: Digest;
  manifestDigest: Digest;
  sizeBytes: number;
  artifactCount: number;
}

const BLOCK_BYTES = 1024 * 1024;
const BLANK = digestFromHex("0".repeat(64));

/**
 * Builds a pack: manifest.json first, then artifacts/, then the artifacts by path. It appears under its name whole or not at all.
 *
 * The manifest comes first but knows the digests last: its place is kept (digests have one length, and sizes are known), and it
 * is written when all artifacts have been read, once each. A file that changes meanwhile is refused.
 *
 * @throws EpackError `usage`, `file_not_found`, `file_refused`, `file_exists`, `limit_exceeded`, `pack_changed`, `io`; PackError for names
 */
export async function buildPack(options: BuildOptions): Promise<BuiltPack> {
  if (options.stream.trim() === "") {
    throw new EpackError("usage", "the stream is empty", { origin: "input", hint: "name one with --stream" });
  }
  const files = await gatherFiles(options.inputs, options);
  const outputExists = await Deno.lstat(options.output).then(() => true, () => false);
  for (const file of outputExists ? files : []) {
    if (await sameFile(file.source, options.output)) {
      throw new EpackError("usage", `the output ${JSON.stringify(options.output)} is also an input`, {
        origin: "input",
        hint: "write the pack to another place",
      });
    }
  }
  const artifacts: Artifact[] = [];
  for (const file of files) artifacts.push(describe(file));
  const totalBytes = artifacts.reduce((sum, artifact) => sum + artifact.size, 0);
  if (totalBytes > PACK.totalUncompressedBytes) {
    throw new EpackError(
      "limit_exceeded",
      `the inputs have ${totalBytes} bytes; a pack holds at most ${PACK.totalUncompressedBytes}`,
      { origin: "input" },
    );
  }

  await using staging = await createStaging(options.output);
  const sink = fileSink(staging.file);
  const zip = new ZipWriter(sink);
  const reserved = manifestText(manifestOf(options, artifacts)).length;
  const manifestEntry = zip.startFile("manifest.json", { method: STORED });
  const manifestAt = sink.offset();
  manifestEntry.write(new Uint8Array(reserved));
  zip.addFolder("artifacts/");
  let doneBytes = 0;
  for (const [index, file] of files.entries()) {
    const onBlock = (bytes: number) => options.onProgress?.(doneBytes += bytes, totalBytes);
    artifacts[index].digest = await addFile(zip, file, { ...options, sizeBytes: artifacts[index].size, onBlock, sink });
  }
  const manifest = manifestOf(options, artifacts);
  const bytes = manifestText(manifest);
  if (bytes.length !== reserved) {
    throw new EpackError("internal", "the manifest has another size than was reserved for it");
  }
  sink.rewrite(manifestAt, bytes);
  manifestEntry.end({ crc: crc32(bytes), sizeBytes: bytes.length });
  zip.finish();
  const sizeBytes = sink.finish();
  if (sizeBytes > PACK.fileBytes) {
    throw new EpackError(
      "limit_exceeded",
      `the pack would have ${sizeBytes} bytes; at most ${PACK.fileBytes} are allowed`,
    );
  }
  await staging.commit({ force: options.force ?? false });
  return {
    path: options.output,
    packDigest: manifest.pack_digest,
    manifestDigest: digestOf(canonicalJson(JSON.parse(JSON.stringify(manifest)) as JsonValue)),
    sizeBytes,
    artifactCount: artifacts.length,
  };
}

function describe(file: BuildFile): Artifact {
  return {
    type: "embedded",
    path: file.path,
    digest: BLANK,
    size: file.sizeBytes,
    ...(file.contentType === undefined ? {} : { content_type: file.contentType }),
  };
}

function manifestOf(options: BuildOptions, artifacts: Artifact[]): Manifest {
  return manifestSchema.parse({
    spec_version: "1.0",
    stream: options.stream,
    generated_at: options.generatedAt.toISOString().replace(/\.\d+Z$/, "Z"),
    pack_digest: contentDigest(artifacts),
    sources: options.sources ?? [],
    artifacts,
  });
}

const manifestText = (manifest: Manifest) => new TextEncoder().encode(JSON.stringify(manifest, null, 2) + "\n");

interface AddOptions {
  sizeBytes: number;
  signal?: AbortSignal;
  onBlock: (bytes: number) => void;
  sink: FileSink;
}

/** Adds one file, deflated where that pays and stays within the ratio that readers accept; returns its digest. */
async function addFile(zip: ZipWriter, file: BuildFile, options: AddOptions): Promise<Digest> {
  using source = await openRegular(file.source, { what: "input", maxBytes: PACK.artifactBytes });
  const first = new Uint8Array(Math.min(BLOCK_BYTES, source.sizeBytes));
  const filled = readAt(source.file, 0, first);
  const added = filled === source.sizeBytes
    ? addSmall(zip, file.path, { ...options, bytes: first })
    : await addLarge(zip, source, { ...options, path: file.path, first });
  if (added.sizeBytes !== options.sizeBytes || !source.stillSame()) {
    throw new EpackError("pack_changed", `${JSON.stringify(file.source)} changed while it was packed`, {
      origin: "input",
      hint: "try again when it is no longer written to",
    });
  }
  return added.digest;
}

/** What a cheap look says of a block: does it shrink at all? Stored files are copied at the disk's speed. */
const shrinks = (bytes: Uint8Array) =>
  deflateRawSync(bytes, { level: 1, memLevel: 4, windowBits: 12 }).length < bytes.length * 0.95;

/** True when the compressed form is larger, or so small that readers take it for a bomb. */
const wasted = (compressedBytes: number, sizeBytes: number) =>
  compressedBytes >= sizeBytes || sizeBytes > compressedBytes * PACK.ratio;

interface Added {
  digest: Digest;
  sizeBytes: number;
}

function addSmall(zip: ZipWriter, path: string, options: AddOptions & { bytes: Uint8Array }): Added {
  options.signal?.throwIfAborted();
  const { bytes } = options;
  const deflated = bytes.length > 0 && shrinks(bytes) ? deflateRawSync(bytes, { level: 6 }) : bytes;
  const stored = wasted(deflated.length, bytes.length);
  zip.addWhole(path, {
    method: stored ? STORED : DEFLATED,
    data: stored ? bytes : deflated,
    crc: crc32(bytes),
    sizeBytes: bytes.length,
  });
  options.onBlock(bytes.length);
  return { digest: digestOf(bytes), sizeBytes: bytes.length };
}

async function addLarge(
  zip: ZipWriter,
  source: RegularFile,
  options: AddOptions & { path: string; first: Uint8Array },
): Promise<Added> {
  const mark = zip.mark();
  if (!shrinks(options.first)) return await copyInto(zip, source, { ...options, method: STORED });
  const added = await copyInto(zip, source, { ...options, method: DEFLATED });
  if (!wasted(added.compressedBytes, added.sizeBytes)) return added;
  zip.cutBack(mark);
  options.sink.cut(mark.offset);
  return await copyInto(zip, source, { ...options, method: STORED, onBlock: () => {} });
}

async function copyInto(
  zip: ZipWriter,
  source: RegularFile,
  options: AddOptions & { path: string; method: number },
): Promise<Added & { compressedBytes: number }> {
  const entry = zip.startFile(options.path, options);
  const breathe = breather(options.signal);
  const hasher = createHasher();
  let crc = 0;
  let sizeBytes = 0;
  let compressedBytes = 0;
  const put = (data: Uint8Array) => {
    compressedBytes += data.length;
    entry.write(data);
  };
  const deflate = options.method === DEFLATED ? createDeflateRaw({ level: 6 }) : undefined;
  deflate?.on("data", put);
  const block = new Uint8Array(Math.min(BLOCK_BYTES, options.sizeBytes + 1));
  for (;;) {
    const count = readAt(source.file, sizeBytes, block);
    if (count === 0) break;
    const part = block.subarray(0, count);
    hasher.update(part);
    crc = crc32(part, crc);
    sizeBytes += count;
    if (deflate === undefined) put(part);
    else {await new Promise<void>((resolve, reject) =>
        deflate.write(part, (error) => (error ? reject(error) : resolve()))
      );}
    options.onBlock(count);
    await breathe();
  }
  if (deflate !== undefined) {
    await new Promise<void>((resolve, reject) => deflate.once("end", resolve).once("error", reject).end());
  }
  entry.end({ crc, sizeBytes });
  return { digest: hasher.digest(), sizeBytes, compressedBytes };
}
