import { createHash, type KeyObject, sign } from "node:crypto";
import * as z from "zod";
import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { TRUST } from "../limits.ts";
import type { IdentityToken } from "./identity_token.ts";

/** The services that take part in a signature, each by its address. */
export interface SigningServices {
  fulcioUrl: string;
  rekorUrl: string;
  tsaUrl?: string;
}

interface AskOptions {
  signal?: AbortSignal;
  /** Is not said, whatever a service says. */
  token?: IdentityToken;
}

const TIMEOUT_MS = 20_000;

/** https, or http to this machine; nothing secret in it. @throws EpackError `usage` */
export function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const here = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && here);
  if (!safe || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new EpackError("usage", `${JSON.stringify(showText(text, { maxChars: 300 }))} is no address of a service`, {
      origin: "input",
      hint: "give one that begins with https://, without user, password or query",
    });
  }
  return url.href.replace(/\/+$/, "");
}

const chain = z.looseObject({ chain: z.looseObject({ certificates: z.array(z.string()).min(1) }) });
const certified = z.union([
  z.looseObject({ signedCertificateEmbeddedSct: chain }).transform((answer) => answer.signedCertificateEmbeddedSct),
  z.looseObject({ signedCertificateDetachedSct: chain }).transform((answer) => answer.signedCertificateDetachedSct),
]);

/** Has Fulcio (its interface of version 2) certify that a key is that of whom the token names. Returns the certificate in PEM. */
export async function certify(
  base: string,
  options: AskOptions & { token: IdentityToken; privateKey: KeyObject; publicKeyPem: string },
): Promise<string> {
  const { token, privateKey, publicKeyPem } = options;
  const answer = await ask(`${base}/api/v2/signingCert`, {
    ...options,
    service: "the certificate authority",
    hint: "get a new token: it must be young, of a provider that the authority knows, and for the audience sigstore",
    body: {
      credentials: { oidcIdentityToken: token.text },
      publicKeyRequest: {
        publicKey: { algorithm: "ECDSA", content: publicKeyPem },
        proofOfPossession: sign("sha256", Buffer.from(token.subject), privateKey).toString("base64"),
      },
    },
    read: (bytes) => certified.parse(jsonOf(bytes)),
  });
  return answer.chain.certificates[0];
}

const logged = z.record(
  z.string(),
  z.looseObject({
    body: z.base64(),
    integratedTime: z.int(),
    logID: z.string(),
    logIndex: z.int(),
    verification: z.looseObject({
      signedEntryTimestamp: z.base64(),
      inclusionProof: z.looseObject({
        checkpoint: z.string(),
        hashes: z.array(z.string()).default([]),
        logIndex: z.int(),
        rootHash: z.string(),
        treeSize: z.int(),
      }).optional(),
    }),
  }),
);
const kindOf = z.looseObject({ kind: z.string(), apiVersion: z.string() });
const hexToBase64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

/** Has Rekor (its interface of version 1) record an envelope. Returns the entry as it stands in a bundle's JSON. */
export async function record(base: string, options: AskOptions & { envelope: object; verifierPem: string }) {
  const answer = await ask(`${base}/api/v1/log/entries`, {
    ...options,
    service: "the transparency log",
    body: {
      kind: "dsse",
      apiVersion: "0.0.1",
      spec: {
        proposedContent: {
          envelope: JSON.stringify(options.envelope),
          verifiers: [Buffer.from(options.verifierPem).toString("base64")],
        },
      },
    },
    read(bytes) {
      const [entry] = Object.values(logged.parse(jsonOf(bytes)));
      const { kind, apiVersion } = kindOf.parse(jsonOf(Buffer.from(entry.body, "base64")));
      return { ...entry, kindVersion: { kind, version: apiVersion } };
    },
  });
  const { inclusionProof: proof, signedEntryTimestamp } = answer.verification;
  return {
    logIndex: String(answer.logIndex),
    logId: { keyId: hexToBase64(answer.logID) },
    kindVersion: answer.kindVersion,
    integratedTime: String(answer.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    ...(proof && {
      inclusionProof: {
        logIndex: String(proof.logIndex),
        rootHash: hexToBase64(proof.rootHash),
        treeSize: String(proof.treeSize),
        hashes: proof.hashes.map(hexToBase64),
        checkpoint: { envelope: proof.checkpoint },
      },
    }),
    canonicalizedBody: answer.body,
  };
}

/** Has a time-stamp authority of Sigstore's kind say when a signature was there. Returns base64. */
export async function stamp(base: string, options: AskOptions & { signature: Uint8Array }): Promise<string> {
  return await ask(`${base}/api/v1/timestamp`, {
    ...options,
    service: "the time-stamp authority",
    body: {
      artifactHash: createHash("sha256").update(options.signature).digest("base64"),
      hashAlgorithm: "sha256",
      certificates: true,
    },
    read: (bytes) => bytes.toString("base64"),
  });
}

const jsonOf = (bytes: Buffer): unknown => JSON.parse(bytes.toString("utf8"));

interface Question<Answer> extends AskOptions {
  service: string;
  /** When it refuses. */
  hint?: string;
  body: object;
  read: (bytes: Buffer) => Answer;
}

/** One request, to this address and no other: a redirect would carry what is in it elsewhere. */
async function ask<Answer>(url: string, question: Question<Answer>): Promise<Answer> {
  const { service, signal, token } = question;
  const detailOf = (text: string) => showText(token === undefined ? text : token.hideIn(text), { maxChars: 300 });
  const unreachable = (text: string) =>
    new EpackError("network", `${service} ${text}`, {
      origin: "network",
      hint: "the pack is unchanged; try again, or name another service",
    });
  signal?.throwIfAborted();
  let status: number;
  let bytes: Buffer;
  try {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json, */*" },
      body: JSON.stringify(question.body),
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    status = response.status;
    bytes = await bounded(response);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw unreachable(`could not be reached: ${detailOf(error instanceof Error ? error.message : String(error))}`);
  }
  if (status < 200 || status > 299) {
    const said = `HTTP ${status} ${detailOf(messageOf(bytes))}`.trim();
    if (status < 400 || status > 499 || status === 408 || status === 429) throw unreachable(`failed: ${said}`);
    throw new EpackError("verification_failed", `${service} refused to sign: ${said}`, {
      origin: "remote",
      hint: question.hint,
    });
  }
  try {
    return question.read(bytes);
  } catch {
    throw unreachable("gave no proper answer");
  }
}

async function bounded({ body }: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    length += part.length;
    if (length > TRUST.bundleBytes) throw new Error("its answer is too long");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What a service says of a refusal: `message` of a JSON object, else nothing. */
function messageOf(bytes: Buffer): string {
  try {
    return z.looseObject({ message: z.string() }).parse(jsonOf(bytes)).message;
  } catch {
    return "";
  }
}
