/** Digests: the branded type, and hashing that streams. */
export { type Digest, digestFromHex, hexOf, isDigest, parseDigest } from "./digest.ts";
export { createHasher, digestOf, type Hasher } from "./hasher.ts";
export { HashStream, type StreamDigest } from "./hash_stream.ts";
