import type { ASN1Obj, X509Certificate } from "@sigstore/core";
import { SignatureError } from "./signature_error.ts";

/** Who signed, as a certificate of Fulcio says. What a certificate leaves out is undefined. */
export interface Signer {
  /** The OpenID provider that vouched for the subject. */
  issuer: string;
  /** The one subject alternative name: a URI or an e-mail address. */
  subject: string;
  buildSignerUri?: string;
  buildSignerDigest?: string;
  runnerEnvironment?: string;
  sourceRepositoryUri?: string;
  sourceRepositoryDigest?: string;
  sourceRepositoryRef?: string;
  sourceRepositoryId?: string;
  sourceRepositoryOwnerUri?: string;
  sourceRepositoryOwnerId?: string;
  buildConfigUri?: string;
  buildConfigDigest?: string;
  buildTrigger?: string;
  runInvocationUri?: string;
  sourceRepositoryVisibility?: string;
}

/** Fulcio's extensions below 1.3.6.1.4.1.57264.1, as its `docs/oid-info.md` numbers them; each is a DER UTF8String. */
const EXTENSIONS = {
  9: "buildSignerUri",
  10: "buildSignerDigest",
  11: "runnerEnvironment",
  12: "sourceRepositoryUri",
  13: "sourceRepositoryDigest",
  14: "sourceRepositoryRef",
  15: "sourceRepositoryId",
  16: "sourceRepositoryOwnerUri",
  17: "sourceRepositoryOwnerId",
  18: "buildConfigUri",
  19: "buildConfigDigest",
  20: "buildTrigger",
  21: "runInvocationUri",
  22: "sourceRepositoryVisibility",
} as const;
const FULCIO = "1.3.6.1.4.1.57264.1";
const ISSUER_V1 = `${FULCIO}.1`;
const ISSUER_V2 = `${FULCIO}.8`;
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const EMAIL_TAG = 1;
const URI_TAG = 6;

/**
 * Reads the signer off a certificate whose chain was checked, strictly: the library drops the top bit of each byte and takes the
 * first of several names, so that two different names could read alike.
 *
 * @throws SignatureError `certificate`
 */
export function signerOf(certificate: X509Certificate): Signer {
  const usages = certificate.extension(EXTENDED_KEY_USAGE)?.valueObj.subs[0]?.subs ?? [];
  if (!usages.some((usage) => usage.toOID() === CODE_SIGNING)) {
    throw new SignatureError("certificate", "it is not one for signing code");
  }
  const extension = (oid: string) => certificate.extension(oid)?.valueObj;
  const raw = extension(ISSUER_V1);
  const signer: Signer = {
    issuer: text(extension(ISSUER_V2)?.subs[0]) ?? text(raw) ?? fail("it names no issuer"),
    subject: subjectOf(extension(SUBJECT_ALTERNATIVE_NAME)),
  };
  for (const [number, name] of Object.entries(EXTENSIONS)) {
    const value = text(extension(`${FULCIO}.${number}`)?.subs[0]);
    if (value !== undefined) signer[name] = value;
  }
  return signer;
}

function subjectOf(extension: ASN1Obj | undefined): string {
  const names = extension?.subs[0]?.subs ?? [];
  if (names.length !== 1) return fail(`it has ${names.length} subject alternative names, not one`);
  const [name] = names;
  if (!name.tag.isContextSpecific(EMAIL_TAG) && !name.tag.isContextSpecific(URI_TAG)) {
    return fail("its subject alternative name is neither a URI nor an e-mail address");
  }
  const subject = text(name);
  // an IA5String (RFC 5280, 4.2.1.6), and a name that a person can tell from another
  return subject !== undefined && /^[\x21-\x7e]+$/.test(subject)
    ? subject
    : fail("its subject alternative name is not plain ASCII");
}

function text(value: ASN1Obj | undefined): string | undefined {
  if (value === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value.value);
  } catch {
    return fail("it has a text that is not UTF-8");
  }
}

function fail(detail: string): never {
  throw new SignatureError("certificate", detail);
}
