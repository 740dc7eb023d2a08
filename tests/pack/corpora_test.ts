import assert from "node:assert/strict";
import { join } from "node:path";
import { openRegular } from "../../lib/files/mod.ts";
import { contentDigest, openPack, PackError, parseManifest, verifyPack } from "../../lib/pack/mod.ts";
import { checkLayout } from "../../lib/pack/zip_layout.ts";
import { readEntryData } from "../../lib/pack/zip_data.ts";
import { readZipDirectory } from "../../lib/pack/zip_directory.ts";
import { corpora, fixtures } from "../corpora.ts";
import { epack } from "../epack.ts";

/** What our zip reader says of a zip that is no pack: its first fault, or "ok". */
async function verdict(path: string): Promise<string> {
  using file = await openRegular(path);
  try {
    for (const entry of checkLayout(file, readZipDirectory(file))) {
      for await (const _ of readEntryData(file, entry)) { /* its checks are what counts */ }
    }
    return "ok";
  } catch (error) {
    assert.ok(error instanceof PackError, `${path}: ${error}`);
    return error.fault;
  }
}

/** Zips on which readers differ, and what is taken: the checksums of these are true, or they have no folder entry. */
const TAKEN = [
  "crc_collision_empty_nonempty.zip",
  "crc_collision_two_nonempty.zip",
  "crc_zero_nonempty.zip",
  "nosubdir.zip",
];

for (
  const [kind, expected] of [["accept", true], ["malicious", false], ["reject", false], ["iffy", undefined]] as const
) {
  Deno.test({
    name: `the zip reader's verdict on malo/zip/${kind}`,
    ignore: corpora.missing,
    async fn() {
      const folder = join(corpora.path, "malo", "zip", kind);
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assert.ok(names.length >= 8);
      for (const name of names) {
        assert.equal(await verdict(join(folder, name)) === "ok", expected ?? TAKEN.includes(name), name);
      }
    },
  });
}

for (const name of ["one-artifact", "many-artifacts", "merged"]) {
  Deno.test({
    name: `inspect prints what the Go tool prints of ${name}.epack, and it verifies`,
    ignore: fixtures.missing,
    async fn() {
      const path = join(fixtures.path, "packs", `${name}.epack`);
      using pack = await openPack(path);
      await verifyPack(pack, { integrityOnly: true });
      const raw = await epack(["inspect", "--raw", path], { cwd: "/" });
      const recorded = await Deno.readTextFile(join(fixtures.path, "packs", `${name}.manifest.json`));
      assert.deepEqual(JSON.parse(raw.stdout), JSON.parse(recorded));
      const inspected = JSON.parse((await epack(["inspect", "--json", path], { cwd: "/" })).stdout);
      const expected = JSON.parse(await Deno.readTextFile(join(fixtures.path, "packs", `${name}.inspect.json`)));
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, inspected[key]])), expected);
    },
  });
}

/** What the Go tool prints of many-artifacts.epack. */
const PRINTED: Record<string, string[]> = {
  "verify-integrity-only.json": ["verify", "--integrity-only", "--json"],
  "list.json": ["list", "--json"],
  "list-artifacts.json": ["list", "artifacts", "--json"],
};

for (const [recorded, args] of Object.entries(PRINTED)) {
  Deno.test({
    name: `${args.join(" ")} has every field that the Go tool prints, with its value`,
    ignore: fixtures.missing,
    async fn() {
      const run = await epack([...args, join(fixtures.path, "packs", "many-artifacts.epack")], { cwd: "/" });
      const ours = JSON.parse(run.stdout);
      const theirs = JSON.parse(await Deno.readTextFile(join(fixtures.path, "json", recorded)));
      const shared = Array.isArray(theirs)
        ? ours
        : Object.fromEntries(Object.keys(theirs).map((key) => [key, ours[key]]));
      assert.deepEqual(shared, theirs);
    },
  });
}

Deno.test({
  name:
    "the specification's samples: those with embedded artifacts alone are read, those with references are refused as such",
  ignore: corpora.missing,
  async fn() {
    const verdicts: string[] = [];
    for (const version of ["v1.0.0", "v1.1.0", "v1.2.0"]) {
      const bytes = await Deno.readFile(join(corpora.path, "evidence-pack", "samples", version, "manifest.json"));
      const { artifacts } = JSON.parse(new TextDecoder().decode(bytes));
      const hasReference = artifacts.some(({ type }: { type: string }) => type === "reference");
      if (hasReference) assert.throws(() => parseManifest(bytes), { fault: "unsupported_artifact_type" }, version);
      else {assert.equal(
          contentDigest(parseManifest(bytes).manifest.artifacts),
          parseManifest(bytes).manifest.pack_digest,
          version,
        );}
      verdicts.push(`${version} ${hasReference ? "refused" : "read"}`);
    }
    console.log(verdicts.join(", "));
  },
});
