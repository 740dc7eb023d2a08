import assert from "node:assert/strict";
import crypto from "node:crypto";
import { ASN1Obj } from "@sigstore/core";
import fc from "fast-check";
import { verifyDigestSignature } from "../../lib/trust/ecdsa.ts";

const KINDS = [
  { curve: "P-256", hash: "sha256" },
  { curve: "P-384", hash: "sha384" },
  // a digest that is shorter, and one that is longer, than the group's order
  { curve: "P-384", hash: "sha256" },
  { curve: "P-256", hash: "sha512" },
].map((kind) => ({ ...kind, ...crypto.generateKeyPairSync("ec", { namedCurve: kind.curve }) }));
const kinds = fc.constantFrom(...KINDS);
const digestOf = (hash: string, data: Uint8Array) => crypto.createHash(hash).update(data).digest();

Deno.test("verifyDigestSignature() accepts what the platform signs over the bytes", () => {
  fc.assert(
    fc.property(kinds, fc.uint8Array({ maxLength: 100 }), ({ hash, privateKey, publicKey }, data) => {
      const signature = crypto.sign(hash, data, privateKey);
      assert.equal(verifyDigestSignature(digestOf(hash, data), { key: publicKey, signature }), true);
    }),
    { numRuns: 100 },
  );
});

Deno.test("verifyDigestSignature() refuses every changed bit, as the platform does", () => {
  fc.assert(
    fc.property(kinds, fc.nat(), fc.nat(7), ({ hash, privateKey, publicKey }, at, bit) => {
      const data = new TextEncoder().encode("evidence");
      const signature = crypto.sign(hash, data, privateKey);
      signature[at % signature.length] ^= 1 << bit;
      assert.equal(verifyDigestSignature(digestOf(hash, data), { key: publicKey, signature }), false);
    }),
    { numRuns: 100 },
  );
});

Deno.test("verifyDigestSignature() refuses another digest and another key", () => {
  const [{ hash, privateKey, publicKey }] = KINDS;
  const data = new TextEncoder().encode("evidence");
  const signature = crypto.sign(hash, data, privateKey);
  const other = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
  assert.equal(verifyDigestSignature(digestOf(hash, new Uint8Array(1)), { key: publicKey, signature }), false);
  assert.equal(verifyDigestSignature(digestOf(hash, data), { key: other, signature }), false);
});

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const integer = (value: bigint) => {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  const body = bytes[0] & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([2, body.length]), body]);
};
const sequence = (...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
};

Deno.test("verifyDigestSignature() refuses numbers out of range and other encodings of a good signature", () => {
  const [{ hash, privateKey, publicKey }] = KINDS;
  const data = new TextEncoder().encode("evidence");
  const digest = digestOf(hash, data);
  const [r, s] = ASN1Obj.parseBuffer(Buffer.from(crypto.sign(hash, data, privateKey))).subs.map((part) =>
    part.toInteger()
  );
  const check = (signature: Uint8Array) => verifyDigestSignature(digest, { key: publicKey, signature });
  assert.equal(check(sequence(integer(r), integer(s))), true);
  const bad: Record<string, Uint8Array> = {
    "r = 0": sequence(integer(0n), integer(s)),
    "s = 0": sequence(integer(r), integer(0n)),
    "both 0": sequence(integer(0n), integer(0n)),
    "r + n": sequence(integer(r + N), integer(s)),
    "s + n": sequence(integer(r), integer(s + N)),
    "r = n": sequence(integer(N), integer(s)),
    "three numbers": sequence(integer(r), integer(s), integer(1n)),
    "one number": sequence(integer(r)),
    "bytes behind it": Buffer.concat([sequence(integer(r), integer(s)), Buffer.from([0])]),
    "long form of the length": Buffer.concat([
      Buffer.from([0x30, 0x81]),
      sequence(integer(r), integer(s)).subarray(1),
    ]),
    "a set": Buffer.concat([Buffer.from([0x31]), sequence(integer(r), integer(s)).subarray(1)]),
    "not DER": new Uint8Array(64).fill(7),
    "nothing": new Uint8Array(0),
  };
  for (const [name, signature] of Object.entries(bad)) assert.equal(check(signature), false, name);
});

Deno.test("verifyDigestSignature() does not judge keys that it cannot check", () => {
  for (
    const { publicKey } of [
      crypto.generateKeyPairSync("ed25519"),
      crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ]
  ) {
    assert.equal(
      verifyDigestSignature(new Uint8Array(32), { key: publicKey, signature: new Uint8Array(64) }),
      undefined,
    );
  }
});
