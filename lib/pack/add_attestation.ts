import { crc32 } from "node:zlib";
import { EpackError } from "../errors.ts";
import { breather, createStaging, ioError, readAt } from "../files/mod.ts";
import { PACK } from "../limits.ts";
import { checkAttestation } from "./attestation.ts";
import { PackError } from "./fault.ts";
import { fileSink } from "./file_sink.ts";
import { openPack, type Pack } from "./pack_file.ts";
import { verifyPack } from "./verify.ts";
import { STORED } from "./zip_entry_facts.ts";
import { ZipWriter } from "./zip_writer.ts";

const BLOCK_BYTES = 1024 * 1024;

export interface NewAttestation {
  /** `attestations/<name>.sigstore.json`; one that has the name already is replaced. */
  name: string;
  /** The bundle's JSON. */
  bundle: Uint8Array;
}

export interface AddAttestationOptions {
  /** Called when it is known that a file can be written beside the pack: what is signed may be public at once. */
  attest: () => Promise<NewAttestation>;
  signal?: AbortSignal;
}

/** The new entry, how many attestations the pack has now, and its size. */
export interface AttestedPack {
  name: string;
  attestationCount: number;
  sizeBytes: number;
}

/**
 * Writes the pack anew with one attestation more, and puts it in the place of the old one once all of it was verified. The data of
 * other entries is copied as it is stored. When anything fails, the pack is as it was, and nothing lies beside it.
 *
 * @throws PackError when the pack or the bundle is none; EpackError `pack_changed`, `limit_exceeded`, `io`, …
 */
export async function addAttestation(pack: Pack, options: AddAttestationOptions): Promise<AttestedPack> {
  const { mode } = await pack.file.file.stat();
  await using staging = await createStaging(pack.path, mode === null ? {} : { mode: mode & 0o777 });
  const { name, bundle } = await options.attest();
  checkAttestation(bundle, { entry: name, manifestDigest: pack.manifestDigest });
  const sizeBytes = await write(pack, { name, bundle, signal: options.signal, file: staging.file }).catch((error) => {
    throw ioError(error, pack.path);
  });
  if (sizeBytes > PACK.fileBytes) {
    throw new EpackError(
      "limit_exceeded",
      `the signed pack would have ${sizeBytes} bytes; at most ${PACK.fileBytes} are allowed`,
    );
  }
  using written = await openPack(staging.path, options);
  const { attestationCount } = await verifyPack(written, { ...options, integrityOnly: true });
  if (written.manifestDigest !== pack.manifestDigest) {
    throw new EpackError("internal", "the signed pack has another manifest");
  }
  await refuseChanged(pack);
  options.signal?.throwIfAborted();
  await staging.commit({ force: true });
  return { name, attestationCount, sizeBytes };
}

type WriteOptions = NewAttestation & { file: Deno.FsFile; signal?: AbortSignal };

async function write(pack: Pack, options: WriteOptions): Promise<number> {
  const { name, bundle } = options;
  const sink = fileSink(options.file);
  const zip = new ZipWriter(sink);
  await copyEntries(pack, zip, options);
  zip.addWhole(name, { method: STORED, data: bundle, crc: crc32(bundle), sizeBytes: bundle.length });
  zip.finish();
  return sink.finish();
}

/** In the order of the file, as they are stored. */
async function copyEntries(pack: Pack, zip: ZipWriter, options: WriteOptions): Promise<void> {
  const breathe = breather(options.signal);
  const block = new Uint8Array(BLOCK_BYTES);
  for (const entry of [...pack.entries].sort((a, b) => a.localOffset - b.localOffset)) {
    await breathe();
    if (entry.name === options.name) continue;
    if (entry.isDirectory) {
      zip.addFolder(entry.name);
      continue;
    }
    const copy = zip.startFile(entry.name, entry);
    for (let done = 0; done < entry.compressedBytes;) {
      const part = block.subarray(0, Math.min(block.length, entry.compressedBytes - done));
      if (readAt(pack.file.file, entry.dataOffset + done, part) !== part.length) {
        throw new PackError("size_mismatch", { entry: entry.name, detail: "the file ends too early" });
      }
      copy.write(part);
      done += part.length;
      await breathe();
    }
    copy.end({ crc: entry.crc32, sizeBytes: entry.sizeBytes });
  }
}

/** What somebody else wrote under the pack's name meanwhile is not replaced. */
async function refuseChanged(pack: Pack): Promise<void> {
  const { dev, ino } = pack.file.identity;
  const there = await Deno.lstat(pack.path).catch(() => undefined);
  if (there?.dev === dev && there.ino === ino && pack.file.stillSame()) return;
  throw new EpackError("pack_changed", `${JSON.stringify(pack.path)} changed while it was signed`, {
    origin: "input",
    hint: "sign it again when nothing else writes to it",
  });
}
