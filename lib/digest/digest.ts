import { EpackError } from "../errors.ts";

declare const brand: unique symbol;

/** A SHA-256 digest in its one canonical spelling: `sha256:` and 64 lower-case hex digits. */
export type Digest = string & { readonly [brand]: "Digest" };

const PATTERN = /^sha256:[0-9a-f]{64}$/;

/** True when `text` is a digest in canonical spelling. */
export function isDigest(text: unknown): text is Digest {
  return typeof text === "string" && PATTERN.test(text);
}

/**
 * Reads a digest; other spellings (upper case, other algorithms, bare hex) are refused, not normalised.
 *
 * @throws EpackError `usage`
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new EpackError("usage", `not a digest: ${JSON.stringify(text.slice(0, 100))}`, {
    origin: "input",
    hint: "a digest is sha256: followed by 64 lower-case hex digits",
  });
}

/** The digest of 64 lower-case hex digits. */
export function digestFromHex(hex: string): Digest {
  return parseDigest(`sha256:${hex}`);
}

/** The 64 hex digits without the prefix, as the wire's `manifest_digest` wants them. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}
