import assert from "node:assert/strict";
import crypto from "node:crypto";
import { withDefaultDigest } from "../../lib/trust/default_digest.ts";

const data = new TextEncoder().encode("evidence");

Deno.test("withDefaultDigest() verifies with SHA-256 where an EC or RSA key comes without a digest's name", () => {
  for (
    const { privateKey, publicKey } of [
      crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
      crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ]
  ) {
    const signature = crypto.sign("sha256", data, privateKey);
    assert.equal(withDefaultDigest(() => crypto.verify(undefined, data, publicKey, signature)), true);
    assert.equal(withDefaultDigest(() => crypto.verify(null, new Uint8Array(1), publicKey, signature)), false);
  }
});

Deno.test("withDefaultDigest() leaves a digest that is named, and keys that have their own, alone", () => {
  const ec = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  const by384 = crypto.sign("sha384", data, ec.privateKey);
  assert.equal(withDefaultDigest(() => crypto.verify("sha384", data, ec.publicKey, by384)), true);
  assert.equal(withDefaultDigest(() => crypto.verify("sha256", data, ec.publicKey, by384)), false);
  const edwards = crypto.generateKeyPairSync("ed25519");
  const signature = crypto.sign(null, data, edwards.privateKey);
  assert.equal(withDefaultDigest(() => crypto.verify(null, data, edwards.publicKey, signature)), true);
});

Deno.test("withDefaultDigest() puts the function back, after an error too", () => {
  const original = crypto.verify;
  assert.notEqual(withDefaultDigest(() => crypto.verify), original);
  assert.equal(crypto.verify, original);
  assert.throws(() =>
    withDefaultDigest(() => {
      throw new Error("stop");
    }), /stop/);
  assert.equal(crypto.verify, original);
});
