import assert from "node:assert/strict";
import { join } from "node:path";
import { openPack } from "../../lib/pack/mod.ts";
import { parseTrustedRoot, verifyAttestations } from "../../lib/trust/mod.ts";
import { corpora } from "../corpora.ts";
import { temporaryFolder } from "../epack.ts";
import { manifestFor } from "../pack/forge.ts";
import { ISSUER, newAuthority, newKey, rootOf, sign, SUBJECT } from "./authority.ts";
import { mergedFrom, signedPack, statementAbout } from "./signed_pack.ts";

const ours = await newAuthority();
const theirs = await newAuthority();
const signer = { issuer: ISSUER, subject: SUBJECT };

async function report(bytes: Uint8Array, options: { anyone?: boolean } = {}) {
  await using folder = temporaryFolder();
  const path = join(folder.path, "x.epack");
  await Deno.writeFile(path, bytes);
  using pack = await openPack(path);
  return await verifyAttestations(pack, {
    root: parseTrustedRoot(rootOf(ours)),
    signer: options.anyone ? "anyone" : signer,
  });
}

Deno.test("verifyAttestations() accepts every attestation of a pack, and says who signed when", async () => {
  const found = await report(await signedPack(ours, { attestations: [{}, { stamp: true }] }));
  assert.deepEqual(found.attestationErrors, []);
  assert.deepEqual(
    found.attestations.map(({ path, signer: by }) => [path, by?.issuer, by?.subject]),
    [0, 1].map((index) => [`attestations/${index}.sigstore.json`, ISSUER, SUBJECT]),
  );
  for (const { signedAt } of found.attestations) assert.ok(Math.abs(signedAt.getTime() - Date.now()) < 3600_000);
});

Deno.test("verifyAttestations() names the one attestation among several that is not good", async () => {
  const other = "https://github.com/eve/packs/.github/workflows/release.yml@refs/tags/v1";
  const found = await report(
    await signedPack(ours, { attestations: [{}, { subject: other }, { signWith: newKey() }] }),
  );
  assert.equal(found.attestations.length, 1);
  assert.equal(found.attestationErrors.length, 2);
  assert.match(found.attestationErrors[0], /^"attestations\/1\.sigstore\.json": the signer is not the one .*eve/);
  assert.match(found.attestationErrors[1], /^"attestations\/2\.sigstore\.json": the signature is wrong/);
});

Deno.test("verifyAttestations() refuses the attestations of an authority that is not trusted, whoever is asked for", async () => {
  for (const anyone of [true, false]) {
    const found = await report(await signedPack(theirs), { anyone });
    assert.equal(found.attestations.length, 0);
    assert.match(found.attestationErrors[0], /the signing certificate is not trusted/);
  }
});

const SOURCE = manifestFor({ "artifacts/s.txt": "source" }, { stream: "source" });
const about = (manifest: string) => ({ payload: statementAbout(manifest) });

Deno.test("verifyAttestations() accepts the attestations of merged packs that are about those packs", async () => {
  const bundles = [await sign(ours, about(SOURCE)), await sign(ours, { ...about(SOURCE), stamp: true })];
  const found = await report(await signedPack(ours, { change: mergedFrom([{ manifest: SOURCE, bundles }]) }));
  assert.deepEqual([found.attestationErrors, found.embeddedErrors], [[], []]);
  assert.deepEqual(found.embedded.map(({ path }) => path), [
    "provenance.source_packs[0].embedded_attestations[0]",
    "provenance.source_packs[0].embedded_attestations[1]",
  ]);
});

Deno.test("verifyAttestations() refuses attestations of merged packs, one thing wrong at a time", async (t) => {
  const another = manifestFor({ "artifacts/s.txt": "another" });
  const good = await sign(ours, about(SOURCE));
  const cases: Record<string, [Parameters<typeof mergedFrom>[0][number], RegExp]> = {
    "about another pack": [{ manifest: SOURCE, bundles: [await sign(ours, about(another))] }, /another manifest/],
    "about a manifest that the provenance does not name": [
      { manifest: SOURCE, bundles: [good], manifestDigest: "0".repeat(64) },
      /another manifest/,
    ],
    "of a pack whose manifest is not named": [
      { manifest: SOURCE, bundles: [good], manifestDigest: null },
      /no manifest_digest/,
    ],
    "signed by somebody else": [
      { manifest: SOURCE, bundles: [await sign(ours, { ...about(SOURCE), subject: "https://evil.test" })] },
      /the signer is not the one/,
    ],
    "signed under another authority": [
      { manifest: SOURCE, bundles: [await sign(theirs, about(SOURCE))] },
      /certificate is not trusted/,
    ],
    "with a predicate": [
      {
        manifest: SOURCE,
        bundles: [await sign(ours, { payload: statementAbout(SOURCE, { predicate: { more: 1 } }) })],
      },
      /malformed attestation/,
    ],
    "of another predicate type": [
      {
        manifest: SOURCE,
        bundles: [
          await sign(ours, { payload: statementAbout(SOURCE, { predicateType: "https://slsa.dev/provenance/v1" }) }),
        ],
      },
      /malformed attestation/,
    ],
    "one good, one by another key": [
      { manifest: SOURCE, bundles: [good, await sign(ours, { ...about(SOURCE), signWith: newKey() })] },
      /\[1\]": the signature is wrong/,
    ],
  };
  for (const [what, [source, says]] of Object.entries(cases)) {
    await t.step(what, async () => {
      const found = await report(await signedPack(ours, { change: mergedFrom([source]) }));
      assert.deepEqual(found.attestationErrors, []);
      assert.equal(found.embeddedErrors.length, 1);
      assert.match(found.embeddedErrors[0], /^"provenance\.source_packs\[0\]\.embedded_attestations\[\d\]": /);
      assert.match(found.embeddedErrors[0], says);
    });
  }
  console.log(`${Object.keys(cases).length} merged packs refused`);
});

Deno.test({
  name: "verifyAttestations() agrees with the vectors of the specification's verification process, signed",
  ignore: corpora.missing,
  async fn() {
    const path = join(corpora.path, "evidence-pack", "test-vectors", "attestation", "verification-process.json");
    const { verification_steps } = JSON.parse(await Deno.readTextFile(path));
    const cases: Record<string, string | boolean>[] = verification_steps.flatMap(
      ({ name, tests = [] }: { name: string; tests?: unknown[] }) =>
        name === "step4_verify_predicate_type" || name === "step5_verify_subject" ? tests : [],
    );
    assert.equal(cases.length, 4);
    for (const vector of cases) {
      const manifestDigest = String(vector.computed_manifest_digest ?? "0".repeat(64));
      const subject = [{ name: "manifest.json", digest: { sha256: vector.subject_digest ?? manifestDigest } }];
      const change = { subject, ...(vector.predicateType !== undefined && { predicateType: vector.predicateType }) };
      const bundle = await sign(ours, { payload: statementAbout(SOURCE, change) });
      const merged = mergedFrom([{ manifest: SOURCE, bundles: [bundle], manifestDigest }]);
      const { embeddedErrors } = await report(await signedPack(ours, { change: merged }));
      assert.equal(embeddedErrors.length === 0, vector.valid, `${vector.name}: ${embeddedErrors}`);
    }
    console.log(`${cases.length} cases of verification-process.json`);
  },
});

Deno.test("openPack() refuses a pack with the attestation of another pack before any signature is looked at", async () => {
  const bytes = await signedPack(ours, { attestations: [about(SOURCE)] });
  await assert.rejects(report(bytes), { code: "pack_invalid" });
});

Deno.test("verifyAttestations() stops when it is told to", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "x.epack");
  await Deno.writeFile(path, await signedPack(ours));
  using pack = await openPack(path);
  const root = parseTrustedRoot(rootOf(ours));
  await assert.rejects(
    verifyAttestations(pack, { root, signer, signal: AbortSignal.abort(new Error("stop")) }),
    /stop/,
  );
});
