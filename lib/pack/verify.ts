import { createHasher, type Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { contentDigest } from "./content_digest.ts";
import { PackError } from "./fault.ts";
import type { Artifact } from "./manifest.ts";
import type { Pack } from "./pack_file.ts";

export interface VerifyOptions {
  signal?: AbortSignal;
  /** Called with uncompressed bytes. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** What a check of the contents found; empty lists are good news. */
export interface PackReport {
  packDigest: Digest;
  artifactErrors: PackError[];
  packDigestError?: PackError;
}

/** Reads every artifact and compares size and digest; finds all that is wrong rather than the first. */
export async function checkContents(pack: Pack, options: VerifyOptions = {}): Promise<PackReport> {
  const { artifacts } = pack.manifest;
  const totalBytes = artifacts.reduce((sum, artifact) => sum + artifact.size, 0);
  const artifactErrors: PackError[] = [];
  const inFileOrder = new Map(pack.entries.map((entry) => [entry.name, entry.dataOffset]));
  let doneBytes = 0;
  for (
    const artifact of [...artifacts].sort((a, b) => (inFileOrder.get(a.path) ?? 0) - (inFileOrder.get(b.path) ?? 0))
  ) {
    try {
      await checkArtifact(pack, artifact, {
        ...options,
        onBlock: (bytes) => options.onProgress?.(doneBytes += bytes, totalBytes),
      });
    } catch (error) {
      if (!(error instanceof PackError)) throw error;
      artifactErrors.push(error);
    }
  }
  const packDigest = contentDigest(artifacts);
  const stated = pack.manifest.pack_digest;
  const packDigestError = stated === packDigest
    ? undefined
    : new PackError("pack_digest_mismatch", { detail: `it says ${stated}, its artifacts make ${packDigest}` });
  return { packDigest, artifactErrors, packDigestError };
}

async function checkArtifact(
  pack: Pack,
  artifact: Artifact,
  options: VerifyOptions & { onBlock: (bytes: number) => void },
): Promise<void> {
  const entry = artifact.path;
  const hasher = createHasher();
  let size = 0;
  for await (const block of pack.read(entry, options)) {
    hasher.update(block);
    size += block.length;
    options.onBlock(block.length);
  }
  if (size !== artifact.size) {
    throw new PackError("artifact_size_mismatch", { entry, detail: `${size} bytes, announced ${artifact.size}` });
  }
  const found = hasher.digest();
  if (found !== artifact.digest) {
    throw new PackError("artifact_digest_mismatch", { entry, detail: `${found}, announced ${artifact.digest}` });
  }
}

declare const verified: unique symbol;

/** A pack whose every byte was checked against its manifest. Only {@link verifyPack} makes one. */
export interface VerifiedPack {
  readonly [verified]: true;
  readonly pack: Pack;
  readonly packDigest: Digest;
  readonly manifestDigest: Digest;
  readonly stream: string;
  readonly sizeBytes: number;
  readonly artifactCount: number;
  readonly attestationCount: number;
  /** What is known of its signatures: there are none, or there are some and nobody checked them. */
  readonly signatures: "none" | "not_checked";
}

/**
 * Verifies a pack's integrity. A pack with attestations is only let through with `integrityOnly`, since "verified" would
 * otherwise promise more than was checked.
 *
 * @throws PackError for the first fault; EpackError `verification_failed`
 */
export async function verifyPack(
  pack: Pack,
  options: VerifyOptions & { integrityOnly?: boolean } = {},
): Promise<VerifiedPack> {
  requireCheckable(pack, options);
  const report = await checkContents(pack, options);
  const fault = report.artifactErrors[0] ?? report.packDigestError;
  if (fault !== undefined) throw fault;
  return {
    pack,
    packDigest: report.packDigest,
    manifestDigest: pack.manifestDigest,
    stream: pack.stream,
    sizeBytes: pack.sizeBytes,
    artifactCount: pack.manifest.artifacts.length,
    attestationCount: pack.attestations.length,
    signatures: hasAttestations(pack) ? "not_checked" : "none",
  } as VerifiedPack;
}

/** True when there is a signature that integrity alone says nothing of, its own or one of a merged pack. */
export function hasAttestations(pack: Pack): boolean {
  return pack.attestations.length > 0 ||
    (pack.manifest.provenance?.source_packs ?? []).some((source) => (source.embedded_attestations?.length ?? 0) > 0);
}

/** @throws EpackError `verification_failed` */
export function requireCheckable(pack: Pack, options: { integrityOnly?: boolean }): void {
  if (options.integrityOnly || !hasAttestations(pack)) return;
  throw new EpackError(
    "verification_failed",
    "the pack has attestations, and nobody said whose signatures to accept",
    { origin: "input", hint: "check them with `epack verify`, which is told who must have signed" },
  );
}
