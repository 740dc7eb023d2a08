import { createHasher, type Digest } from "../digest/mod.ts";

/**
 * The pack_digest: SHA-256 of the artifacts' lines `<path>` TAB `<digest>` LF, sorted by path bytewise (pack.md 3.5).
 */
export function contentDigest(artifacts: readonly { path: string; digest: string }[]): Digest {
  const encoder = new TextEncoder();
  const lines = artifacts.map(({ path, digest }) => ({
    path: encoder.encode(path),
    line: encoder.encode(`${path}\t${digest}\n`),
  }));
  const hasher = createHasher();
  for (const { line } of lines.sort((a, b) => compareBytes(a.path, b.path))) hasher.update(line);
  return hasher.digest();
}

/** Bytewise order, which UTF-16 order is not beyond the basic plane. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) if (a[index] !== b[index]) return a[index] - b[index];
  return a.length - b.length;
}
