import { createHash } from "node:crypto";
import type { MessageSignature } from "@sigstore/bundle";
import { HashAlgorithm } from "@sigstore/protobuf-specs";
import type { SignedEntity } from "@sigstore/verify";
import { type Digest, hexOf } from "../digest/mod.ts";
import { verifyDigestSignature } from "./ecdsa.ts";
import { SignatureError } from "./signature_error.ts";
import type { Statement } from "./statement.ts";

/** What must have been signed: the bytes themselves, or only their SHA-256 (then nothing large is held in memory). */
export type Artifact = { bytes: Uint8Array } | { digest: Digest };

const HASHES = ["sha256", "sha384", "sha512"] as const;
type Hash = typeof HASHES[number];
const HASH_OF: Partial<Record<HashAlgorithm, Hash>> = {
  [HashAlgorithm.SHA2_256]: "sha256",
  [HashAlgorithm.SHA2_384]: "sha384",
  [HashAlgorithm.SHA2_512]: "sha512",
};

/** The artifact's digest in hex, or undefined where only another digest is known. */
function hexDigest(artifact: Artifact, hash: Hash): string | undefined {
  if ("bytes" in artifact) return createHash(hash).update(artifact.bytes).digest("hex");
  return hash === "sha256" ? hexOf(artifact.digest) : undefined;
}

/**
 * Refuses a statement that is not about the artifact. Every digest that a subject gives and that can be computed must be the
 * artifact's; weaker ones than SHA-256 count for nothing.
 *
 * @throws SignatureError `artifact`
 */
export function checkSubject(statement: Statement, artifact: Artifact): void {
  const found = statement.subject.some(({ digest }) => {
    const known = HASHES.filter((hash) => Object.hasOwn(digest, hash))
      .map((hash) => ({ stated: digest[hash], computed: hexDigest(artifact, hash) }))
      .filter(({ computed }) => computed !== undefined);
    return known.length > 0 && known.every(({ stated, computed }) => stated === computed);
  });
  if (!found) throw new SignatureError("artifact", "the statement has no subject with its digest");
}

/**
 * Makes the check of a signature over an artifact itself: the digest that the bundle states must be the artifact's, and where only
 * that is at hand, it is what the signature is checked over.
 *
 * @throws SignatureError `artifact`
 */
export function bindMessage(
  entity: SignedEntity,
  options: { message: MessageSignature; artifact: Artifact },
): void {
  const { message: { messageDigest, signature }, artifact } = options;
  const hash = HASH_OF[messageDigest.algorithm];
  const computed = hash === undefined ? undefined : hexDigest(artifact, hash);
  if (computed === undefined) {
    throw new SignatureError("artifact", "its digest is of a kind that cannot be compared without the file itself");
  }
  if (messageDigest.digest.toString("hex") !== computed) {
    throw new SignatureError("artifact", "the bundle states another digest");
  }
  if ("bytes" in artifact) return;
  entity.signature.verifySignature = (key) => {
    const good = verifyDigestSignature(messageDigest.digest, { key, signature });
    if (good === undefined) {
      throw new SignatureError("artifact", "a signature by this kind of key cannot be checked without the file itself");
    }
    return good;
  };
}
