import { createPublicKey, type KeyObject } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { X509Certificate } from "@sigstore/core";
import { type SignedEntity, toSignedEntity, VerificationError, Verifier } from "@sigstore/verify";
import { isEpackError } from "../errors.ts";
import { type Artifact, bindMessage, checkSubject } from "./artifact.ts";
import { readBundle } from "./bundle.ts";
import { type Signer, signerOf } from "./certificate.ts";
import { withDefaultDigest } from "./default_digest.ts";
import { type ExpectedIdentity, identityCheck } from "./identity.ts";
import { checkLogEntries } from "./log_entry.ts";
import { type Part, SignatureError } from "./signature_error.ts";
import { readStatement, type Statement } from "./statement.ts";
import type { TrustedRoot } from "./trusted_root.ts";

/** Who must have signed: an identity, the holder of a key (PEM), or, insecurely, anyone whom the root's authorities certified. */
export type ExpectedSigner = ExpectedIdentity | { publicKey: string } | "anyone";

export interface VerifyBundleOptions {
  root: TrustedRoot;
  signer: ExpectedSigner;
  /** Must be given for a signature over an artifact; of a statement, one subject must then be it. */
  artifact?: Artifact;
}

declare const verified: unique symbol;

/** A bundle whose every part was checked. Only {@link verifyBundle} makes one. */
export interface VerifiedBundle {
  readonly [verified]: true;
  /** Whom the certificate names; undefined when the signature is by a key that was given. */
  readonly signer?: Signer;
  /** What was signed, when it is an in-toto statement. */
  readonly statement?: Statement;
  /** When it was signed, as logs and time-stamp authorities witness; at least one. */
  readonly timestamps: readonly Date[];
}

/** Cosign's defaults: one log entry, one proved time, one SCT. */
const THRESHOLDS = { tlogThreshold: 1, timestampThreshold: 1, ctlogThreshold: 1 };

/**
 * Verifies a Sigstore bundle (v0.1 to v0.3; DSSE or message signature): certificate and its log, time of signing, transparency
 * log, signature, signer, and what was signed. Reads no file, asks no server, needs no permission.
 *
 * @throws SignatureError `signature_invalid`, or `verification_failed` for another signer; EpackError `usage` for an expectation
 * that is none
 */
export function verifyBundle(input: Uint8Array | object, options: VerifyBundleOptions): VerifiedBundle {
  const { root, signer: expected, artifact } = options;
  const key = expected !== "anyone" && "publicKey" in expected ? readKey(expected.publicKey) : undefined;
  const checkIdentity = expected === "anyone" || "publicKey" in expected ? undefined : identityCheck(expected);
  const bundle = readBundle(input);
  const proof = trying(() => {
    const { entity, times } = signedEntity(bundle, artifact);
    const { material } = root;
    const trust = key === undefined
      ? material
      : { ...material, publicKey: () => ({ publicKey: key, validFor: () => true }) };
    withDefaultDigest(() => new Verifier(trust, THRESHOLDS).verify(entity));
    const certificate = leafOf(bundle);
    if (certificate !== undefined && key !== undefined) {
      throw new SignatureError("key", "it is signed with a certificate, and a key was asked for");
    }
    const signedBy = certificate?.rawBytes ?? key?.export({ format: "der", type: "spki" });
    if (signedBy === undefined) throw new SignatureError("key", "it has neither a certificate nor a known key");
    checkLogEntries(bundle, { key: signedBy, times, logs: material.tlogs });
    const signer = certificate && signerOf(X509Certificate.parse(certificate.rawBytes));
    return { signer, timestamps: times, statement: statementOf(bundle) };
  });
  if (proof.signer !== undefined) checkIdentity?.(proof.signer);
  if (proof.statement !== undefined && artifact !== undefined) checkSubject(proof.statement, artifact);
  return proof as VerifiedBundle;
}

/** What the library verifies, and the times that it will have verified by then. */
function signedEntity(
  bundle: Bundle,
  artifact: Artifact | undefined,
): { entity: SignedEntity; times: readonly Date[] } {
  const { content } = bundle;
  if (content.$case === "messageSignature" && artifact === undefined) {
    throw new SignatureError("artifact", "the file that it signs was not given");
  }
  const bytes = artifact !== undefined && "bytes" in artifact ? Buffer.from(artifact.bytes) : undefined;
  const entity = toSignedEntity(bundle, bytes);
  if (content.$case === "messageSignature" && artifact !== undefined) {
    bindMessage(entity, { message: content.messageSignature, artifact });
  }
  const times = entity.timestamps.flatMap((stamp) => {
    if (stamp.$case === "timestamp-authority") return [stamp.timestamp.signingTime];
    // without a promise, the time of an entry is nobody's word
    return stamp.tlogEntry.inclusionPromise ? [new Date(Number(stamp.tlogEntry.integratedTime) * 1000)] : [];
  });
  return { entity, times };
}

function leafOf({ verificationMaterial: { content } }: Bundle): { rawBytes: Buffer<ArrayBuffer> } | undefined {
  if (content.$case === "publicKey") return undefined;
  const { rawBytes } = content.$case === "certificate"
    ? content.certificate
    : content.x509CertificateChain.certificates[0];
  return { rawBytes: Buffer.from(rawBytes) };
}

function statementOf({ content }: Bundle): Statement | undefined {
  return content.$case === "dsseEnvelope" ? readStatement(content.dsseEnvelope) : undefined;
}

function readKey(text: string): KeyObject {
  try {
    return createPublicKey(text);
  } catch (error) {
    throw new SignatureError("key", "the one that was given is no public key in PEM", { cause: error });
  }
}

const PART_OF: Readonly<Record<string, Part>> = {
  TIMESTAMP_ERROR: "timestamp",
  CERTIFICATE_ERROR: "certificate",
  PUBLIC_KEY_ERROR: "key",
  SIGNATURE_ERROR: "signature",
  TLOG_ERROR: "log",
  TLOG_BODY_ERROR: "log",
  TLOG_INCLUSION_PROOF_ERROR: "log",
  TLOG_INCLUSION_PROMISE_ERROR: "log",
  TLOG_MISSING_INCLUSION_ERROR: "log",
};

/** Whatever goes wrong with a stranger's bytes is a bad signature: the library's parsers throw errors of every kind. */
function trying<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (isEpackError(error)) throw error;
    const part = error instanceof VerificationError ? PART_OF[error.code] ?? "bundle" : "bundle";
    const cause = error instanceof Error && error.cause instanceof Error ? ` (${wordsOf(error.cause)})` : "";
    throw new SignatureError(part, `${wordsOf(error)}${cause}`, { cause: error });
  }
}

/** A parser that stumbles says what it stumbled over in its own code, which helps nobody. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error) || error instanceof TypeError) return "it cannot be read";
  return error.message.charAt(0).toLowerCase() + error.message.slice(1);
}
