/** Bundles of our own in which exactly one thing is wrong, and their neighbours in which nothing is. */
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { pem } from "@sigstore/core";
import { initializeCA, initializeTLog, initializeTSA } from "@sigstore/mock";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../lib/codec/mod.ts";
import { digestOf } from "../../lib/digest/mod.ts";
import {
  type Artifact,
  type ExpectedSigner,
  parseTrustedRoot,
  type Part,
  SignatureError,
  verifyBundle,
} from "../../lib/trust/mod.ts";
import {
  type Authority,
  der,
  ISSUER,
  minutes,
  newAuthority,
  newKey,
  oidBytes,
  reissuing,
  REPOSITORY_OID,
  type RootChange,
  rootOf,
  sign,
  type SignOptions,
  STAMP_TIME,
  STATEMENT,
  SUBJECT,
} from "./authority.ts";

const ours = await newAuthority();
const theirs = await newAuthority();
const IDENTITY = { issuer: ISSUER, subject: SUBJECT };
const EVIDENCE = new TextEncoder().encode("evidence");
const OTHER = new TextEncoder().encode("other evidence");

/** One verification; what is not given is good. */
interface Trial {
  from?: Partial<Authority>;
  sign?: SignOptions;
  /** Changes the finished bundle. */
  edit?: (bundle: Bundle) => unknown;
  root?: RootChange;
  signer?: ExpectedSigner;
  artifact?: Artifact;
}
// deno-lint-ignore no-explicit-any -- every field of it is changed somewhere
type Bundle = any;

async function verify(trial: Trial): Promise<ReturnType<typeof verifyBundle>> {
  const bundle: Bundle = await sign({ ...ours, ...trial.from }, trial.sign);
  await trial.edit?.(bundle);
  return verifyBundle(new TextEncoder().encode(JSON.stringify(bundle)), {
    root: parseTrustedRoot(rootOf(ours, trial.root)),
    signer: trial.signer ?? IDENTITY,
    artifact: trial.artifact,
  });
}

const entryOf = (bundle: Bundle) => bundle.verificationMaterial.tlogEntries[0];
const flip = (text: string, at = 20) => {
  const bytes = Buffer.from(text, "base64");
  bytes[at] ^= 1;
  return bytes.toString("base64");
};
const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString("base64");
const chained = (bundle: Bundle, ...more: string[]) => {
  const { certificate, ...rest } = bundle.verificationMaterial;
  bundle.verificationMaterial = {
    ...rest,
    x509CertificateChain: { certificates: [certificate, ...more.map((rawBytes) => ({ rawBytes }))] },
  };
};
const statement = (change: Record<string, unknown>) => JSON.stringify({ ...STATEMENT, ...change });
const SAN = "2.5.29.17";
const name = (tag: number, text: string) => der(0x80 | tag, Buffer.from(text, "latin1"));
const key = newKey();

async function certificateOf(options: SignOptions): Promise<string> {
  const bundle: Bundle = await sign(ours, options);
  return pem.fromDER(Buffer.from(bundle.verificationMaterial.certificate.rawBytes, "base64"));
}

const GOOD: Record<string, Trial> = {
  "a statement, logged with a promise": {},
  "with a time-stamp too": { sign: { stamp: true } },
  "with a time-stamp alone": { sign: { stamp: true, promise: false } },
  "logged as intoto": { sign: { entry: "intoto" } },
  "logged as hashedrekord": { sign: { entry: "hashedrekord" } },
  "logged as dsse of the second version": { sign: { entry: "dsse v2", stamp: true, promise: false } },
  "logged as hashedrekord of the second version": { sign: { entry: "hashedrekord v2", stamp: true, promise: false } },
  "of version 0.3 by its older name": {
    edit: (bundle) => bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.3",
  },
  "of version 0.2, with a chain": {
    edit: (bundle) => {
      chained(bundle);
      bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.2";
    },
  },
  "of version 0.1, with a promise alone": {
    edit: (bundle) => {
      chained(bundle);
      bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.1";
      delete entryOf(bundle).inclusionProof;
    },
  },
  "a statement about the file": { artifact: { bytes: EVIDENCE } },
  "a statement about the digest": { artifact: { digest: digestOf(EVIDENCE) } },
  "a statement about two files": {
    sign: { payload: statement({ subject: [{ name: "x", digest: { sha256: "0" } }, ...STATEMENT.subject] }) },
    artifact: { bytes: EVIDENCE },
  },
  "a statement that gives a SHA-512 alone": {
    sign: {
      payload: statement({
        subject: [{ digest: { sha512: crypto.createHash("sha512").update(EVIDENCE).digest("hex") } }],
      }),
    },
    artifact: { bytes: EVIDENCE },
  },
  "a file": { sign: { artifact: EVIDENCE }, artifact: { bytes: EVIDENCE } },
  "a file, by its digest": { sign: { artifact: EVIDENCE }, artifact: { digest: digestOf(EVIDENCE) } },
  "any signer": { signer: "anyone" },
  "issuer and subject by regular expression": {
    signer: { issuerRegexp: "https://token\\..*", subjectRegexp: "https://github.com/acme/.*@refs/tags/v1\\.[0-9.]+" },
  },
  "an e-mail address": {
    sign: { reissue: reissuing(ours, { oid: SAN, value: der(0x30, name(1, "ada@example.test")) }) },
    signer: { issuer: ISSUER, subject: "ada@example.test" },
  },
  "a certificate for several uses": {
    sign: {
      reissue: reissuing(ours, {
        oid: "2.5.29.37",
        value: der(0x30, oidBytes("1.3.6.1.5.5.7.3.2"), oidBytes("1.3.6.1.5.5.7.3.3")),
      }),
    },
  },
};

const BAD: Partial<Record<Part, Record<string, Trial>>> = {
  identity: {
    "another issuer": { sign: { issuer: "https://accounts.example.test" } },
    "an issuer that only begins alike": { sign: { issuer: `${ISSUER}.evil.test` } },
    "an issuer that is only the beginning": { sign: { issuer: ISSUER.slice(0, -4) } },
    "an issuer with a slash behind it": { sign: { issuer: `${ISSUER}/` } },
    "another subject": {
      sign: { subject: "https://github.com/eve/packs/.github/workflows/release.yml@refs/tags/v1.2.3" },
    },
    "a subject with something before it": { sign: { subject: `https://evil.test/?${SUBJECT}` } },
    "a subject with something behind it": { sign: { subject: `${SUBJECT}-evil` } },
    "a subject that is only the beginning": { sign: { subject: SUBJECT.slice(0, -1) } },
    "a subject of another case": { sign: { subject: SUBJECT.replace("acme", "Acme") } },
    "a subject that a dot of the wanted one would match as a pattern": {
      sign: { subject: SUBJECT.replace("github.com", "githubXcom") },
    },
    "a pattern where an exact subject belongs": { signer: { issuer: ISSUER, subject: "https://github.com/acme/.*" } },
    "a regular expression that matches a part": {
      signer: { issuer: ISSUER, subjectRegexp: "https://github.com/acme/" },
    },
    "a regular expression whose last alternative matches a part": {
      signer: { issuer: ISSUER, subjectRegexp: "nobody|@refs/tags/v1.2.3" },
    },
    "an issuer by a regular expression of another": {
      signer: { issuerRegexp: "https://accounts\\..*", subject: SUBJECT },
    },
    "a text and a regular expression of which one fits": { signer: { ...IDENTITY, subjectRegexp: "ada@.*" } },
  },
  signature: {
    "made by another key": { sign: { signWith: newKey() } },
    "of a payload that was changed, in the log too": {
      sign: { logged: { payload: statement({ predicate: {} }) } },
      edit: (bundle) => bundle.dsseEnvelope.payload = base64(statement({ predicate: {} })),
    },
    "with a certificate of the same signer for another key": {
      edit: async (bundle) => {
        bundle.verificationMaterial.certificate = (await sign(ours) as Bundle).verificationMaterial.certificate;
      },
    },
    "of a payload type that was changed": {
      sign: { payloadType: "application/vnd.in-toto+xml" },
      edit: (bundle) => bundle.dsseEnvelope.payloadType = "application/vnd.in-toto+json",
    },
    "of a file, by another key, checked by its digest": {
      sign: { artifact: EVIDENCE, signWith: newKey() },
      artifact: { digest: digestOf(EVIDENCE) },
    },
    "of a file, by another key": { sign: { artifact: EVIDENCE, signWith: newKey() }, artifact: { bytes: EVIDENCE } },
  },
  log: {
    "a payload that was changed": {
      edit: (bundle) => bundle.dsseEnvelope.payload = base64(statement({ predicate: {} })),
    },
    "a signature that was changed": {
      edit: (bundle) => bundle.dsseEnvelope.signatures[0].sig = flip(bundle.dsseEnvelope.signatures[0].sig),
    },
    "no entry, a time-stamp alone": {
      sign: { stamp: true },
      edit: (bundle) => bundle.verificationMaterial.tlogEntries = [],
    },
    "a promise that was changed": {
      edit: (bundle) => {
        const { inclusionPromise } = entryOf(bundle);
        inclusionPromise.signedEntryTimestamp = flip(inclusionPromise.signedEntryTimestamp);
      },
    },
    "a promise of another entry": {
      edit: async (bundle) => entryOf(bundle).inclusionPromise = entryOf(await sign(ours)).inclusionPromise,
    },
    "a time that was changed": {
      edit: (bundle) => entryOf(bundle).integratedTime = String(Number(entryOf(bundle).integratedTime) + 60),
    },
    "an index that was changed": { edit: (bundle) => entryOf(bundle).logIndex = "1" },
    "a proof with a hash too many": {
      edit: (bundle) => entryOf(bundle).inclusionProof.hashes = [entryOf(bundle).inclusionProof.rootHash],
    },
    "a proof of another entry": {
      edit: async (bundle) => entryOf(bundle).inclusionProof = entryOf(await sign(ours)).inclusionProof,
    },
    "a proof at another index": { edit: (bundle) => entryOf(bundle).inclusionProof.logIndex = "1" },
    "a proof whose root is not the checkpoint's": {
      edit: (bundle) => entryOf(bundle).inclusionProof.rootHash = flip(entryOf(bundle).inclusionProof.rootHash),
    },
    "a proof whose size is not the checkpoint's": { edit: (bundle) => entryOf(bundle).inclusionProof.treeSize = "2" },
    "a checkpoint whose text was changed": {
      edit: (bundle) => {
        const { checkpoint } = entryOf(bundle).inclusionProof;
        checkpoint.envelope = checkpoint.envelope.replace("Timestamp: 1", "Timestamp: 2");
      },
    },
    "a checkpoint without signatures": {
      edit: (bundle) => {
        const { checkpoint } = entryOf(bundle).inclusionProof;
        checkpoint.envelope = checkpoint.envelope.split("\u2014")[0];
      },
    },
    "a checkpoint signed by another log": {
      sign: { stamp: true, promise: false },
      edit: async (bundle) => {
        const other = entryOf(await sign({ ...ours, tlog: theirs.tlog }, { key }));
        entryOf(bundle).inclusionProof = other.inclusionProof;
        entryOf(bundle).canonicalizedBody = other.canonicalizedBody;
      },
    },
    "an entry about another payload by the same key": {
      sign: { key },
      edit: async (bundle) => {
        const other = await sign(ours, { key, payload: statement({ predicate: {} }) });
        bundle.verificationMaterial.tlogEntries = (other as Bundle).verificationMaterial.tlogEntries;
      },
    },
    "an entry about another payload": { sign: { logged: { payload: "{}" } } },
    "an entry about another signature": { sign: { logged: { signature: new Uint8Array(70) } } },
    "an entry about another certificate of the same key": {
      sign: { key, logged: { certificate: await certificateOf({ key, subject: "https://evil.test" }) } },
    },
    "an entry of a kind that says something else": {
      edit: (bundle) => entryOf(bundle).kindVersion.kind = "hashedrekord",
    },
    "an entry of a version that is not known": { edit: (bundle) => entryOf(bundle).kindVersion.version = "9.9.9" },
    "a log that is not trusted": { from: { tlog: theirs.tlog } },
    "a log that is not trusted, with a time-stamp": {
      from: { tlog: theirs.tlog },
      sign: { stamp: true, promise: false },
    },
    "a log that calls itself a trusted one": {
      from: { tlog: theirs.tlog },
      edit: async (bundle) => entryOf(bundle).logId = entryOf(await sign(ours)).logId,
    },
    "a log whose key was no longer valid": { root: { tlog: { end: minutes(-5) } } },
    "a log whose key was not yet valid": { root: { tlog: { start: minutes(5) } } },
    "a log whose key was no longer valid, without a promise": {
      sign: { stamp: true, promise: false },
      root: { tlog: { end: minutes(-5) } },
    },
    "a log whose key was not yet valid, without a promise": {
      sign: { stamp: true, promise: false },
      root: { tlog: { start: minutes(30) } },
    },
    "the same entry twice": {
      sign: { stamp: true, promise: false },
      edit: (bundle) => bundle.verificationMaterial.tlogEntries.push(entryOf(bundle)),
    },
    "a second entry that is about something else": {
      sign: { key },
      edit: async (bundle) =>
        bundle.verificationMaterial.tlogEntries.push(
          entryOf(
            await sign({ ...ours, tlog: await initializeTLog("https://log.example.test", ours.keys.tlog, minutes(1)) }),
          ),
        ),
    },
    "an entry whose body is no JSON": {
      sign: { stamp: true, promise: false },
      edit: (bundle) => entryOf(bundle).canonicalizedBody = base64("{"),
    },
  },
  timestamp: {
    "no entry and no time-stamp": { edit: (bundle) => bundle.verificationMaterial.tlogEntries = [] },
    "an entry without a promise, and no time-stamp": { sign: { promise: false } },
    "a time that nobody promised": {
      sign: { promise: false },
      edit: (bundle) => entryOf(bundle).integratedTime = String(Math.floor(Date.now() / 1000)),
    },
    "a time-stamp of another signature": { sign: { stamp: OTHER } },
    "a time-stamp by an authority that is not trusted": { from: { tsa: theirs.tsa }, sign: { stamp: true } },
    "a time-stamp after the authority's end": { sign: { stamp: true }, root: { tsa: { end: minutes(1) } } },
    "a time-stamp before the authority's start": { sign: { stamp: true }, root: { tsa: { start: minutes(30) } } },
    "a time-stamp after its certificate's end": {
      from: { tsa: await initializeTSA(ours.keys.tsa, new Date(STAMP_TIME.getTime() + 366 * 24 * 3600_000)) },
      sign: { stamp: true },
    },
    "the same time-stamp twice": {
      sign: { stamp: true },
      edit: ({ verificationMaterial: { timestampVerificationData: data } }) =>
        data.rfc3161Timestamps.push(data.rfc3161Timestamps[0]),
    },
  },
  certificate: {
    "that is none": { edit: ({ verificationMaterial: { certificate } }) => certificate.rawBytes = "MAA=" },
    "expired when the log had it": { from: { ca: await initializeCA(ours.keys.ca, ours.ctlog, minutes(-20)) } },
    "not yet valid when the log had it": { from: { ca: await initializeCA(ours.keys.ca, ours.ctlog, minutes(20)) } },
    "expired when it was time-stamped": {
      from: { tsa: await initializeTSA(ours.keys.tsa, new Date(STAMP_TIME.getTime() + 60 * 60_000)) },
      sign: { stamp: true },
    },
    "of an authority that is not trusted": { from: { ca: theirs.ca } },
    "of an authority that is no longer trusted": { root: { ca: { end: minutes(-5) } } },
    "of an authority that is not yet trusted": { root: { ca: { start: minutes(5) } } },
    "without an SCT": { from: { ca: await initializeCA(ours.keys.ca) } },
    "with an SCT of a log that is not trusted": { from: { ca: await initializeCA(ours.keys.ca, theirs.ctlog) } },
    "with an SCT of a log that is no longer trusted": { root: { ctlog: { end: minutes(-5) } } },
    "with an SCT of a log that is not yet trusted": { root: { ctlog: { start: minutes(5) } } },
    "signed by another key than its authority's": {
      sign: { reissue: reissuing(ours, { oid: SAN, value: der(0x30, name(6, SUBJECT)), signWith: newKey() }) },
    },
    "signed by a certificate that is no authority": {
      sign: {
        key,
        reissue: reissuing(ours, { oid: "2.5.29.35", value: der(0x30), signWith: key }),
      },
    },
    "not for signing code": {
      sign: { reissue: reissuing(ours, { oid: "2.5.29.37", value: der(0x30, oidBytes("1.3.6.1.5.5.7.3.2")) }) },
    },
    "without a use": { sign: { reissue: reissuing(ours, { oid: "2.5.29.37" }) } },
    "without an issuer": { sign: { reissue: reissuing(ours, { oid: "1.3.6.1.4.1.57264.1.8" }) } },
    "without a subject": { sign: { reissue: reissuing(ours, { oid: SAN }) } },
    "with a second subject": {
      sign: {
        reissue: reissuing(ours, { oid: SAN, value: der(0x30, name(6, SUBJECT), name(6, "https://evil.test")) }),
      },
    },
    "with a subject of another kind": {
      sign: { reissue: reissuing(ours, { oid: SAN, value: der(0x30, name(2, "github.com")) }) },
    },
    "with a subject that is the wanted one but for top bits": {
      sign: { reissue: reissuing(ours, { oid: SAN, value: der(0x30, name(6, SUBJECT.replace("acme", "\xe1cme"))) }) },
    },
    "with a subject that has a line break": {
      sign: { reissue: reissuing(ours, { oid: SAN, value: der(0x30, name(6, `${SUBJECT}\n`)) }) },
    },
    "with an issuer that is not UTF-8": {
      sign: {
        reissue: reissuing(ours, {
          oid: "1.3.6.1.4.1.57264.1.8",
          value: der(12, Buffer.from(ISSUER.replace("token", "\xf4oken"), "latin1")),
        }),
      },
    },
  },
  key: {
    "a key's hint, and no key": {
      edit: ({ verificationMaterial: material }) => {
        delete material.certificate;
        material.publicKey = { hint: "0" };
      },
    },
    "a certificate where a key was asked for": {
      sign: { key },
      signer: { publicKey: key.publicKey.export({ format: "pem", type: "spki" }) as string },
    },
    "a key that is none": { signer: { publicKey: "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n" } },
  },
  payload: {
    "of another type": { sign: { payloadType: "text/plain" } },
    "no JSON": { sign: { payload: "{" } },
    "a key twice": { sign: { payload: JSON.stringify(STATEMENT).replace("{", '{"predicate":{},') } },
    "no statement": { sign: { payload: statement({ _type: "https://example.test" }) } },
    "without a subject": { sign: { payload: statement({ subject: [] }) } },
    "without a predicate type": { sign: { payload: statement({ predicateType: "" }) } },
    "bytes behind it": { sign: { payload: `${JSON.stringify(STATEMENT)}{}` } },
  },
  artifact: {
    "another file": { artifact: { bytes: OTHER } },
    "another digest": { artifact: { digest: digestOf(OTHER) } },
    "a subject of the right name with another digest": {
      sign: { payload: statement({ subject: [{ name: "evidence.tar", digest: { sha256: "0".repeat(64) } }] }) },
      artifact: { bytes: EVIDENCE },
    },
    "a subject with a SHA-1 alone": {
      sign: {
        payload: statement({
          subject: [{ digest: { sha1: crypto.createHash("sha1").update(EVIDENCE).digest("hex") } }],
        }),
      },
      artifact: { bytes: EVIDENCE },
    },
    "a subject whose digests disagree": {
      sign: {
        payload: statement({ subject: [{ digest: { ...STATEMENT.subject[0].digest, sha512: "0".repeat(128) } }] }),
      },
      artifact: { bytes: EVIDENCE },
    },
    "a subject's digest in upper case": {
      sign: {
        payload: statement({ subject: [{ digest: { sha256: STATEMENT.subject[0].digest.sha256.toUpperCase() } }] }),
      },
      artifact: { bytes: EVIDENCE },
    },
    "a signed file that is another": { sign: { artifact: EVIDENCE }, artifact: { bytes: OTHER } },
    "a signed file of another digest": { sign: { artifact: EVIDENCE }, artifact: { digest: digestOf(OTHER) } },
    "a signed file that was not given": { sign: { artifact: EVIDENCE } },
    "a digest of a kind that needs the file": {
      sign: { artifact: EVIDENCE },
      edit: (bundle) => bundle.messageSignature.messageDigest.algorithm = "SHA2_512",
      artifact: { digest: digestOf(EVIDENCE) },
    },
  },
  bundle: {
    "a version to come": { edit: (bundle) => bundle.mediaType = "application/vnd.dev.sigstore.bundle.v0.4+json" },
    "a version far away": {
      edit: (bundle) => bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=9.9",
    },
    "a media type with more behind it": { edit: (bundle) => bundle.mediaType += ";x" },
    "no media type": { edit: (bundle) => delete bundle.mediaType },
    "a media type of a web page": { edit: (bundle) => bundle.mediaType = "text/html" },
    "a chain in version 0.3": { edit: (bundle) => chained(bundle) },
    "no proof in version 0.3": { edit: (bundle) => delete entryOf(bundle).inclusionProof },
    "no promise in version 0.1": {
      sign: { stamp: true, promise: false },
      edit: (bundle) => {
        chained(bundle);
        bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.1";
      },
    },
    "a proof without a checkpoint in version 0.1": {
      edit: (bundle) => {
        chained(bundle);
        bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.1";
        delete entryOf(bundle).inclusionProof.checkpoint;
      },
    },
    "a root certificate in its chain": {
      edit: (bundle) => {
        const { buffer, byteOffset, byteLength } = ours.ca.rootCertificate;
        chained(bundle, base64(new Uint8Array(buffer, byteOffset, byteLength)));
        bundle.mediaType = "application/vnd.dev.sigstore.bundle+json;version=0.2";
      },
    },
    "two signatures": {
      edit: ({ dsseEnvelope }) => dsseEnvelope.signatures.push(dsseEnvelope.signatures[0]),
    },
    "no signature": { edit: ({ dsseEnvelope }) => dsseEnvelope.signatures = [] },
    "an empty signature": { edit: ({ dsseEnvelope }) => dsseEnvelope.signatures[0].sig = "" },
    "neither a statement nor a file": { edit: (bundle) => delete bundle.dsseEnvelope },
    "no material": { edit: (bundle) => delete bundle.verificationMaterial },
    "an empty certificate": { edit: ({ verificationMaterial: { certificate } }) => certificate.rawBytes = "" },
    "a time-stamp that is none": {
      sign: { stamp: true },
      edit: ({ verificationMaterial: { timestampVerificationData: data } }) =>
        data.rfc3161Timestamps[0].signedTimestamp = "MAA=",
    },
    "a text that is not base64": { edit: ({ dsseEnvelope }) => dsseEnvelope.signatures[0].sig += "*" },
    "a text in base64 without its padding": {
      edit: ({ verificationMaterial: { certificate } }) => certificate.rawBytes += "A",
    },
  },
};

Deno.test("verifyBundle() accepts good bundles of every shape", async (t) => {
  for (const [what, trial] of Object.entries(GOOD)) {
    await t.step(what, async () => {
      const { signer, timestamps } = await verify(trial);
      assert.equal(signer?.issuer, ISSUER);
      assert.ok(timestamps.length > 0);
    });
  }
  console.log(`${Object.keys(GOOD).length} good bundles accepted`);
});

for (const [part, trials] of Object.entries(BAD)) {
  Deno.test(`verifyBundle() refuses a bundle with one thing wrong: ${part}`, async (t) => {
    for (const [what, trial] of Object.entries(trials)) {
      await t.step(what, async () => {
        const code = part === "identity" ? "verification_failed" : "signature_invalid";
        await assert.rejects(verify(trial), (error: unknown) => {
          assert.ok(error instanceof SignatureError, String(error));
          assert.deepEqual([error.part, error.code, error.exitCode], [part, code, 12], error.message);
          return true;
        });
      });
    }
    console.log(`${Object.keys(trials).length} bad bundles refused: ${part}`);
  });
}

Deno.test("verifyBundle() wants both an issuer and a subject, and expressions that are some", async () => {
  for (
    const signer of [
      {},
      { issuer: ISSUER },
      { subject: SUBJECT },
      { issuer: "", subject: SUBJECT },
      { issuer: ISSUER, subjectRegexp: "(" },
      { issuer: ISSUER, subjectRegexp: "a)|(.*" },
    ]
  ) {
    await assert.rejects(verify({ signer }), { code: "usage" }, JSON.stringify(signer));
  }
});

Deno.test("verifyBundle() returns signer, extensions, statement and times", async () => {
  const { signer, statement, timestamps } = await verify({
    sign: { stamp: true, extensions: [{ oid: REPOSITORY_OID, value: "https://github.com/acme/packs" }] },
  });
  assert.deepEqual(signer, { ...IDENTITY, sourceRepositoryUri: "https://github.com/acme/packs" });
  assert.deepEqual(JSON.parse(JSON.stringify(statement)), STATEMENT);
  assert.ok(timestamps.some((time) => time.getTime() === STAMP_TIME.getTime()));
});

Deno.test("verifyBundle() accepts a key that was given, and no other", async () => {
  const edit = ({ verificationMaterial: material }: Bundle) => {
    delete material.certificate;
    material.publicKey = { hint: "whatever" };
  };
  const text = (pair: { publicKey: crypto.KeyObject }) =>
    pair.publicKey.export({ format: "pem", type: "spki" }) as string;
  const trial = { sign: { key, logged: { certificate: text(key) } }, edit };
  const { signer } = await verify({ ...trial, signer: { publicKey: text(key) } });
  assert.equal(signer, undefined);
  await assert.rejects(verify({ ...trial, signer: { publicKey: text(newKey()) } }), { part: "signature" });
  await assert.rejects(verify({ ...trial, signer: "anyone" }), { part: "key" });
});

Deno.test("verifyBundle() refuses bytes that are no strict JSON", async () => {
  const good = JSON.stringify(await sign(ours));
  const root = parseTrustedRoot(rootOf(ours));
  for (
    const text of [
      "",
      "null",
      "[]",
      "{}",
      `${good} {}`,
      good.replace("{", '{"mediaType":"x",'),
      `${"[".repeat(10_000)}`,
      " ".repeat(5_000_000),
    ]
  ) {
    const bytes = new TextEncoder().encode(text);
    assert.throws(() => verifyBundle(bytes, { root, signer: IDENTITY }), { part: "bundle" }, text.slice(0, 40));
  }
});

/** Every string in a value, with the way to change it. */
function* leaves(value: JsonValue, path: string[] = []): Generator<{ path: string[]; text: string }> {
  if (typeof value === "string") yield { path, text: value };
  else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value)) yield* leaves(item, [...path, name]);
  }
}

function changed(value: JsonObject, options: { path: string[]; text: string }): JsonObject {
  const copy = structuredClone(value);
  let at: Bundle = copy;
  for (const name of options.path.slice(0, -1)) at = at[name];
  at[options.path.at(-1) ?? ""] = options.text;
  return copy;
}

Deno.test("verifyBundle() refuses every bundle in which one letter of one field was changed", async () => {
  const bundle = await sign(ours);
  const root = parseTrustedRoot(rootOf(ours));
  const fields = [...leaves(bundle)];
  let count = 0;
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.nat(), fc.constantFrom(..."AZaz09+/="), ({ path, text }, at, letter) => {
      const index = at % text.length;
      fc.pre(text[index] !== letter);
      const mutant = changed(bundle, { path, text: text.slice(0, index) + letter + text.slice(index + 1) });
      assert.throws(() => verifyBundle(mutant, { root, signer: IDENTITY }), SignatureError, path.join("."));
      count++;
    }),
    { numRuns: 400 },
  );
  console.log(`${count} mutants of ${fields.length} fields refused`);
});

/** Every place in a value, lists and objects too. */
function* places(value: JsonValue, path: string[] = []): Generator<string[]> {
  if (path.length > 0) yield path;
  if (typeof value !== "object" || value === null) return;
  for (const [name, item] of Object.entries(value)) yield* places(item, [...path, name]);
}

Deno.test("verifyBundle() answers values of other types, wherever they stand, with a refusal and nothing else", async () => {
  const bundle = await sign(ours, { stamp: true });
  const root = parseTrustedRoot(rootOf(ours));
  const accepted = new Set<string>();
  let count = 0;
  for (const path of places(bundle)) {
    for (const other of [null, true, -1, 1e300, "", "\u0000", "AAAA", [], {}, [null], { rawBytes: {} }]) {
      const mutant = structuredClone(bundle);
      let at: Bundle = mutant;
      for (const step of path.slice(0, -1)) at = at[step];
      at[path.at(-1) ?? ""] = other;
      try {
        verifyBundle(mutant, { root, signer: IDENTITY });
        accepted.add(path.slice(1).join("."));
      } catch (error) {
        if (!(error instanceof SignatureError)) throw error;
      }
      count++;
    }
  }
  console.log(`${count} bundles with a value of another type`);
  // read as left out, which is no lack: the promise is a time, the time-stamp is another, the log has one entry, at 0
  assert.deepEqual([...accepted].sort(), [
    "timestampVerificationData",
    "timestampVerificationData.rfc3161Timestamps",
    "tlogEntries.0.inclusionPromise",
    "tlogEntries.0.inclusionProof.hashes",
    "tlogEntries.0.inclusionProof.logIndex",
  ]);
});
