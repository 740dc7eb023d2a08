/** A certificate authority, its log, a transparency log and a time-stamp authority of our own, and bundles that they vouch for. */
import crypto from "node:crypto";
import { ASN1Obj, dsse, pem } from "@sigstore/core";
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from "@sigstore/mock";
import type { JsonObject } from "../../lib/codec/mod.ts";

type Pair = ReturnType<typeof newKey>;
export const newKey = () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const sha256 = (bytes: Uint8Array) => crypto.createHash("sha256").update(bytes).digest();
export const spki = (key: crypto.KeyObject) => key.export({ format: "der", type: "spki" });

export const ISSUER = "https://token.actions.githubusercontent.com";
export const SUBJECT = "https://github.com/acme/packs/.github/workflows/release.yml@refs/tags/v1.2.3";
const ISSUER_OID = "1.3.6.1.4.1.57264.1.8";
export const REPOSITORY_OID = "1.3.6.1.4.1.57264.1.12";
const LOG_URL = "https://log.example.test";

/** Minutes from now. */
export const minutes = (count: number) => new Date(Date.now() + count * 60_000);

/** Of every time-stamp: whole seconds, for fractions are encoded wrongly there, and inside the validity of certificates to come. */
export const STAMP_TIME = new Date(Math.floor(Date.now() / 1000) * 1000 + 5 * 60_000);

export interface Authority {
  keys: { ca: Pair; ctlog: Pair; tlog: Pair; tsa: Pair };
  ctlog: Awaited<ReturnType<typeof initializeCTLog>>;
  ca: Awaited<ReturnType<typeof initializeCA>>;
  tlog: Awaited<ReturnType<typeof initializeTLog>>;
  tsa: Awaited<ReturnType<typeof initializeTSA>>;
}

export async function newAuthority(): Promise<Authority> {
  const keys = { ca: newKey(), ctlog: newKey(), tlog: newKey(), tsa: newKey() };
  const ctlog = await initializeCTLog(keys.ctlog);
  return {
    keys,
    ctlog,
    ca: await initializeCA(keys.ca, ctlog),
    tlog: await initializeTLog(LOG_URL, keys.tlog),
    tsa: await initializeTSA(keys.tsa, STAMP_TIME),
  };
}

/** When each kind of key is valid; an hour ago and no end where nothing is said. */
export interface Validity {
  start?: Date;
  end?: Date;
}
export type RootChange = Partial<Record<"ca" | "ctlog" | "tlog" | "tsa", Validity>>;

/** The authority's `trusted_root.json`. */
export function rootOf(authority: Authority, change: RootChange = {}): JsonObject {
  const validFor = ({ start = minutes(-60), end }: Validity = {}): JsonObject => ({
    start: start.toISOString(),
    ...(end && { end: end.toISOString() }),
  });
  const log = (pair: Pair, validity?: Validity): JsonObject => ({
    baseUrl: LOG_URL,
    hashAlgorithm: "SHA2_256",
    publicKey: {
      rawBytes: base64(spki(pair.publicKey)),
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      validFor: validFor(validity),
    },
    logId: { keyId: base64(sha256(spki(pair.publicKey))) },
  });
  const bytes = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const chain = (certificates: ArrayBufferView[], validity?: Validity): JsonObject => ({
    subject: { organization: "example", commonName: "test" },
    uri: "https://authority.example.test",
    certChain: { certificates: certificates.map((certificate) => ({ rawBytes: base64(bytes(certificate)) })) },
    validFor: validFor(validity),
  });
  const { keys, ca, tsa } = authority;
  return {
    mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    tlogs: [log(keys.tlog, change.tlog)],
    ctlogs: [log(keys.ctlog, change.ctlog)],
    certificateAuthorities: [chain([ca.rootCertificate], change.ca)],
    timestampAuthorities: [chain([tsa.intCertificate, tsa.rootCertificate], change.tsa)],
  };
}

export interface SignOptions {
  issuer?: string;
  subject?: string;
  extensions?: { oid: string; value: string }[];
  /** The leaf's key; a new one by default. */
  key?: Pair;
  /** Changes the certificate (DER) before it is used. */
  reissue?: (certificate: Uint8Array) => Promise<Uint8Array>;
  payload?: string;
  payloadType?: string;
  /** Signs this file instead of a statement. */
  artifact?: Uint8Array;
  /** Makes another signature than the one that is wanted. */
  signWith?: Pair;
  /** What the log's entry says of the payload, the signature, the certificate (PEM). */
  logged?: { payload?: string; signature?: Uint8Array; certificate?: string };
  entry?: "dsse" | "dsse v2" | "intoto" | "hashedrekord" | "hashedrekord v2";
  /** With a time-stamp, over this in place of the signature. */
  stamp?: boolean | Uint8Array;
  /** Without the log's promise and its time. */
  promise?: boolean;
}

export const STATEMENT = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: "evidence.tar", digest: { sha256: crypto.createHash("sha256").update("evidence").digest("hex") } }],
  predicateType: "https://slsa.dev/provenance/v1",
  predicate: { builder: "test" },
};

/** As a log of version 1 answers. */
interface LoggedEntry {
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  verification: {
    inclusionProof: { checkpoint: string; logIndex: number; rootHash: string; treeSize: number };
    signedEntryTimestamp: string;
  };
}

/** A bundle of today's version. */
export async function sign(authority: Authority, options: SignOptions = {}): Promise<JsonObject> {
  const key = options.key ?? newKey();
  const issued = await authority.ca.issueCertificate({
    publicKey: spki(key.publicKey) as Uint8Array<ArrayBuffer>,
    subjectAltName: options.subject ?? SUBJECT,
    extensions: [{ oid: ISSUER_OID, value: options.issuer ?? ISSUER }, ...options.extensions ?? []],
  });
  let certificate = new Uint8Array(issued.buffer, issued.byteOffset, issued.byteLength) as Uint8Array;
  if (options.reissue) certificate = await options.reissue(certificate);
  const payload = Buffer.from(options.payload ?? JSON.stringify(STATEMENT));
  const payloadType = options.payloadType ?? "application/vnd.in-toto+json";
  const signed = options.artifact ?? dsse.preAuthEncoding(payloadType, payload);
  const signature = crypto.sign("sha256", signed, (options.signWith ?? key).privateKey);
  const content: JsonObject = options.artifact
    ? {
      messageSignature: {
        messageDigest: { algorithm: "SHA2_256", digest: base64(sha256(options.artifact)) },
        signature: base64(signature),
      },
    }
    : { dsseEnvelope: { payload: base64(payload), payloadType, signatures: [{ sig: base64(signature) }] } };
  const proposed = proposedEntry({
    kind: options.entry ?? (options.artifact ? "hashedrekord" : "dsse"),
    signature: options.logged?.signature ?? signature,
    payload: Buffer.from(options.logged?.payload ?? payload),
    signed,
    certificate: options.logged?.certificate ?? pem.fromDER(Buffer.from(certificate)),
  });
  const [logged] = Object.values<LoggedEntry>(await authority.tlog.log(proposed));
  const { inclusionProof: proof, signedEntryTimestamp } = logged.verification;
  const [kind, version] = [proposed.kind, proposed.apiVersion];
  const entry: JsonObject = {
    logIndex: String(logged.logIndex),
    logId: { keyId: Buffer.from(logged.logID, "hex").toString("base64") },
    kindVersion: { kind, version },
    integratedTime: options.promise === false ? "0" : String(logged.integratedTime),
    ...(options.promise !== false && { inclusionPromise: { signedEntryTimestamp: signedEntryTimestamp } }),
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash, "hex").toString("base64"),
      treeSize: String(proof.treeSize),
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: logged.body,
  };
  const stamps = options.stamp
    ? [{ signedTimestamp: base64(await stampOf(authority, options.stamp === true ? signature : options.stamp)) }]
    : [];
  return {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: {
      certificate: { rawBytes: base64(certificate) },
      tlogEntries: [entry],
      timestampVerificationData: { rfc3161Timestamps: stamps },
    },
    ...content,
  };
}

async function stampOf({ tsa }: Authority, data: Uint8Array): Promise<Uint8Array> {
  const stamp = await tsa.timestamp({
    artifactHash: sha256(data),
    hashAlgorithmOID: "2.16.840.1.101.3.4.2.1",
    policyOID: "1.3.6.1.4.1.57264.2",
    nonce: 1,
  });
  return new Uint8Array(stamp.buffer, stamp.byteOffset, stamp.byteLength);
}

interface Proposed {
  kind: SignOptions["entry"];
  signature: Uint8Array;
  payload: Uint8Array;
  signed: Uint8Array;
  certificate: string;
}

/** An entry's body as the log stores it (Rekor's types). */
function proposedEntry(
  { kind, signature, payload, signed, certificate }: Proposed,
): { kind: string; apiVersion: string; spec: JsonObject } {
  const [sig, verifier] = [base64(signature), Buffer.from(certificate).toString("base64")];
  const hash = (bytes: Uint8Array) => ({ algorithm: "sha256", value: sha256(bytes).toString("hex") });
  const second = {
    content: sig,
    verifier: {
      keyDetails: "PKIX_ECDSA_P256_SHA_256",
      x509Certificate: { rawBytes: base64(pem.toDER(certificate)) },
    },
  };
  const digest = (bytes: Uint8Array) => ({ algorithm: "SHA2_256", digest: base64(sha256(bytes)) });
  switch (kind) {
    case "hashedrekord":
      return {
        kind: "hashedrekord",
        apiVersion: "0.0.1",
        spec: { data: { hash: hash(signed) }, signature: { content: sig, publicKey: { content: verifier } } },
      };
    case "hashedrekord v2":
      return {
        kind: "hashedrekord",
        apiVersion: "0.0.2",
        spec: { hashedRekordV002: { data: digest(signed), signature: second } },
      };
    case "intoto":
      return {
        kind: "intoto",
        apiVersion: "0.0.2",
        spec: {
          content: {
            envelope: { signatures: [{ sig: Buffer.from(sig).toString("base64"), publicKey: verifier }] },
            payloadHash: hash(payload),
          },
        },
      };
    case "dsse v2":
      return {
        kind: "dsse",
        apiVersion: "0.0.2",
        spec: { dsseV002: { payloadHash: digest(payload), signatures: [second] } },
      };
    default:
      return {
        kind: "dsse",
        apiVersion: "0.0.1",
        spec: { payloadHash: hash(payload), signatures: [{ signature: sig, verifier }] },
      };
  }
}

const SCT_LIST = "1.3.6.1.4.1.11129.2.4.2";

/** Makes the same certificate again with one extension changed, with an SCT for it: what the library's mock cannot issue. */
export function reissuing(
  authority: Authority,
  change: { oid: string; value?: Uint8Array; signWith?: Pair },
): (certificate: Uint8Array) => Promise<Uint8Array> {
  return async (issued) => {
    const certificate = ASN1Obj.parseBuffer(Buffer.from(issued));
    const extensions = certificate.subs[0].subs.find((part) => part.tag.isContextSpecific(3))?.subs[0].subs ?? [];
    const at = (oid: string) => extensions.findIndex((extension) => extension.subs[0].toOID() === oid);
    if (at(SCT_LIST) !== -1) extensions.splice(at(SCT_LIST), 1);
    if (change.value === undefined) extensions.splice(at(change.oid), 1);
    else {
      const { subs } = extensions[at(change.oid)];
      subs[subs.length - 1] = octets(change.value);
    }
    const { privateKey, publicKey } = change.signWith ?? authority.keys.ca;
    const seal = () => {
      const signature = crypto.sign("sha384", certificate.subs[0].toDER(), privateKey);
      const { tag } = certificate.subs[2];
      certificate.subs[2] = new ASN1Obj(tag, Buffer.concat([Buffer.from([0]), signature]), []);
      return certificate.toDER();
    };
    const plain = (bytes: Uint8Array) => new Uint8Array(bytes).buffer;
    // with its own length before it
    const sct = new Uint8Array(await authority.ctlog.log(plain(seal()), plain(sha256(spki(publicKey)))));
    const length = (count: number) => Buffer.from([count >> 8, count & 255]);
    const list = octets(Buffer.concat([length(sct.length), sct])).toDER();
    extensions.push(
      ASN1Obj.parseBuffer(der(0x30, oidBytes(SCT_LIST), octets(list).toDER())),
    );
    return new Uint8Array(seal());
  };
}

const octets = (bytes: Uint8Array) => new ASN1Obj(ASN1Obj.parseBuffer(Buffer.from([4, 0])).tag, Buffer.from(bytes), []);
const lengthBytes = (count: number) =>
  count < 128
    ? Buffer.from([count])
    : count < 256
    ? Buffer.from([0x81, count])
    : Buffer.from([0x82, count >> 8, count & 255]);
/** A DER value: tag, length, content. */
export const der = (tag: number, ...parts: Uint8Array[]): Buffer<ArrayBuffer> => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthBytes(body.length), body]);
};

export function oidBytes(oid: string): Buffer<ArrayBuffer> {
  const [first, second, ...rest] = oid.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift(left & 127 | 128);
    bytes.push(...groups);
  }
  return der(6, Buffer.from(bytes));
}
