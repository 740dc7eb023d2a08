import { createHash } from "node:crypto";
import { type Digest, digestFromHex } from "./digest.ts";

/** A running SHA-256. `update` before `digest`; `digest` ends it. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Digest;
}

/** A running SHA-256 at the CPU's speed (node:crypto; one-shot WebCrypto takes no stream and is slower). */
export function createHasher(): Hasher {
  const hash = createHash("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => digestFromHex(hash.digest("hex")),
  };
}

/** The digest of bytes at hand. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return digestFromHex(createHash("sha256").update(bytes).digest("hex"));
}
