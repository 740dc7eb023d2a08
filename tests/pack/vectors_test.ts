/**
 * The specification's test vectors, leaf case by leaf case. What is left out is listed with its reason: optional parts
 * (referenced artifacts), other programs' duties (registries, logs), and cryptography, which a later version checks.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { canonicalJson, parseJson } from "../../lib/codec/mod.ts";
import { digestOf } from "../../lib/digest/mod.ts";
import { redact } from "../../lib/net/mod.ts";
import {
  checkAttestation,
  checkDeclared,
  checkDistinctNames,
  checkEntryName,
  checkStructure,
  contentDigest,
  openPack,
  PackError,
  parseManifest,
  provenanceSchema,
  verifyPack,
} from "../../lib/pack/mod.ts";
import { isEpackError } from "../../lib/errors.ts";
import { corpora } from "../corpora.ts";
import { temporaryFolder } from "../epack.ts";
import { forge, type ForgedEntry, packEntries, sha256 } from "./forge.ts";

// deno-lint-ignore no-explicit-any -- vectors are of many shapes
type Vector = any;

/** Refused by jcs/number-normalization.json alone: R-029 and manifest/integer-validation.json say that such numbers are taken. */
const CONTRADICTION = "1.2e3";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const minimal = {
  spec_version: "1.0",
  stream: "s",
  generated_at: "2026-01-20T12:00:00Z",
  pack_digest: EMPTY,
  sources: [],
  artifacts: [],
};

/** True when nothing is thrown; only refusals that are ours count as a no. */
async function passes(run: () => unknown): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (
      isEpackError(error) ||
      (error instanceof Error && ["JsonError", "ZodError", "$ZodError", "TypeError"].includes(error.name))
    ) return false;
    throw error;
  }
}

const path = (name: string) => () => {
  checkEntryName(name);
  if (name.endsWith("/")) throw new PackError("invalid_path");
};
const manifestText = (text: string) => () => parseManifest(new TextEncoder().encode(text));
const manifestBytes = ({ input, input_hex: hex }: { input?: string; input_hex?: string }) => () =>
  parseManifest(
    hex === undefined
      ? new TextEncoder().encode(input)
      : Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16)),
  );
const manifest = (value: unknown) => manifestText(JSON.stringify(value));
const json = (text: string) => () => canonicalJson(parseJson(text, { maxBytes: 1_000_000, what: "vector" }));
const structure = (names: string[]) => () =>
  checkStructure(names.map((name) => ({ name, isDirectory: name.endsWith("/") })));
const zip = (bytes: Uint8Array) => async () => {
  await using folder = temporaryFolder();
  const file = join(folder.path, "x.epack");
  await Deno.writeFile(file, bytes);
  using pack = await openPack(file);
  await verifyPack(pack);
};
const bundle = (value: unknown, manifestDigest = digestOf("")) => () =>
  checkAttestation(new TextEncoder().encode(JSON.stringify(value)), { entry: "x", manifestDigest });

interface Case {
  name: string;
  valid: boolean;
  run: () => unknown;
}

/** How each file of vectors is read. */
const READERS: Record<string, (vector: Vector) => Case[]> = {
  "jcs/key-sorting.json": ({ tests }) => tests.map(canonical),
  "jcs/key-sorting-surrogate.json": ({ tests }) => tests.map(canonical),
  "jcs/string-escaping.json": ({ tests }) => tests.map(canonical),
  "jcs/number-normalization.json": ({ valid_numbers, invalid_numbers }) => [
    ...valid_numbers.map((test: Vector) => ({
      name: test.description,
      valid: true,
      run: () => assert.equal(json(`[${test.input}]`)(), `[${test.expected_canonical}]`),
    })),
    ...invalid_numbers.filter((test: Vector) => test.input !== CONTRADICTION).map((test: Vector) => ({
      name: test.description,
      valid: false,
      run: manifestText(sized(test.input)),
    })),
  ],
  "jcs/non-finite-rejection.json": ({ tests }) =>
    tests.map((test: Vector) => ({ name: test.name, valid: false, run: json(test.input_json) })),
  "manifest-digest/basic-manifest.json": (vector) => [manifestDigest(vector)],
  "manifest-digest/with-artifacts.json": (vector) => [manifestDigest(vector)],
  "manifest-digest/known-answer.json": ({ tests }) =>
    tests.map((test: Vector) => ({
      name: test.name,
      valid: true,
      run: () => {
        assert.equal(json(JSON.stringify(test.manifest))(), test.expected_canonical);
        assert.equal(
          digestOf(test.expected_canonical).slice(7),
          String(test.expected_sha256 ?? test.expected_digest ?? test.expected_manifest_digest).replace(/^sha256:/, ""),
        );
      },
    })),
  "manifest-digest/invariance.json": ({ tests }) =>
    tests.map((test: Vector) => ({
      name: test.name,
      valid: true,
      run: () => {
        const digests = new Set(test.variants.map((variant: Vector) => digestOf(json(variant.json)())));
        assert.equal(
          digests.size === 1,
          test.expected_same !== false && test.expect_same !== false && test.same_digest !== false,
          test.name,
        );
      },
    })),
  "manifest-digest/malformed-json.json": ({ tests }) =>
    tests.map((test: Vector) => ({ name: test.name, valid: test.valid, run: manifestBytes(test) })),
  "manifest-digest/valid-integer-exponent.json": (
    vector,
  ) => [{
    name: vector.name,
    valid: true,
    run: manifestText(vector.input.manifest_json ?? vector.input.raw_json ?? JSON.stringify(vector.input.manifest)),
  }],
  "manifest-digest/invalid-numbers.json": (
    vector,
  ) => [{
    name: vector.name,
    valid: false,
    run: manifestText(vector.input.manifest_json ?? JSON.stringify(vector.input.manifest)),
  }],
  "manifest-digest/invalid-exponent.json": (
    vector,
  ) => [{
    name: vector.name,
    valid: false,
    run: manifestText(vector.input.manifest_json ?? vector.input.raw_json ?? JSON.stringify(vector.input.manifest)),
  }],
  ...Object.fromEntries(
    [
      "empty-artifacts",
      "single-artifact",
      "sorting-order",
      "sorting-unicode",
      "sorting-edge-cases",
      "excludes-attestations",
      "excludes-references",
    ].map((name) => [`pack-digest/${name}.json`, packDigest]),
  ),
  "path-validation/invalid-paths.json": ({ tests }) => tests.map(pathCase),
  "path-validation/valid-paths.json": ({ tests }) => tests.map(pathCase),
  "path-validation/normalization.json": ({ tests }) => tests.map(pathCase),
  "path-validation/length-limits.json": ({ tests }) => tests.map(pathCase),
  "path-validation/windows-paths.json": ({ tests }) => tests.map(pathCase),
  "path-validation/unicode-nfc.json": ({ tests }) => tests.map(pathCase),
  "path-validation/reserved-names.json": ({ tests, all_reserved_names }) => [
    ...tests.map(pathCase),
    ...all_reserved_names.map((name: string) => ({
      name: `reserved ${name}`,
      valid: false,
      run: path(`artifacts/${name}`),
    })),
  ],
  "path-validation/case-collision.json": ({ tests }) => tests.map(pathCase),
  "path-validation/path-comparison.json": ({ tests }) =>
    tests.map((test: Vector) =>
      test.path !== undefined ? pathCase(test) : ({
        name: test.description,
        valid: true,
        run: () => {
          // two names that are equal byte for byte are refused as duplicates; the others are two names
          const duplicate = faultOf(() => checkDistinctNames([test.path1, test.path2])) === "duplicate_path";
          assert.equal(duplicate, test.are_equal, test.description);
        },
      })
    ),
  "zip-safety/path-traversal.json": ({ tests }) =>
    tests.map((test: Vector) => ({ name: test.entry_path, valid: false, run: path(test.entry_path) })),
  "zip-safety/macos-metadata.json": ({ tests }) =>
    tests.map((test: Vector) => ({
      name: test.entry_path,
      valid: test.expected !== "reject",
      run: zip(forge([...packEntries(), { name: test.entry_path, data: "x" }])),
    })),
  "zip-safety/duplicate-paths.json": (
    vector,
  ) => [{ name: vector.name, valid: false, run: zip(forge([...packEntries(), packEntries()[2]])) }],
  "zip-safety/symlink-rejection.json": (
    vector,
  ) => [{ name: vector.name, valid: false, run: zip(withArtifact({ mode: 0o120777 })) }],
  "zip-safety/compression-ratio.json": (
    vector,
  ) => [{
    name: vector.name,
    valid: false,
    run: zip(
      forge(
        packEntries({ "artifacts/a": new Uint8Array(2_000_000) }).map((entry) => ({
          ...entry,
          deflate: entry.data instanceof Uint8Array,
        })),
      ),
    ),
  }],
  "zip-safety/special-files.json": ({ tests }) =>
    // a zip has no hard links: there is nothing to make for that case
    tests.filter((test: Vector) => test.unix_mode !== undefined).map((test: Vector) => ({
      name: test.entry_type,
      valid: test.expected !== "reject",
      run: zip(withArtifact({ mode: parseInt(test.unix_mode, 8) })),
    })),
  "zip-safety/directory-entries.json": ({ tests }) =>
    tests.map((test: Vector) => ({ name: test.name, valid: test.valid, run: directoryEntry(test.entry) })),
  "structure/pack-structure.json": ({ tests }) =>
    tests.map((test: Vector) => ({ name: test.name, valid: test.valid, run: structure(test.structure) })),
  "structure/attestation-wrong-extension.json": ({ tests }) => tests.map(entryCase),
  "structure/attestation-subdirectory.json": (
    { tests, valid_entries },
  ) => [...tests.map(entryCase), ...valid_entries.map(validEntry)],
  "structure/extra-top-level-files.json": (
    { tests, valid_entries },
  ) => [...tests.map(entryCase), ...valid_entries.map(validEntry)],
  "structure/extra-artifact-in-zip.json": (
    { input },
  ) => [{ name: "extra", valid: false, run: declared(input.zip_entries, input.manifest.artifacts) }],
  "structure/missing-artifact.json": ({ tests }) =>
    tests.map((test: Vector) => ({
      name: test.name,
      valid: test.valid,
      run: declared(test.zip_entries, test.manifest_artifacts),
    })),
  "manifest/required-fields.json": ({ tests }) =>
    tests.map((test: Vector) => ({ name: test.name, valid: test.valid, run: manifest(test.input) })),
  "manifest/artifact-fields.json": ({ embedded_artifact_tests }) =>
    embedded_artifact_tests.map((test: Vector) => ({
      name: test.name,
      valid: test.valid,
      run: manifest({ ...minimal, artifacts: [test.input] }),
    })),
  "manifest/timestamp-formats.json": ({ valid_timestamps, invalid_timestamps }) => [
    ...valid_timestamps.map((test: Vector) => ({
      name: test.value,
      valid: true,
      run: manifest({ ...minimal, generated_at: test.value }),
    })),
    ...invalid_timestamps.map((test: Vector) => ({
      name: String(test.value),
      valid: false,
      run: manifest({ ...minimal, generated_at: test.value }),
    })),
  ],
  "manifest/digest-format.json": ({ valid_digests, invalid_digests }) => [
    ...valid_digests.map((test: Vector) => ({
      name: test.value,
      valid: true,
      run: manifest({ ...minimal, pack_digest: test.value }),
    })),
    ...invalid_digests.map((test: Vector) => ({
      name: String(test.value),
      valid: false,
      run: manifest({ ...minimal, pack_digest: test.value }),
    })),
  ],
  "manifest/integer-validation.json": ({ valid_integers, invalid_integers }) => [
    ...valid_integers.map((test: Vector) => ({ name: test.json, valid: true, run: manifestText(sized(test.json)) })),
    ...invalid_integers.map((test: Vector) => ({
      name: String(test.json),
      valid: false,
      run: manifestText(sized(test.json)),
    })),
  ],
  "manifest/duplicate-artifact-paths.json": ({ tests }) =>
    tests.map((test: Vector) => ({ name: test.name, valid: test.valid, run: manifest(test.input) })),
  "manifest/provenance-validation.json": ({ valid_provenance, invalid_provenance }) =>
    [...valid_provenance, ...invalid_provenance].map((test: Vector) => ({
      name: test.description,
      valid: test.valid,
      run: () => provenanceSchema.parse(test.provenance),
    })),
  "manifest/logging-secrets.json": ({ tests }) =>
    tests.filter((test: Vector) => test.example !== undefined || test.url !== undefined).map((test: Vector) => ({
      name: test.name,
      valid: true,
      run: () =>
        assert.doesNotMatch(
          redact(test.example ?? test.url),
          /eyJhbGciOiJIUzI1NiIs|dXNlcjpwYXNz|user:password|secret123|sig=abc/,
        ),
    })),
  "attestation/attestation-placement.json": ({ tests }) =>
    tests.map((test: Vector) => ({
      name: test.name,
      valid: test.valid,
      run: structure(["manifest.json", "artifacts/", ...(test.attestations ?? [test.path])]),
    })),
  "attestation/invalid-media-type.json": ({ cases }) =>
    cases.map((test: Vector) => ({ name: test.description, valid: false, run: bundle(test.input.bundle) })),
  "attestation/missing-dsse-envelope.json": (
    { input },
  ) => [{ name: "missing", valid: false, run: bundle(input.bundle ?? input) }],
  "attestation/missing-verification-material.json": (
    { input },
  ) => [{ name: "missing", valid: false, run: bundle(input.bundle ?? input) }],
  "attestation/invalid-type.json": ({ input }) => [{ name: "type", valid: false, run: bundle(input.bundle ?? input) }],
};

const LEFT_OUT: Record<string, string> = {
  "manifest/access-policy.json": "referenced artifacts are optional, and not supported",
  "manifest/referenced-uri-handling.json": "referenced artifacts are optional, and not supported",
  "attestation/verification-process.json": "tests/trust/verify_attestations_test.ts runs its cases, with signatures",
  "attestation/valid-attestation.json": "its certificate and signature are placeholders: tests/trust makes good ones",
  "limits/minimum-limits.json": "limits are constants of the program, none can be configured",
};

function canonical(test: Vector): Case {
  return {
    name: test.name,
    valid: true,
    run: () => assert.equal(json(test.input_json ?? JSON.stringify(test.input))(), test.expected_canonical),
  };
}
function manifestDigest(vector: Vector): Case {
  const expected = vector.expected;
  return {
    name: vector.name,
    valid: true,
    run: () => {
      const { manifestDigest: found } = manifest(vector.input.manifest ?? vector.input)();
      const wanted = expected.manifest_digest ?? expected.sha256 ?? expected.digest;
      assert.equal(found.slice(7), String(wanted).replace(/^sha256:/, ""));
    },
  };
}
function packDigest(vector: Vector): Case[] {
  const embedded = vector.input.artifacts.filter((artifact: Vector) => artifact.type === "embedded");
  return [{
    name: vector.name,
    valid: true,
    run: () => assert.equal(contentDigest(embedded), expectedPackDigest(vector, embedded)),
  }];
}
function expectedPackDigest({ expected }: Vector, embedded: Vector[]): string {
  if (expected.pack_digest !== undefined) return expected.pack_digest;
  if (expected.canonical_input !== undefined) return sha256(expected.canonical_input);
  const byPath = new Map(embedded.map(({ path, digest }) => [path, digest]));
  return sha256(expected.sorted_paths.map((name: string) => `${name}\t${byPath.get(name)}\n`).join(""));
}
function pathCase(test: Vector): Case {
  const names: string[] = test.paths ?? [test.path];
  return {
    name: test.name ?? test.description ?? names.join(),
    valid: test.valid,
    run: () => {
      for (const name of names) path(name)();
      if (names.length > 1) checkDistinctNames(names);
    },
  };
}
function entryCase(test: Vector): Case {
  return {
    name: test.entry_path,
    valid: test.expected !== "reject",
    run: structure(["manifest.json", "artifacts/", test.entry_path]),
  };
}
function validEntry(entry: Vector): Case {
  const name = typeof entry === "string" ? entry : entry.entry_path ?? entry.path;
  return { name, valid: true, run: structure(["manifest.json", "artifacts/", name]) };
}
function declared(names: string[], artifacts: Vector[]) {
  return () => {
    structure(names)();
    checkDeclared(
      names.map((name) => ({ name, isDirectory: name.endsWith("/") })),
      artifacts.filter(({ type }) => type === "embedded").map((artifact) => artifact.path),
    );
  };
}
/** A manifest whose one artifact has this number as its size. */
function sized(number: string): string {
  return JSON.stringify({
    ...minimal,
    artifacts: [{ type: "embedded", path: "artifacts/a", digest: EMPTY, size: "SIZE" }],
  }).replace('"SIZE"', number);
}
function withArtifact(change: Partial<ForgedEntry>): Uint8Array {
  const entries = packEntries();
  Object.assign(entries[2], change);
  return forge(entries);
}
/** An entry with these sizes and attributes; a file among them is one of the manifest's. */
function directoryEntry(entry: Vector) {
  const attributes = entry.external_attrs === null || entry.external_attrs === undefined
    ? { mode: 0, dosAttributes: 0 }
    : unixOrDos(entry.external_attrs);
  if (entry.name.endsWith("/")) {
    const sizes = { compressed: entry.compressed_size ?? 0, size: entry.uncompressed_size ?? 0 };
    return zip(forge([...packEntries(), { name: entry.name, local: sizes, central: sizes, ...attributes }]));
  }
  const entries = packEntries({ [entry.name]: "hello" });
  Object.assign(entries[2], attributes);
  return zip(forge(entries));
}
function unixOrDos(attributes: Vector): Partial<ForgedEntry> {
  const mode = typeof attributes === "object" ? attributes.unix_mode : attributes;
  return { mode: parseInt(String(mode).replace(/^0o?/, ""), 8), dosAttributes: 0 };
}
function faultOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof PackError ? error.fault : String(error);
  }
}

const root = join(corpora.path, "evidence-pack", "test-vectors");

Deno.test({
  name: "all test vectors of the specification that apply pass",
  ignore: corpora.missing,
  async fn(t) {
    let count = 0;
    const files = [...Deno.readDirSync(root)].filter((entry) => entry.isDirectory)
      .flatMap(({ name }) =>
        [...Deno.readDirSync(join(root, name))].filter((file) => file.isFile).map((file) => `${name}/${file.name}`)
      ).sort();
    assert.deepEqual(files.filter((file) => !(file in READERS) && !(file in LEFT_OUT)), []);
    for (const file of files.filter((name) => name in READERS)) {
      await t.step(file, async () => {
        const cases = READERS[file](JSON.parse(await Deno.readTextFile(join(root, file))));
        assert.ok(cases.length > 0);
        for (const { name, valid, run } of cases) {
          assert.equal(await passes(run), valid, `${file}: ${name}`);
          count++;
        }
      });
    }
    console.log(`${count} leaf cases of the specification's vectors pass`);
    console.log(
      `left out: jcs/number-normalization.json, ${CONTRADICTION}: it contradicts R-029 and manifest/integer-validation.json`,
    );
    for (const [file, reason] of Object.entries(LEFT_OUT)) console.log(`left out: ${file}: ${reason}`);
  },
});
