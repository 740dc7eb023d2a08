import * as z from "zod";
import type { Bundle, TransparencyLogEntry } from "@sigstore/bundle";
import { pem } from "@sigstore/core";
import type { TrustMaterial } from "@sigstore/verify";
import { parseJson } from "../codec/mod.ts";
import { TRUST } from "../limits.ts";
import { SignatureError } from "./signature_error.ts";

const fromPem = z.base64().transform((text) => pem.toDER(Buffer.from(text, "base64").toString("latin1")));
const fromDer = z.base64().transform((text) => Buffer.from(text, "base64"));
const raw = z.looseObject({ rawBytes: fromDer });
const verifier = z.union([
  z.looseObject({ x509Certificate: raw }).transform((value) => value.x509Certificate.rawBytes),
  z.looseObject({ publicKey: raw }).transform((value) => value.publicKey.rawBytes),
]);
const spec = <Shape extends z.ZodRawShape>(shape: Shape) => z.looseObject({ spec: z.looseObject(shape) });

/** Where each kind of entry has the certificate or key of whoever signed (Rekor's types, v1 and v2). */
const LOGGED_KEYS: Readonly<Record<string, z.ZodType<Buffer[]>>> = {
  "hashedrekord 0.0.1": spec({
    signature: z.looseObject({ publicKey: z.looseObject({ content: fromPem }) }),
  }).transform((body) => [body.spec.signature.publicKey.content]),
  "hashedrekord 0.0.2": spec({
    hashedRekordV002: z.looseObject({ signature: z.looseObject({ verifier }) }),
  }).transform((body) => [body.spec.hashedRekordV002.signature.verifier]),
  "dsse 0.0.1": spec({ signatures: z.array(z.looseObject({ verifier: fromPem })) })
    .transform((body) => body.spec.signatures.map((signature) => signature.verifier)),
  "dsse 0.0.2": spec({
    dsseV002: z.looseObject({ signatures: z.array(z.looseObject({ verifier })) }),
  }).transform((body) => body.spec.dsseV002.signatures.map((signature) => signature.verifier)),
  "intoto 0.0.2": spec({
    content: z.looseObject({
      envelope: z.looseObject({ signatures: z.array(z.looseObject({ publicKey: fromPem })) }),
    }),
  }).transform((body) => body.spec.content.envelope.signatures.map((signature) => signature.publicKey)),
};

/**
 * What the library leaves open of entries whose inclusion it checked: that they are about this very certificate or key (it compares
 * digest and signature, for which ECDSA lets a second key be made), that a proof agrees with its checkpoint, and that an entry
 * without a time of its own stands in a log whose key was valid then.
 *
 * @throws SignatureError `log`
 */
export function checkLogEntries(
  bundle: Bundle,
  options: { key: Uint8Array; times: readonly Date[]; logs: TrustMaterial["tlogs"] },
): void {
  for (const entry of bundle.verificationMaterial.tlogEntries) {
    const keys = loggedKeys(entry);
    if (keys.length === 0 || !keys.every((key) => key.equals(options.key))) {
      throw new SignatureError("log", "its entry is about another certificate or key");
    }
    checkProof(entry);
    if (entry.inclusionPromise !== undefined) continue;
    const valid = options.logs.some((log) =>
      log.logID.equals(entry.logId.keyId) &&
      options.times.every((time) => log.validFor.start <= time && time <= log.validFor.end)
    );
    if (!valid) throw new SignatureError("log", "the log's key was not valid at the time of signing");
  }
}

/** Lines two and three of a checkpoint are size and root (c2sp.org/tlog-checkpoint); the library reads those of the proof nowhere. */
function checkProof({ inclusionProof: proof }: TransparencyLogEntry): void {
  if (proof?.checkpoint === undefined) return;
  const [, size, rootHash] = proof.checkpoint.envelope.split("\n");
  if (size !== proof.treeSize || rootHash !== proof.rootHash.toString("base64")) {
    throw new SignatureError("log", "its proof is of another tree than its checkpoint");
  }
}

function loggedKeys({ kindVersion: { kind, version }, canonicalizedBody }: TransparencyLogEntry): Buffer[] {
  const reader = LOGGED_KEYS[`${kind} ${version}`];
  if (reader === undefined) throw new SignatureError("log", `entries of kind ${kind} ${version} are not supported`);
  try {
    return reader.parse(parseJson(canonicalizedBody, { maxBytes: TRUST.bundleBytes, what: "log entry" }));
  } catch (error) {
    throw new SignatureError("log", "its entry does not say whose signature it is about", { cause: error });
  }
}
