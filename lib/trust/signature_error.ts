import { showText } from "../codec/mod.ts";
import { EpackError, type EpackErrorOptions } from "../errors.ts";

/** Which part of a bundle, or of what it is held against, failed. */
export const PARTS = {
  bundle: "the bundle is malformed",
  trusted_root: "the trusted root is refused",
  certificate: "the signing certificate is not trusted",
  key: "the signing key is not trusted",
  identity: "the signer is not the one that was asked for",
  log: "the transparency log's entry is not trusted",
  timestamp: "the time of signing is not proved",
  signature: "the signature is wrong",
  payload: "the signed statement is malformed",
  artifact: "the signature is about something else",
} as const;

export type Part = keyof typeof PARTS;

/** A signature is refused, because of one part. Exit code 12. */
export class SignatureError extends EpackError {
  readonly part: Part;

  constructor(part: Part, detail: string, options: Pick<EpackErrorOptions, "cause" | "hint" | "origin"> = {}) {
    // a good signature of somebody else is told apart from one that is no good
    const code = part === "identity" ? "verification_failed" : "signature_invalid";
    super(code, `${PARTS[part]}: ${showText(detail, { maxChars: 600 })}`, {
      origin: "input",
      ...options,
      exitCode: 12,
    });
    this.part = part;
  }
}
