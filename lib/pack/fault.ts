import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";

/** Every reason for which a pack is refused. The names follow the specification's test vectors where they have one. */
export const FAULTS = {
  // the zip as a whole
  not_a_zip: "is not a zip",
  split_archive: "is one part of a split zip",
  second_end_record: "has a second end record in its comment",
  bad_end_record: "has an end record that contradicts the file",
  bad_central_directory: "has a malformed central directory",
  foreign_bytes: "has bytes that belong to no entry",
  overlapping_entries: "has entries that overlap",
  too_many_entries: "has too many entries",
  file_too_large: "is larger than a pack may be",
  pack_too_large: "unpacks to more than a pack may hold",
  // an entry
  bad_local_header: "has an entry without a proper local header",
  header_mismatch: "has an entry whose local header contradicts the central directory",
  bad_descriptor: "has an entry whose data descriptor is missing or contradicts the central directory",
  bad_extra_field: "has an entry with a malformed extra field",
  unicode_path_extra: "has an entry whose extra field gives it another name",
  encrypted: "has an encrypted entry",
  unsupported_method: "has an entry compressed by an unsupported method",
  zip_symlink: "has an entry that is a link",
  zip_special_file: "has an entry that is a special file",
  directory_slash_mismatch: "has an entry whose attributes and trailing slash disagree on whether it is a folder",
  invalid_directory_entry: "has a folder entry with data",
  zip_bomb: "has an entry that is compressed more than 100:1",
  artifact_too_large: "has an entry that is larger than an artifact may be",
  bad_data: "has an entry whose compressed data is broken",
  size_mismatch: "has an entry of another size than announced",
  crc_mismatch: "has an entry whose checksum (CRC-32) differs",
  // names
  invalid_path: "has an entry with a name that is not allowed",
  path_traversal: "has an entry whose name leads out of its folder",
  path_not_nfc: "has an entry whose name is not in Unicode form NFC",
  reserved_name: "has an entry with a name that Windows reserves",
  duplicate_path: "has two entries of one name",
  lookalike_path: "has entries whose names become one on other systems",
  path_conflict: "has a name that is both a file and a folder",
  // structure
  missing_manifest: "has no manifest.json",
  missing_artifacts_directory: "has no artifacts/",
  extra_top_level_entry: "has an entry that is neither manifest.json nor below artifacts/ or attestations/",
  attestation_not_direct_child: "has an attestation in a subfolder",
  invalid_attestation_filename: "has a file in attestations/ that is no *.sigstore.json",
  undeclared_artifact: "has a file below artifacts/ that the manifest does not name",
  missing_embedded_artifact: "lacks an artifact that the manifest names",
  // manifest
  manifest_too_large: "has a manifest that is too large",
  invalid_json: "has a manifest that is not strict JSON",
  invalid_manifest: "has a manifest that breaks the specification",
  unsupported_artifact_type: "has an artifact of a type that is not supported",
  too_many_artifacts: "has too many artifacts",
  duplicate_artifact_path: "has two artifacts of one path",
  // content
  artifact_size_mismatch: "has an artifact of another size than the manifest says",
  artifact_digest_mismatch: "has an artifact whose digest differs from the manifest's",
  pack_digest_mismatch: "has another pack_digest than its artifacts make",
  // attestations, without their cryptography
  attestation_too_large: "has an attestation that is too large",
  invalid_attestation: "has a malformed attestation",
} as const;

export type Fault = keyof typeof FAULTS;

/** A pack is refused: by one reason, for one entry where there is one. Exit code 2. */
export class PackError extends EpackError {
  readonly fault: Fault;
  /** The entry or artifact, as it is written in the pack. */
  readonly entry?: string;

  constructor(fault: Fault, options: { entry?: string; detail?: string; cause?: unknown } = {}) {
    const where = options.entry === undefined ? "" : `: ${JSON.stringify(showText(options.entry, { maxChars: 300 }))}`;
    const why = options.detail === undefined ? "" : ` (${showText(options.detail, { maxChars: 300 })})`;
    super("pack_invalid", `the pack ${FAULTS[fault]}${where}${why}`, { origin: "input", cause: options.cause });
    this.fault = fault;
    this.entry = options.entry;
  }
}
