import assert from "node:assert/strict";
import type { JsonObject } from "../../lib/codec/mod.ts";
import { parseTrustedRoot, publicGoodRoot } from "../../lib/trust/mod.ts";
import { minutes, newAuthority, rootOf } from "./authority.ts";

const root = rootOf(await newAuthority(), { ca: { end: minutes(5) } });
// deno-lint-ignore no-explicit-any -- every field of it is changed somewhere
const changed = (change: (copy: any) => unknown): JsonObject => {
  const copy = structuredClone(root);
  change(copy);
  return copy;
};
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

Deno.test("publicGoodRoot() has authorities, logs and a time-stamp authority that are valid now", () => {
  const { keys, digest } = publicGoodRoot();
  const now = new Date();
  const valid = keys.filter((key) =>
    new Date(key.validFrom) <= now && !(key.validUntil && new Date(key.validUntil) < now)
  );
  assert.deepEqual([...new Set(valid.map(({ kind }) => kind))].sort(), [
    "certificate_authority",
    "certificate_log",
    "timestamp_authority",
    "transparency_log",
  ]);
  assert.match(digest, /^sha256:/);
});

Deno.test("parseTrustedRoot() has one digest for one root, however its file is laid out", () => {
  const { digest } = parseTrustedRoot(bytesOf(root));
  const reversed = Object.fromEntries(Object.entries(root).reverse());
  assert.equal(parseTrustedRoot(new TextEncoder().encode(JSON.stringify(reversed, null, 4))).digest, digest);
  assert.notEqual(parseTrustedRoot(bytesOf(changed((copy) => copy.tlogs = []))).digest, digest);
});

const BAD: Record<string, (copy: ReturnType<typeof JSON.parse>) => unknown> = {
  "a transparency log without a start": (copy) => delete copy.tlogs[0].publicKey.validFor.start,
  "a transparency log without a validity": (copy) => delete copy.tlogs[0].publicKey.validFor,
  "a log of certificates without a start": (copy) => delete copy.ctlogs[0].publicKey.validFor.start,
  "a certificate authority without a start": (copy) => delete copy.certificateAuthorities[0].validFor.start,
  "a certificate authority without a validity": (copy) => delete copy.certificateAuthorities[0].validFor,
  "a time-stamp authority without a start": (copy) => delete copy.timestampAuthorities[0].validFor.start,
  "a start that is null": (copy) => copy.tlogs[0].publicKey.validFor.start = null,
  "a start that is no time": (copy) => copy.tlogs[0].publicKey.validFor.start = "yesterday",
  "a start that is a number": (copy) => copy.tlogs[0].publicKey.validFor.start = 0,
  "a key that is none": (copy) => copy.tlogs[0].publicKey.rawBytes = "MAA=",
  "a key that is no base64": (copy) => copy.tlogs[0].publicKey.rawBytes += "*",
  "a key of a kind that is not known": (copy) => copy.tlogs[0].publicKey.keyDetails = "ROT13",
  "a log without an id": (copy) => delete copy.tlogs[0].logId,
  "a certificate that is none": (copy) => copy.certificateAuthorities[0].certChain.certificates[0].rawBytes = "AAAA",
  "an authority without certificates": (copy) => copy.certificateAuthorities[0].certChain.certificates = [],
  "another media type": (copy) => copy.mediaType = "application/json",
  "no media type": (copy) => delete copy.mediaType,
};

Deno.test("parseTrustedRoot() refuses a root with one thing wrong", async (t) => {
  assert.ok(parseTrustedRoot(bytesOf(root)).keys.length === 4);
  for (const [what, change] of Object.entries(BAD)) {
    await t.step(what, () => {
      assert.throws(() => parseTrustedRoot(bytesOf(changed(change))), {
        code: "signature_invalid",
        part: "trusted_root",
      });
    });
  }
  console.log(`${Object.keys(BAD).length} bad roots refused`);
});

Deno.test("parseTrustedRoot() refuses bytes that are no strict JSON, and too many", () => {
  const good = JSON.stringify(root);
  for (
    const text of ["", "null", "[]", `${good}{}`, good.replace("{", '{"tlogs":[],'), `${good}${" ".repeat(1_100_000)}`]
  ) {
    assert.throws(() => parseTrustedRoot(new TextEncoder().encode(text)), { part: "trusted_root" }, text.slice(0, 30));
  }
});
