import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { dsse, pem, X509Certificate } from "@sigstore/core";
import { type Digest, hexOf } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { checkAttestation, PREDICATE_TYPE } from "../pack/mod.ts";
import { readBundle } from "./bundle.ts";
import { type Signer, signerOf } from "./certificate.ts";
import { readIdentityToken } from "./identity_token.ts";
import { SignatureError } from "./signature_error.ts";
import { certify, record, serviceUrl, stamp } from "./signing_services.ts";
import type { TrustedRoot } from "./trusted_root.ts";
import { verifyBundle } from "./verify_bundle.ts";

/** Sigstore's public-good services. */
export const SIGSTORE = { fulcioUrl: "https://fulcio.sigstore.dev", rekorUrl: "https://rekor.sigstore.dev" } as const;

export interface SignManifestOptions {
  /** Who signs: whom a token of an OpenID provider names, or the holder of a private key (PEM, PKCS #8, no passphrase). */
  as: { identityToken: string } | { privateKey: string };
  /** Certifies whom the token names. Default: Sigstore's. */
  fulcioUrl?: string;
  /** The transparency log, with the interface of version 1. Default: Sigstore's. */
  rekorUrl?: string;
  /** Also has the signature time-stamped there. */
  tsaUrl?: string;
  /** The finished signature is held against it, as a verifier would. */
  root?: TrustedRoot;
  signal?: AbortSignal;
}

/** A signed statement about a manifest, ready to be added to its pack. */
export interface SignedManifest {
  /** Its entry in the pack: one name for one key. */
  name: string;
  /** The bundle's JSON. */
  bundle: Uint8Array<ArrayBuffer>;
  /** Whom the certificate names; undefined for a key. */
  signer?: Signer;
}

const PAYLOAD_TYPE = "application/vnd.in-toto+json";
/**
 * Signs the statement that a manifest is this one. The signature stands in a transparency log that everybody can read.
 *
 * The one part of this room that asks somebody: the services named, and nobody else.
 *
 * @throws EpackError `usage` for a token, key or address that is none, `network`, `verification_failed` when a service refuses;
 * SignatureError when what came back is no good signature
 */
export async function signManifest(manifestDigest: Digest, options: SignManifestOptions): Promise<SignedManifest> {
  const { as, root, signal } = options;
  const fulcioUrl = serviceUrl(options.fulcioUrl ?? SIGSTORE.fulcioUrl);
  const rekorUrl = serviceUrl(options.rekorUrl ?? SIGSTORE.rekorUrl);
  const tsaUrl = options.tsaUrl === undefined ? undefined : serviceUrl(options.tsaUrl);
  const token = "identityToken" in as ? readIdentityToken(as.identityToken) : undefined;
  const key = "privateKey" in as ? readPrivateKey(as.privateKey) : undefined;
  // an identity signs with a key that nobody keeps
  const privateKey = key ?? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const ownKey = createPublicKey(privateKey);
  const publicKeyPem = pemOf(ownKey);
  const asked = { token, signal };
  const certificatePem = token && await certify(fulcioUrl, { token, signal, privateKey, publicKeyPem });
  const payload = Buffer.from(JSON.stringify(statementAbout(manifestDigest)));
  const signature = sign("sha256", dsse.preAuthEncoding(PAYLOAD_TYPE, payload), privateKey);
  const envelope = {
    payload: payload.toString("base64"),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ sig: signature.toString("base64") }],
  };
  const [entry, timestamp] = await Promise.all([
    record(rekorUrl, { ...asked, envelope, verifierPem: certificatePem ?? publicKeyPem }),
    tsaUrl === undefined ? undefined : stamp(tsaUrl, { ...asked, signature }),
  ]);
  const bundle = new TextEncoder().encode(JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: {
      ...(certificatePem === undefined
        ? { publicKey: { hint: fingerprintOf(ownKey).toString("base64") } }
        : { certificate: { rawBytes: derOf(certificatePem).toString("base64") } }),
      tlogEntries: [entry],
      timestampVerificationData: { rfc3161Timestamps: timestamp ? [{ signedTimestamp: timestamp }] : [] },
    },
    dsseEnvelope: envelope,
  }));
  const { publicKey, certificate } = checkOwn(readBundle(bundle), key);
  const name = `attestations/${fingerprintOf(publicKey).toString("hex")}.sigstore.json`;
  checkAttestation(bundle, { entry: name, manifestDigest });
  if (root !== undefined) {
    const expected = key === undefined ? "anyone" : { publicKey: pemOf(publicKey) };
    verifyBundle(bundle, { root, signer: expected, artifact: { digest: manifestDigest } });
  }
  return { name, bundle, signer: certificate && signerOf(certificate) };
}

function statementAbout(manifestDigest: Digest) {
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "manifest.json", digest: { sha256: hexOf(manifestDigest) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {},
  };
}

function readPrivateKey(text: string): KeyObject {
  const refuse = (why: string, cause?: unknown) =>
    new EpackError("usage", `the key ${why}`, {
      origin: "input",
      hint: "give an EC or RSA key in PEM (PKCS #8) without a passphrase, such as `openssl genpkey` makes",
      cause,
    });
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    // the cause might quote the key
    throw refuse("cannot be read as a private key");
  }
  const { asymmetricKeyType: kind } = key;
  if (kind !== "ec" && kind !== "rsa") throw refuse(`is of the kind ${kind}, which is not supported`);
  return key;
}

const pemOf = (key: KeyObject): string => key.export({ format: "pem", type: "spki" }).toString();

const fingerprintOf = (key: KeyObject): Buffer =>
  createHash("sha256").update(key.export({ format: "der", type: "spki" })).digest();

function derOf(certificatePem: string): Buffer {
  try {
    return pem.toDER(certificatePem);
  } catch (error) {
    throw new SignatureError("certificate", "what came back is none", { cause: error });
  }
}

/** The signature holds with the key of the certificate that came back, or with the one that was given. */
function checkOwn(
  { content, verificationMaterial: { content: material } }: Bundle,
  key: KeyObject | undefined,
): { publicKey: KeyObject; certificate?: X509Certificate } {
  const certificate = material.$case === "certificate"
    ? X509Certificate.parse(Buffer.from(material.certificate.rawBytes))
    : undefined;
  if (key === undefined && certificate === undefined) throw new SignatureError("bundle", "it has no certificate");
  const publicKey = key !== undefined
    ? createPublicKey(key)
    : createPublicKey({ key: certificate?.publicKey ?? Buffer.of(), format: "der", type: "spki" });
  if (content.$case !== "dsseEnvelope") throw new SignatureError("bundle", "it has no envelope");
  const { payload, payloadType, signatures } = content.dsseEnvelope;
  if (!verify("sha256", dsse.preAuthEncoding(payloadType, payload), publicKey, signatures[0].sig)) {
    throw new SignatureError("signature", "the certificate that came back is of another key");
  }
  return { publicKey, certificate };
}
