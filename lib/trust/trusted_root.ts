import * as z from "zod";
import { TrustedRoot as RootMessage } from "@sigstore/protobuf-specs";
import { toTrustMaterial, type TrustMaterial } from "@sigstore/verify";
import { canonicalJson, JsonError, type JsonValue, parseJson } from "../codec/mod.ts";
import { type Digest, digestOf } from "../digest/mod.ts";
import { TRUST } from "../limits.ts";
// made by scripts/refresh_trusted_root.ts
import publicGood from "./public_good_root.json" with { type: "json" };
import { SignatureError } from "./signature_error.ts";

declare const parsed: unique symbol;

/** The keys that signatures are held against. Only {@link parseTrustedRoot} makes one. */
export interface TrustedRoot {
  readonly [parsed]: true;
  /** The file's content. */
  readonly json: JsonValue;
  /** SHA-256 of its RFC 8785 form: the same root has the same digest however its file is laid out. */
  readonly digest: Digest;
  readonly keys: readonly TrustedKey[];
  readonly material: TrustMaterial;
}

export type TrustedKeyKind =
  | "certificate_authority"
  | "certificate_log"
  | "transparency_log"
  | "timestamp_authority";

/** One key or chain of a root, for people to look at. */
export interface TrustedKey {
  kind: TrustedKeyKind;
  /** The address of the service, or what its certificate calls it. */
  name: string;
  /** SHA-256 of the key of a log, or of the first certificate of an authority. */
  fingerprint: Digest;
  validFrom: string;
  validUntil?: string;
}

const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.[12]|\.v0\.[12]\+json)$/;

const base64 = z.base64().min(1);
const time = z.iso.datetime({ offset: true });
/** The library takes a key without a start for one that was always valid. A root that leaves it out is refused here. */
const validity = z.looseObject({ start: time, end: time.nullish() });

const log = z.looseObject({
  baseUrl: z.string().min(1),
  publicKey: z.looseObject({ rawBytes: base64, keyDetails: z.string(), validFor: validity }),
  logId: z.looseObject({ keyId: base64 }),
});
const authority = z.looseObject({
  uri: z.string().nullish(),
  subject: z.looseObject({ organization: z.string().nullish(), commonName: z.string().nullish() }).nullish(),
  certChain: z.looseObject({ certificates: z.array(z.looseObject({ rawBytes: base64 })).min(1) }),
  validFor: validity,
});
const schema = z.looseObject({
  mediaType: z.string().regex(MEDIA_TYPE, "is not that of a trusted root"),
  tlogs: z.array(log).default([]),
  ctlogs: z.array(log).default([]),
  certificateAuthorities: z.array(authority).default([]),
  timestampAuthorities: z.array(authority).default([]),
});

/**
 * Reads a `trusted_root.json`: every key and certificate in it, each with the time from which it is valid.
 *
 * @throws SignatureError `trusted_root`
 */
export function parseTrustedRoot(input: Uint8Array | JsonValue): TrustedRoot {
  try {
    const json = input instanceof Uint8Array
      ? parseJson(input, { maxBytes: TRUST.rootBytes, what: "trusted root" })
      : input;
    const shape = schema.parse(json);
    const message = RootMessage.fromJSON(json);
    const material = toTrustMaterial(message, noKey);
    const keys: readonly TrustedKey[] = keysOf(shape);
    return { json, digest: digestOf(canonicalJson(json)), keys, material } as TrustedRoot;
  } catch (error) {
    throw new SignatureError("trusted_root", reasonOf(error), { cause: error });
  }
}

let embedded: TrustedRoot | undefined;

/** The root of Sigstore's public-good instance that this version carries. */
export function publicGoodRoot(): TrustedRoot {
  return embedded ??= parseTrustedRoot(publicGood as JsonValue);
}

function keysOf(shape: z.infer<typeof schema>): TrustedKey[] {
  const fingerprint = (bytes: string) => digestOf(Buffer.from(bytes, "base64"));
  const logs = (kind: TrustedKeyKind, list: z.infer<typeof log>[]): TrustedKey[] =>
    list.map(({ baseUrl, publicKey: { rawBytes, validFor } }) => ({
      kind,
      name: baseUrl,
      fingerprint: fingerprint(rawBytes),
      validFrom: validFor.start,
      validUntil: validFor.end ?? undefined,
    }));
  const authorities = (kind: TrustedKeyKind, list: z.infer<typeof authority>[]): TrustedKey[] =>
    list.map(({ uri, subject, certChain, validFor }) => ({
      kind,
      name: uri ?? ([subject?.organization, subject?.commonName].filter(Boolean).join(" ") || "unnamed"),
      fingerprint: fingerprint(certChain.certificates[0].rawBytes),
      validFrom: validFor.start,
      validUntil: validFor.end ?? undefined,
    }));
  return [
    ...authorities("certificate_authority", shape.certificateAuthorities),
    ...logs("certificate_log", shape.ctlogs),
    ...logs("transparency_log", shape.tlogs),
    ...authorities("timestamp_authority", shape.timestampAuthorities),
  ];
}

/** A root has no keys that a bundle could name by a hint. */
function noKey(): never {
  throw new SignatureError("key", "the bundle is signed by a key without a certificate, and none was given");
}

function reasonOf(error: unknown): string {
  if (error instanceof JsonError) return error.message;
  if (error instanceof z.ZodError) {
    const [{ path, message }] = error.issues;
    return `${path.map(String).join(".") || "it"}: ${message}`;
  }
  return error instanceof Error ? error.message : String(error);
}
