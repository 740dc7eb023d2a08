/** Trust: who signed what, held against a root of keys. No files; no network and no permissions but for who signs. */
export type { Artifact } from "./artifact.ts";
export type { Signer } from "./certificate.ts";
export type { ExpectedIdentity } from "./identity.ts";
export { type SignedManifest, signManifest, type SignManifestOptions, SIGSTORE } from "./sign.ts";
export { type Part, SignatureError } from "./signature_error.ts";
export type { Statement } from "./statement.ts";
export {
  parseTrustedRoot,
  publicGoodRoot,
  type TrustedKey,
  type TrustedKeyKind,
  type TrustedRoot,
} from "./trusted_root.ts";
export {
  type AttestationReport,
  type VerifiedAttestation,
  verifyAttestations,
  type VerifyAttestationsOptions,
} from "./verify_attestations.ts";
export { type ExpectedSigner, type VerifiedBundle, verifyBundle, type VerifyBundleOptions } from "./verify_bundle.ts";
