/** The structure of an attestation (attestation.md 4.1; R-360 … R-365). Signatures are not looked at here. */
import * as z from "zod";
import { JsonError, parseJson } from "../codec/mod.ts";
import { type Digest, hexOf } from "../digest/mod.ts";
import { PACK } from "../limits.ts";
import { PackError } from "./fault.ts";

export const PREDICATE_TYPE = "https://evidencepack.org/attestation/v1";
const STATEMENT_TYPES = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];
export const BUNDLE_MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.3\+json|\+json;version=0\.[123])$/;
const PAYLOAD_TYPE = "application/vnd.in-toto+json";

const base64 = z.base64("is not base64");

const bundle = z.looseObject({
  mediaType: z.string().regex(BUNDLE_MEDIA_TYPE, "is not that of a Sigstore bundle"),
  verificationMaterial: z.looseObject({}),
  dsseEnvelope: z.looseObject({
    payloadType: z.literal(PAYLOAD_TYPE),
    payload: base64,
    signatures: z.array(z.looseObject({ sig: base64.min(1) })).min(1),
  }),
});

const statement = z.looseObject({
  _type: z.enum(STATEMENT_TYPES),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.strictObject({}),
  subject: z.tuple([
    z.looseObject({ name: z.literal("manifest.json"), digest: z.looseObject({ sha256: z.string() }) }),
  ]),
});

export type AttestationBundle = z.infer<typeof bundle>;

/**
 * Reads a bundle and checks that its statement is about this manifest.
 *
 * @throws PackError `invalid_attestation`, `attestation_too_large`
 */
export function checkAttestation(
  bytes: Uint8Array,
  options: { entry: string; manifestDigest: Digest },
): AttestationBundle {
  const { entry } = options;
  if (bytes.length > PACK.attestationBytes) {
    throw new PackError("attestation_too_large", { entry, detail: `${bytes.length} bytes` });
  }
  const found = read(bundle, bytes, { entry, what: "bundle" });
  const payload = Uint8Array.from(atob(found.dsseEnvelope.payload), (letter) => letter.charCodeAt(0));
  const { subject } = read(statement, payload, { entry, what: "statement" });
  if (subject[0].digest.sha256 !== hexOf(options.manifestDigest)) {
    throw new PackError("invalid_attestation", { entry, detail: "it is about another manifest" });
  }
  return found;
}

function read<Shape extends z.ZodType>(
  shape: Shape,
  bytes: Uint8Array,
  options: { entry: string; what: string },
): z.infer<Shape> {
  const refuse = (detail: string, cause?: unknown) =>
    new PackError("invalid_attestation", { entry: options.entry, detail, cause });
  try {
    return shape.parse(parseJson(bytes, { maxBytes: PACK.attestationBytes, what: options.what }));
  } catch (error) {
    if (error instanceof JsonError) throw refuse(error.message, error);
    if (error instanceof z.ZodError) {
      throw refuse(`${options.what}.${error.issues[0].path.join(".")}: ${error.issues[0].message}`, error);
    }
    throw error;
  }
}
