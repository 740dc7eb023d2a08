/** Evidence packs: read without trust, verified, built, extracted. */
export { addAttestation, type NewAttestation } from "./add_attestation.ts";
export { type AttestationBundle, checkAttestation, PREDICATE_TYPE } from "./attestation.ts";
export { type BuildOptions, buildPack, type BuiltPack } from "./build.ts";
export type { BuildInput } from "./build_input.ts";
export { contentDigest } from "./content_digest.ts";
export { checkDistinctNames, checkEntryName } from "./entry_name.ts";
export { type ExtractOptions, extractPack } from "./extract.ts";
export { type Fault, FAULTS, PackError } from "./fault.ts";
export { digestFile, type FileDigests } from "./file_digests.ts";
export { type Artifact, type Manifest, parseManifest, provenanceSchema } from "./manifest.ts";
export { type Attestation, openPack, Pack } from "./pack_file.ts";
export { checkDeclared, checkStructure } from "./structure.ts";
export {
  checkContents,
  hasAttestations,
  type PackReport,
  requireCheckable,
  type VerifiedPack,
  type VerifyOptions,
  verifyPack,
} from "./verify.ts";
