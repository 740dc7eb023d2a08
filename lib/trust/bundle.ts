import { type Bundle, bundleFromJSON } from "@sigstore/bundle";
import { X509Certificate } from "@sigstore/core";
import { parseJson } from "../codec/mod.ts";
import { TRUST } from "../limits.ts";
import { SignatureError } from "./signature_error.ts";

/** The library takes any version that looks like one. */
const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.3\+json|\+json;version=0\.[123])$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Fields of bytes, wherever they stand (sigstore_bundle.proto and what it imports). */
const BYTES = new Set([
  "canonicalizedBody",
  "digest",
  "hashes",
  "keyId",
  "payload",
  "rawBytes",
  "rootHash",
  "sig",
  "signature",
  "signedEntryTimestamp",
  "signedTimestamp",
]);

/**
 * Reads a Sigstore bundle, v0.1 to v0.3: strict JSON as bytes, or a value that was parsed.
 *
 * @throws SignatureError `bundle`
 */
export function readBundle(input: Uint8Array | object): Bundle {
  try {
    const json = input instanceof Uint8Array
      ? parseJson(input, { maxBytes: TRUST.bundleBytes, what: "bundle" })
      : input;
    checkBytes(json);
    const bundle = bundleFromJSON(json);
    if (!MEDIA_TYPE.test(bundle.mediaType)) throw new Error(`its media type is ${JSON.stringify(bundle.mediaType)}`);
    checkMaterial(bundle);
    return bundle;
  } catch (error) {
    throw new SignatureError("bundle", error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The library skips what is not base64, and other readers do not: one text must have one meaning. */
function checkBytes(value: unknown, name = ""): void {
  if (typeof value === "string") {
    if (BYTES.has(name) && !BASE64.test(value)) throw new Error(`${name} is not base64`);
  } else if (Array.isArray(value)) {
    for (const item of value) checkBytes(item, name);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) checkBytes(item, key);
  }
}

function checkMaterial({ verificationMaterial: { content, tlogEntries } }: Bundle): void {
  for (const { inclusionProof } of tlogEntries) {
    if (inclusionProof !== undefined && inclusionProof.checkpoint === undefined) {
      throw new Error("an inclusion proof has no checkpoint");
    }
  }
  if (content.$case !== "x509CertificateChain") return;
  for (const { rawBytes } of content.x509CertificateChain.certificates) {
    const { issuer, subject } = X509Certificate.parse(Buffer.from(rawBytes));
    // roots come from the trusted root alone
    if (issuer.equals(subject)) throw new Error("its certificate chain has a root certificate");
  }
}
