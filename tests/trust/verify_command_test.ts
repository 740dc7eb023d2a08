import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../../scripts/root.ts";
import { RUNTIME_FLAGS } from "../../scripts/permissions.ts";
import { epack, temporaryFolder } from "../epack.ts";
import { manifestFor } from "../pack/forge.ts";
import { ISSUER, newAuthority, newKey, rootOf, sign, SUBJECT } from "./authority.ts";
import { mergedFrom, signedPack, type SignedPackOptions, statementAbout } from "./signed_pack.ts";

const ours = await newAuthority();
const SOURCE = manifestFor({ "artifacts/s.txt": "source" });
const source = await sign(ours, { payload: statementAbout(SOURCE) });
const forged = await sign(ours, { payload: statementAbout(SOURCE), signWith: newKey() });

const PACKS: Record<string, SignedPackOptions> = {
  signed: {},
  unsigned: { attestations: [] },
  forged: { attestations: [{}, { signWith: newKey() }] },
  merged: { attestations: [], change: mergedFrom([{ manifest: SOURCE, bundles: [source] }]) },
  "merged-forged": { change: mergedFrom([{ manifest: SOURCE, bundles: [source, forged] }]) },
  "other-bytes": {
    entries: (entries) =>
      entries.map((entry) => entry.name === "artifacts/a.txt" ? { ...entry, data: "HELLO" } : entry),
  },
};

async function packs(): Promise<{ cwd: string } & AsyncDisposable> {
  const folder = temporaryFolder();
  for (const [name, options] of Object.entries(PACKS)) {
    await Deno.writeFile(join(folder.path, `${name}.epack`), await signedPack(ours, options));
  }
  await Deno.writeTextFile(join(folder.path, "root.json"), JSON.stringify(rootOf(ours)));
  await Deno.writeTextFile(join(folder.path, "bad.json"), "{}");
  return { cwd: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const US = ["--trust-root", "root.json", "--issuer", ISSUER, "--subject", SUBJECT];
const ANYBODY = ["--trust-root", "root.json", "--insecure-skip-identity-check"];
const LOOSE = ["--trust-root", "root.json", "--issuer-regexp", "https://token\\..*", "--subject-regexp", ".*/acme/.*"];

interface Expected {
  code: number;
  /** Lists of errors that are not null. */
  errors?: string[];
  signatures?: string;
  /** Of the first error. */
  says?: RegExp;
}

const RUNS: [string, string[], Expected][] = [
  ["signed", US, { code: 0, signatures: "verified" }],
  ["signed", [...US, "--offline", "--require-attestation"], { code: 0, signatures: "verified" }],
  ["signed", LOOSE, { code: 0, signatures: "verified" }],
  ["signed", ANYBODY, { code: 0, signatures: "verified" }],
  ["signed", ["--integrity-only"], { code: 0, signatures: "not_checked" }],
  ["signed", [], { code: 1, errors: ["attestation_errors"], signatures: "refused", says: /nobody said whose/ }],
  ["signed", [...US.slice(0, -1), "https://evil.test"], {
    code: 1,
    errors: ["attestation_errors"],
    says: /signer is not/,
  }],
  // what was asked for holds, whatever else is skipped
  ["signed", [...US.slice(0, -1), "https://evil.test", "--insecure-skip-identity-check"], {
    code: 1,
    errors: ["attestation_errors"],
    says: /signer is not/,
  }],
  // Sigstore's own root knows nothing of this authority
  ["signed", US.slice(2), { code: 1, errors: ["attestation_errors"], says: /certificate is not trusted/ }],
  ["forged", US, {
    code: 1,
    errors: ["attestation_errors"],
    signatures: "refused",
    says: /1\.sigstore\.json.*signature/,
  }],
  ["forged", ["--integrity-only"], { code: 0, signatures: "not_checked" }],
  ["unsigned", US, { code: 0, signatures: "none" }],
  ["unsigned", [], { code: 0, signatures: "none" }],
  ["unsigned", [...US, "--require-attestation"], { code: 1, errors: ["attestation_errors"], says: /no attestation/ }],
  ["merged", US, { code: 0, signatures: "verified" }],
  ["merged", [], { code: 1, errors: ["embedded_errors"], says: /nobody said whose/ }],
  ["merged", [...US, "--require-attestation"], { code: 1, errors: ["attestation_errors"], says: /no attestation/ }],
  ["merged-forged", US, {
    code: 1,
    errors: ["embedded_errors"],
    signatures: "refused",
    says: /\[1\].*signature is wrong/,
  }],
  ["other-bytes", US, { code: 1, errors: ["artifact_errors"], signatures: "verified", says: /digest/ }],
];

Deno.test("epack verify checks signatures as it is told, with the fields and exit codes of the Go tool", async (t) => {
  await using folder = await packs();
  for (const [name, flags, expected] of RUNS) {
    await t.step(`${name} ${flags.join(" ")}`, async () => {
      const run = await epack(["verify", `${name}.epack`, "--json", ...flags], folder);
      assert.equal(run.code, expected.code, run.stdout + run.stderr);
      const found = JSON.parse(run.stdout);
      assert.equal(found.verified, expected.code === 0);
      const lists = ["artifact_errors", "attestation_errors", "embedded_errors"];
      assert.deepEqual(lists.filter((list) => found[list] !== null), expected.errors ?? []);
      if (expected.signatures) assert.equal(found.signatures, expected.signatures);
      if (expected.says) assert.match(found[expected.errors?.[0] ?? ""][0], expected.says);
    });
  }
  console.log(`${RUNS.length} runs of epack verify`);
});

Deno.test("epack verify says who signed and when", async () => {
  await using folder = await packs();
  const { attestations } = JSON.parse((await epack(["verify", "signed.epack", "--json", ...US], folder)).stdout);
  assert.equal(attestations.length, 1);
  assert.deepEqual(Object.keys(attestations[0]), ["path", "issuer", "subject", "signed_at"]);
  assert.match(attestations[0].signed_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const text = await epack(["verify", "signed.epack", ...US], folder);
  assert.match(
    text.stdout,
    /Attestations: 1 verified\n {4}signed by https:\/\/github\.com\/acme\/packs.* \(https:\/\/token/,
  );
  const unsigned = await epack(["verify", "unsigned.epack", ...US], folder);
  assert.match(unsigned.stderr, /no signatures; --require-attestation refuses/);
  const refused = await epack(["verify", "signed.epack"], folder);
  assert.match(refused.stdout, /^Not verified signed\.epack\n.*nobody said.*\nhint: .*--issuer and --subject/);
});

const MISTAKES: [string[], number, string][] = [
  [["--trust-root", "nowhere.json", "--issuer", ISSUER, "--subject", SUBJECT], 20, "file_not_found"],
  [["--trust-root", "bad.json", "--issuer", ISSUER, "--subject", SUBJECT], 12, "signature_invalid"],
  [["--trust-root", "root.json", "--issuer", ISSUER], 1, "usage"],
  [["--trust-root", "root.json", "--subject", SUBJECT], 1, "usage"],
  [["--trust-root", "root.json", "--issuer", ISSUER, "--subject-regexp", "("], 1, "usage"],
  [["--trust-root", "root.json", "--issuer", "", "--subject", ""], 1, "usage"],
];

Deno.test("epack verify answers a mistake in what is asked for with an error, not with a verdict", async (t) => {
  await using folder = await packs();
  for (const [flags, code, error] of MISTAKES) {
    await t.step(flags.join(" "), async () => {
      const run = await epack(["verify", "signed.epack", "--json", ...flags], folder);
      assert.deepEqual([run.code, JSON.parse(run.stdout).error.code], [code, error]);
    });
  }
});

Deno.test("epack verify skips the identity of nobody under EPACK_STRICT_PRODUCTION", async () => {
  await using folder = await packs();
  const run = await epack(["verify", "signed.epack", "--json", ...ANYBODY], {
    ...folder,
    env: { EPACK_STRICT_PRODUCTION: "1" },
  });
  assert.deepEqual([run.code, JSON.parse(run.stdout).error.code], [1, "insecure_refused"]);
});

Deno.test("epack trust export writes a root that trust show and verify read", async () => {
  await using folder = await packs();
  const shown = JSON.parse((await epack(["trust", "show", "--json"], folder)).stdout);
  assert.equal((await epack(["trust", "export", "-o", "out.json"], folder)).code, 0);
  const again = JSON.parse((await epack(["trust", "show", "--trust-root", "out.json", "--json"], folder)).stdout);
  assert.deepEqual({ ...again, source: shown.source }, shown);
  assert.equal(again.source, "out.json");
  assert.ok(shown.keys.length >= 4);
  const twice = await epack(["trust", "export", "-o", "out.json", "--json"], folder);
  assert.deepEqual([twice.code, JSON.parse(twice.stdout).error.code], [1, "file_exists"]);
  assert.equal((await epack(["trust", "export", "-o", "out.json", "--force"], folder)).code, 0);
  const run = await epack(["verify", "signed.epack", ...ANYBODY.with(1, "out.json")], folder);
  assert.equal(run.code, 1);
});

Deno.test("epack verify of a signed pack needs to read the pack and the root, and nothing else", async () => {
  await using folder = await packs();
  const flags = [...RUNTIME_FLAGS, `--allow-read=signed.epack,root.json`];
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, join(ROOT, "main.ts"), "verify", "signed.epack", ...US],
    cwd: folder.cwd,
  }).output();
  assert.equal(output.code, 0, new TextDecoder().decode(output.stderr));
});

Deno.test("verifyBundle() runs without any permission", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--cached-only", join(ROOT, "tests/trust/verify_from_stdin.ts")],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const input = {
    root: rootOf(ours),
    bundle: await sign(ours, { stamp: true }),
    signer: { issuer: ISSUER, subject: SUBJECT },
  };
  await writer.write(new TextEncoder().encode(JSON.stringify(input)));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.equal(new TextDecoder().decode(stdout), `${SUBJECT}\n`);
});
