import crypto from "node:crypto";

/**
 * Runs synchronous work in which `crypto.verify` may be called without a digest's name.
 *
 * Node then takes the key's default (SHA-256 for EC and RSA keys), Deno throws, and the library that verifies bundles takes every
 * throw for a bad signature. Only a missing name is filled in, and the function is put back before anything else can run.
 */
export function withDefaultDigest<Result>(work: () => Result): Result {
  const original = crypto.verify;
  const adapted = (algorithm: unknown, data: unknown, key: unknown, ...rest: unknown[]): unknown =>
    Reflect.apply(original, crypto, [algorithm ?? defaultDigest(key), data, key, ...rest]);
  Object.assign(crypto, { verify: adapted });
  try {
    return work();
  } finally {
    Object.assign(crypto, { verify: original });
  }
}

function defaultDigest(key: unknown): string | null {
  const kind = key instanceof crypto.KeyObject ? key.asymmetricKeyType : undefined;
  // others, such as Ed25519, have their digest built in
  return kind === "ec" || kind === "rsa" ? "sha256" : null;
}
