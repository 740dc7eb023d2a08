import type { Digest } from "../digest/mod.ts";
import { openRegular, type RegularFile } from "../files/mod.ts";
import { isEpackError } from "../errors.ts";
import { PACK } from "../limits.ts";
import { type AttestationBundle, checkAttestation } from "./attestation.ts";
import { PackError } from "./fault.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { checkDeclared, checkStructure, isAttestationName } from "./structure.ts";
import { readEntryData } from "./zip_data.ts";
import { readZipDirectory } from "./zip_directory.ts";
import { checkLayout, type ZipEntry } from "./zip_layout.ts";

/** An attestation as it is stored: structure checked, signature not. */
export interface Attestation {
  name: string;
  bundle: AttestationBundle;
}

/**
 * An open pack: one handle, zip structure and manifest checked, contents not yet read. Its path is not opened again.
 */
export class Pack implements Disposable {
  private constructor(
    readonly file: RegularFile,
    readonly entries: readonly ZipEntry[],
    /** As it is stored. */
    readonly manifestBytes: Uint8Array<ArrayBuffer>,
    readonly manifest: Manifest,
    /** SHA-256 of the manifest's RFC 8785 form. */
    readonly manifestDigest: Digest,
    readonly attestations: readonly Attestation[],
  ) {}

  /** @throws PackError; EpackError `file_not_found`, `file_refused`, … */
  static async open(path: string, options: { signal?: AbortSignal } = {}): Promise<Pack> {
    const file = await openRegular(path, { what: "pack" });
    try {
      const entries = checkLayout(file, readZipDirectory(file));
      checkStructure(entries);
      const read = async (name: string, maxBytes: number, tooLarge: () => PackError) => {
        const entry = entries.find((candidate) => candidate.name === name) as ZipEntry;
        if (entry.sizeBytes > maxBytes) throw tooLarge();
        return await collect(file, entry, options);
      };
      const manifestBytes = await read("manifest.json", PACK.manifestBytes, () => new PackError("manifest_too_large"));
      const { manifest, manifestDigest } = parseManifest(manifestBytes);
      checkDeclared(entries, manifest.artifacts.map((artifact) => artifact.path));
      const attestations: Attestation[] = [];
      for (const name of entries.map((entry) => entry.name).filter(isAttestationName).sort()) {
        const bytes = await read(
          name,
          PACK.attestationBytes,
          () => new PackError("attestation_too_large", { entry: name }),
        );
        attestations.push({ name, bundle: checkAttestation(bytes, { entry: name, manifestDigest }) });
      }
      return new Pack(file, entries, manifestBytes, manifest, manifestDigest, attestations);
    } catch (error) {
      file[Symbol.dispose]();
      throw isEpackError(error) || options.signal?.aborted
        ? error
        : new PackError("bad_central_directory", { cause: error });
    }
  }

  get path(): string {
    return this.file.path;
  }

  get sizeBytes(): number {
    return this.file.sizeBytes;
  }

  get stream(): string {
    return this.manifest.stream;
  }

  /** The checked bytes of an entry, block by block; each block is valid until the next. @throws PackError */
  read(name: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<Uint8Array> {
    const entry = this.entries.find((candidate) => candidate.name === name);
    if (entry === undefined) throw new PackError("missing_embedded_artifact", { entry: name });
    return readEntryData(this.file, entry, options);
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
  }
}

/** The whole of a small entry. */
async function collect(
  file: RegularFile,
  entry: ZipEntry,
  options: { signal?: AbortSignal },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(entry.sizeBytes);
  let filled = 0;
  for await (const block of readEntryData(file, entry, options)) {
    bytes.set(block, filled);
    filled += block.length;
  }
  return bytes;
}

/** Opens a pack; see {@link Pack.open}. */
export const openPack = Pack.open;
