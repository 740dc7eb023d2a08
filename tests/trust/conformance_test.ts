import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import {
  type Artifact,
  type ExpectedSigner,
  parseTrustedRoot,
  type Part,
  publicGoodRoot,
  SignatureError,
  verifyBundle,
} from "../../lib/trust/mod.ts";
import { corpora } from "../corpora.ts";

// github.com/sigstore/sigstore-conformance: its README says what a folder holds and what is taken where a file is missing
const root = join(corpora.path, "sigstore-conformance", "bundle-verify");
const BEACON = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/" +
  "extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER = "https://token.actions.githubusercontent.com";

function read(folder: string, name: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(join(root, folder, name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
function text(folder: string, name: string): string | undefined {
  const bytes = read(folder, name);
  return bytes && new TextDecoder().decode(bytes).trim();
}

/** The part that fails, "" when all is well. */
function verify(folder: string, artifact: Artifact): string {
  const publicKey = text(folder, "key.pub");
  const signer: ExpectedSigner = publicKey === undefined
    ? { issuer: text(folder, "issuer") ?? ISSUER, subject: text(folder, "identity") ?? BEACON }
    : { publicKey };
  try {
    const rootBytes = read(folder, "trusted_root.json");
    verifyBundle(read(folder, "bundle.sigstore.json") ?? new Uint8Array(0), {
      root: rootBytes === undefined ? publicGoodRoot() : parseTrustedRoot(rootBytes),
      signer,
      artifact,
    });
    return "";
  } catch (error) {
    // nothing but a verdict may come out
    if (!(error instanceof SignatureError)) throw error;
    return `${error.part}: ${error.message}`;
  }
}

Deno.test({
  name: "verifyBundle() agrees with all 140 cases of sigstore-conformance",
  ignore: corpora.missing,
  fn() {
    const folders = [...Deno.readDirSync(root)].filter((entry) => entry.isDirectory).map(({ name }) => name).sort();
    const wrong: string[] = [];
    for (const folder of folders) {
      const bytes = read(folder, "artifact") ?? read(".", "a.txt") ?? new Uint8Array(0);
      for (const artifact of [{ bytes }, { digest: digestOf(bytes) }]) {
        const refused = verify(folder, artifact);
        if (folder.endsWith("_fail") !== (refused !== "")) {
          wrong.push(`${folder} by ${"bytes" in artifact ? "file" : "digest"}: ${refused || "accepted"}`);
        }
      }
    }
    console.log(`${folders.length * 2 - wrong.length} of ${folders.length * 2} cases of sigstore-conformance`);
    assert.deepEqual(wrong, []);
    assert.equal(folders.length, 70);
  },
});

/** What each case is about, as its README says; some are found out by an earlier check. */
const FAILING: Partial<Record<Part, string>> = {
  bundle:
    "bundle-empty-certificate-chain bundle-invalid-base64-signature bundle-malformed-json bundle-unknown-version bundle-with-root-cert " +
    "intoto-missing-inclusion-proof invalid-inclusion-proof rekor2-no-inclusion-proof rekor2-timestamp-with-incorrect-time",
  trusted_root: "trust-root-tlog-missing-validity-start",
  certificate:
    "bundle-from-wrong-instance integrated-time-in-future intoto-expired-certificate intoto-set-outside-signing-cert-validity " +
    "intoto-tsa-timestamp-outside-cert-validity invalid-ct-key",
  key: "managed-key-no-key managed-key-wrong-key",
  log:
    "bundle-negative-log-index checkpoint-bad-keyhint checkpoint-wrong-roothash dsse-invalid-sig dsse-mismatch-envelope dsse-mismatch-sig " +
    "inclusion-proof-corrupted-hash incorrect-public-key intoto-log-entry-mismatch invalid-checkpoint-signature " +
    "rekor2-checkpoint-missing-log-signature rekor2-checkpoint-missing-origin rekor2-checkpoint-missing-root-hash " +
    "rekor2-checkpoint-missing-size rekor2-checkpoint-no-matching-signature rekor2-dsse-invalid-sig rekor2-dsse-mismatch-envelope " +
    "rekor2-dsse-mismatch-sig set-invalid-signature signature-mismatch wrong-hashedrekord-artifact wrong-hashedrekord-cert-and-sig " +
    "wrong-hashedrekord-entry",
  timestamp:
    "rekor2-no-timestamp rekor2-timestamp-outside-trust-root-tsa-validity rekor2-timestamp-outside-tsa-cert-validity " +
    "rekor2-timestamp-payload-mismatch rekor2-timestamp-untrusted-tsa-with-embedded-cert rekor2-timestamp-untrusted-tsa-without-embedded-cert",
  artifact: "message-digest-mismatch wrong-material",
};

Deno.test({
  name: "verifyBundle() says of each case of sigstore-conformance which part is wrong",
  ignore: corpora.missing,
  fn() {
    const expected = Object.entries(FAILING).flatMap(([part, names]) =>
      names.split(" ").map((name) => `${name}_fail ${part}`)
    ).sort();
    const found = [...Deno.readDirSync(root)].filter(({ name }) => name.endsWith("_fail")).map(({ name }) => {
      const bytes = read(name, "artifact") ?? read(".", "a.txt") ?? new Uint8Array(0);
      return `${name} ${verify(name, { bytes }).split(":")[0]}`;
    }).sort();
    assert.deepEqual(found, expected);
  },
});
