import assert from "node:assert/strict";
import { join } from "node:path";
import { PACK } from "../../lib/limits.ts";
import { type Fault, FAULTS, openPack, PackError, verifyPack } from "../../lib/pack/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { forge, type ForgedEntry, type ForgeOptions, manifestFor, packEntries, sha256, words } from "./forge.ts";

/** What is wrong with these bytes; undefined when they verify. */
async function faultOf(bytes: Uint8Array | ((path: string) => Promise<void>)): Promise<Fault | undefined> {
  await using folder = temporaryFolder();
  const path = join(folder.path, "x.epack");
  if (typeof bytes === "function") await bytes(path);
  else await Deno.writeFile(path, bytes);
  try {
    using pack = await openPack(path);
    await verifyPack(pack, { integrityOnly: true });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof PackError, `${error instanceof Error ? error.stack : error}`);
    assert.equal(error.exitCode, 2);
    return error.fault;
  }
}

/** A good pack with one entry more or changed. */
function packWith(change: (entries: ForgedEntry[]) => ForgedEntry[] | void, options: ForgeOptions = {}): Uint8Array {
  const entries = packEntries();
  return forge(change(entries) ?? entries, options);
}

/** A good pack whose one artifact has this entry. */
const artifact = (change: Partial<ForgedEntry>) => packWith((entries) => void Object.assign(entries[2], change));
const more = (...extra: ForgedEntry[]) => packWith((entries) => [...entries, ...extra]);
/** A good pack that declares an artifact of this name. */
const named = (name: string) => forge(packEntries({ [name]: "x" }));
const manifest = (change: Record<string, unknown>) => forge(packEntries(undefined, change));
const rawManifest = (text: string) => packWith((entries) => void (entries[0].data = text));

const statement = (change: Record<string, unknown>) => ({
  _type: "https://in-toto.io/Statement/v1",
  predicateType: "https://evidencepack.org/attestation/v1",
  predicate: {},
  subject: [{ name: "manifest.json", digest: { sha256: "0".repeat(64) } }],
  ...change,
});
const bundle = (payload: unknown, change: Record<string, unknown> = {}) =>
  JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: {},
    dsseEnvelope: {
      payloadType: "application/vnd.in-toto+json",
      payload: btoa(JSON.stringify(payload)),
      signatures: [{ sig: "AAAA" }],
    },
    ...change,
  });
const attested = (text: string) => more({ name: "attestations/x.sigstore.json", data: text });

const zeros = (count: number) => new Uint8Array(count);
const extraField = (id: number, data: Uint8Array | number[]) =>
  new Uint8Array([id & 255, id >> 8, data.length & 255, data.length >> 8, ...data]);

/** For every fault, zips with exactly that one. */
const CASES: Record<Fault, (Uint8Array | ((path: string) => Promise<void>))[]> = {
  not_a_zip: [
    zeros(0),
    new TextEncoder().encode("this is no zip, though it is long enough"),
    forge(packEntries()).subarray(0, 100),
    forge(packEntries(), { suffix: zeros(5) }),
  ],
  split_archive: [
    forge(packEntries(), { end: { disk: 1 } }),
    forge(packEntries(), { end: { diskCount: 1 } }),
    artifact({ central: { disk: 1 } }),
  ],
  second_end_record: [forge(packEntries(), { comment: new Uint8Array([0x50, 0x4b, 5, 6, ...zeros(10)]) })],
  bad_end_record: [forge(packEntries(), { end: { count: 14_999 } }), forge(packEntries(), { end: { size: 10_000 } })],
  bad_central_directory: [
    forge(packEntries(), { end: { count: 2 } }),
    artifact({ central: { signature: 0x11111111 } }),
    forge(packEntries(), { centralTail: zeros(3) }),
  ],
  foreign_bytes: [forge(packEntries(), { prefix: zeros(4) }), forge(packEntries(), { gap: zeros(4) }), concatenated()],
  overlapping_entries: [
    overlapping(),
    artifact({ central: { compressed: 6, size: 6 }, local: { compressed: 6, size: 6 } }),
  ],
  too_many_entries: [forge(packEntries(), { end: { count: PACK.entries + 1 } })],
  file_too_large: [sparse(PACK.fileBytes + 1)],
  pack_too_large: [(path) => Deno.writeFile(path, sumTooLarge())],
  bad_local_header: [artifact({ local: { signature: 0x11111111 } })],
  header_mismatch: [
    artifact({ local: { name: "artifacts/b.txt" } }),
    artifact({ local: { size: 6 } }),
    artifact({ local: { compressed: 6 } }),
    artifact({ local: { crc: 1 } }),
    artifact({ local: { method: 8 } }),
    artifact({ local: { flags: 0x802 } }),
    artifact({ central: { flags: 0x808 } }),
  ],
  bad_descriptor: [
    artifact({ descriptor: words([0x08074b50, 1, 5, 5]) }),
    artifact({ descriptor: zeros(0) }),
    artifact({ descriptor: words([0x08074b50, 1, 2]) }),
  ],
  bad_extra_field: [
    artifact({ extra: new Uint8Array([1]) }),
    artifact({ extra: new Uint8Array([1, 2, 200, 0]) }),
    artifact({ extra: extraField(1, [1, 2, 3]) }),
  ],
  unicode_path_extra: [
    artifact({ extra: extraField(0x7075, [1, 0, 0, 0, 0, ...new TextEncoder().encode("../../x")]) }),
  ],
  encrypted: [
    artifact({ local: { flags: 0x801 }, central: { flags: 0x801 } }),
    artifact({ local: { flags: 0x840 }, central: { flags: 0x840 } }),
  ],
  unsupported_method: [
    artifact({ local: { method: 12 }, central: { method: 12 } }),
    artifact({ local: { flags: 0x820 }, central: { flags: 0x820 } }),
  ],
  zip_symlink: [artifact({ mode: 0o120777 })],
  zip_special_file: [
    artifact({ mode: 0o010644 }),
    artifact({ mode: 0o020644 }),
    artifact({ mode: 0o060644 }),
    artifact({ mode: 0o140644 }),
  ],
  directory_slash_mismatch: [
    artifact({ mode: 0o040755 }),
    artifact({ mode: 0, dosAttributes: 0x10 }),
    more({ name: "artifacts/d/", mode: 0o100644, dosAttributes: 0 }),
  ],
  invalid_directory_entry: [more({ name: "artifacts/d/", data: "x" })],
  zip_bomb: [
    forge(
      packEntries({ "artifacts/a.txt": zeros(1_000_000) }).map((entry) => ({
        ...entry,
        deflate: entry.name === "artifacts/a.txt",
      })),
    ),
  ],
  artifact_too_large: [
    artifact({
      local: { size: PACK.artifactBytes + 1, method: 8 },
      central: { size: PACK.artifactBytes + 1, method: 8 },
    }),
  ],
  bad_data: [artifact({ data: "not deflated", local: { method: 8 }, central: { method: 8 } })],
  size_mismatch: [
    artifact({ deflate: true, local: { size: 6 }, central: { size: 6 } }),
    artifact({ deflate: true, local: { size: 4 }, central: { size: 4 } }),
    artifact({ local: { size: 6 }, central: { size: 6 } }),
  ],
  crc_mismatch: [artifact({ local: { crc: 1 }, central: { crc: 1 } })],
  invalid_path: [
    ...[
      "artifacts/a\\b",
      "artifacts//b",
      "/artifacts/x",
      "artifacts/c:x",
      "artifacts/x.",
      "artifacts/x ",
      "artifacts/\u0001",
      `artifacts/${"x".repeat(81)}`,
      `artifacts/${"a/".repeat(120)}x`,
    ].map(named),
    artifact({ nameBytes: new Uint8Array([0x61, 0x72, 0x74, 0x69, 0x66, 0x61, 0x63, 0x74, 0x73, 0x2f, 0xff]) }),
  ],
  path_traversal: ["artifacts/../x", "../x", "artifacts/./x", "artifacts/..x"].map(named),
  path_not_nfc: [named("artifacts/e\u0301")],
  reserved_name: ["artifacts/con", "artifacts/Aux.txt", "artifacts/lpt1/x"].map(named),
  duplicate_path: [more({ name: "artifacts/a.txt", data: "hello" }), more({ name: "artifacts/" })],
  lookalike_path: [
    forge(packEntries({ "artifacts/a": "1", "artifacts/A": "2" })),
    forge(packEntries({ "artifacts/d/x": "1", "artifacts/D/y": "2" })),
  ],
  path_conflict: [forge(packEntries({ "artifacts/a": "1", "artifacts/a/b": "2" })), more({ name: "artifacts/a.txt/" })],
  missing_manifest: [packWith((entries) => entries.slice(1))],
  missing_artifacts_directory: [forge([{ name: "manifest.json", data: manifestFor({}) }])],
  extra_top_level_entry: [
    more({ name: "README.md", data: "x" }),
    more({ name: "__MACOSX/._a", data: "x" }),
    more({ name: ".DS_Store", data: "x" }),
  ],
  attestation_not_direct_child: [more({ name: "attestations/d/x.sigstore.json", data: "{}" })],
  invalid_attestation_filename: [more({ name: "attestations/x.json", data: "{}" })],
  undeclared_artifact: [more({ name: "artifacts/more", data: "x" }), more({ name: "artifacts/.DS_Store", data: "x" })],
  missing_embedded_artifact: [packWith((entries) => entries.slice(0, 2))],
  manifest_too_large: [rawManifest(" ".repeat(PACK.manifestBytes + 1))],
  invalid_json: [
    rawManifest("{"),
    rawManifest('{"a":1,"a":2}'),
    rawManifest(`\ufeff${manifestFor({})}`),
    rawManifest("[".repeat(40) + "]".repeat(40)),
    rawManifest('{"a":"\\ud800"}'),
  ],
  invalid_manifest: [
    manifest({ spec_version: "2.0" }),
    manifest({ generated_at: "2026-02-30T00:00:00Z" }),
    manifest({ generated_at: "2026-01-01T00:00:00.5Z" }),
    manifest({ pack_digest: "sha256:AA" }),
    manifest({ stream: undefined }),
    manifest({ unknown: 1 }),
    manifest({ provenance: { type: "merged", merged_at: "2026-01-01T00:00:00Z" } }),
    rawManifest("[]"),
  ],
  unsupported_artifact_type: [manifest({ artifacts: [{ type: "reference", name: "x", uri: "https://127.0.0.1/" }] })],
  too_many_artifacts: [
    manifest({
      artifacts: Array.from(
        { length: PACK.artifacts + 1 },
        (_, index) => ({ type: "embedded", path: `artifacts/${index}`, digest: sha256(""), size: 0 }),
      ),
    }),
  ],
  duplicate_artifact_path: [
    manifest({
      artifacts: [1, 2].map(() => ({ type: "embedded", path: "artifacts/a.txt", digest: sha256("hello"), size: 5 })),
    }),
  ],
  artifact_size_mismatch: [
    manifest({ artifacts: [{ type: "embedded", path: "artifacts/a.txt", digest: sha256("hello"), size: 6 }] }),
  ],
  artifact_digest_mismatch: [
    manifest({ artifacts: [{ type: "embedded", path: "artifacts/a.txt", digest: sha256("other"), size: 5 }] }),
  ],
  pack_digest_mismatch: [manifest({ pack_digest: sha256("other") })],
  attestation_too_large: [attested(bundle(statement({})) + " ".repeat(PACK.attestationBytes))],
  invalid_attestation: [
    attested("{"),
    attested(bundle(statement({}))),
    attested(bundle(statement({ predicateType: "https://slsa.dev/provenance/v1" }))),
    attested(bundle(statement({ predicate: { x: 1 } }))),
    attested(bundle(statement({ subject: [] }))),
    attested(bundle(statement({}), { mediaType: "application/json" })),
    attested(bundle(statement({}), { verificationMaterial: undefined })),
    attested(bundle(statement({}), { dsseEnvelope: undefined })),
  ],
};

for (const fault of Object.keys(FAULTS) as Fault[]) {
  Deno.test(`openPack() and verifyPack() refuse a pack for ${fault}: it ${FAULTS[fault]}`, async () => {
    assert.ok(CASES[fault].length > 0);
    for (const [index, bytes] of CASES[fault].entries()) assert.equal(await faultOf(bytes), fault, `case ${index}`);
  });
}

Deno.test("openPack() takes a good pack: stored, deflated, with data descriptors, a comment, harmless extra fields", async () => {
  assert.equal(await faultOf(forge(packEntries())), undefined);
  assert.equal(await faultOf(forge(packEntries({}))), undefined);
  assert.equal(
    await faultOf(forge(packEntries().map((entry) => ({ ...entry, deflate: entry.data !== undefined })))),
    undefined,
  );
  for (const descriptor of ["signed", "unsigned"] as const) {
    assert.equal(
      await faultOf(
        forge(
          packEntries().map((entry) => (entry.data === undefined ? entry : { ...entry, descriptor, deflate: true })),
        ),
      ),
      undefined,
      descriptor,
    );
  }
  assert.equal(await faultOf(forge(packEntries(), { comment: new TextEncoder().encode("a comment") })), undefined);
  assert.equal(await faultOf(artifact({ extra: extraField(0x5455, [1, 0, 0, 0, 0]) })), undefined);
  assert.equal(await faultOf(named("artifacts/zero\u200bwidth")), undefined);
});

Deno.test("openPack() takes an attestation that is about this manifest, and verifyPack() wants integrityOnly for it", async () => {
  await using folder = temporaryFolder();
  const path = join(folder.path, "x.epack");
  await Deno.writeFile(path, forge(packEntries()));
  const digest = await (async () => {
    using pack = await openPack(path);
    return pack.manifestDigest.slice(7);
  })();
  await Deno.writeFile(
    path,
    attested(bundle(statement({ subject: [{ name: "manifest.json", digest: { sha256: digest } }] }))),
  );
  using pack = await openPack(path);
  assert.equal(pack.attestations.length, 1);
  await assert.rejects(verifyPack(pack), { code: "verification_failed" });
  assert.equal((await verifyPack(pack, { integrityOnly: true })).signatures, "not_checked");
});

Deno.test("one-bit mutants of a pack verify only where the changed bit means nothing", async () => {
  const good = forge(packEntries());
  const accepted: number[] = [];
  for (let bit = 0; bit < good.length * 8; bit += 3) {
    const mutant = good.slice();
    mutant[bit >> 3] ^= 1 << (bit & 7);
    if (await faultOf(mutant) === undefined) accepted.push(bit >> 3);
  }
  const meaningless = meaninglessBytes(good);
  assert.deepEqual([...new Set(accepted)].filter((at) => !meaningless.has(at)), []);
});

/** Versions, times, disk attributes, and insignificant characters of the manifest's stream: what no check is about. */
function meaninglessBytes(zip: Uint8Array): Set<number> {
  const bytes = new Set<number>();
  const view = new DataView(zip.buffer);
  const add = (from: number, count: number) => {
    for (let at = from; at < from + count; at++) bytes.add(at);
  };
  for (let at = 0; at + 4 <= zip.length; at++) {
    const signature = view.getUint32(at, true);
    // version needed, flags of deflate's speed (equal on both sides only), time and date
    if (signature === 0x04034b50) add(at + 4, 2), add(at + 10, 4);
    // made by, version needed, time and date, internal and external attributes
    if (signature === 0x02014b50) add(at + 4, 4), add(at + 12, 4), add(at + 36, 6);
  }
  // the manifest's own text is covered by the manifest digest, which is for signatures: its stream and time may read otherwise
  const text = new TextDecoder("latin1").decode(zip);
  for (const field of ['"stream":"', '"generated_at":"']) {
    add(text.indexOf(field) + field.length, field.includes("stream") ? 1 : 20);
  }
  return bytes;
}

/** Two good packs behind each other. */
function concatenated(): Uint8Array {
  const one = forge(packEntries());
  const both = new Uint8Array(one.length * 2);
  both.set(one);
  both.set(one, one.length);
  return both;
}

/** Two entries that share their bytes. */
function overlapping(): Uint8Array {
  const entries = packEntries({ "artifacts/a.txt": "hello", "artifacts/b.txt": "hello" });
  const offset = forge(entries.slice(0, 2)).length - 22 - 46 * 2 - "manifest.jsonartifacts/".length;
  entries[3].central = { offset };
  return forge(entries);
}

/** A file of that size that takes no room. */
function sparse(bytes: number) {
  return async (path: string) => {
    using file = await Deno.create(path);
    await file.truncate(bytes);
  };
}

/** Twenty-one entries that say to have just under the bound each. */
function sumTooLarge(): Uint8Array {
  const size = PACK.artifactBytes;
  const lie = { method: 8, size, compressed: size / 50 };
  const entries = packEntries({});
  for (let index = 0; index < 21; index++) entries.push({ name: `artifacts/${index}`, local: lie, central: lie });
  return forge(entries);
}
