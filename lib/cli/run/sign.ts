import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { EpackError } from "../../errors.ts";
import { readRegular } from "../../files/mod.ts";
import { TRUST } from "../../limits.ts";
import { addAttestation, openPack, verifyPack } from "../../pack/mod.ts";
import {
  parseTrustedRoot,
  publicGoodRoot,
  type Signer,
  signManifest,
  type SignManifestOptions,
} from "../../trust/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { trustRootPath } from "../trust_root.ts";

export interface SignFlags extends CommonFlags {
  identityTokenFile?: string;
  key?: string;
  fulcioUrl?: string;
  rekorUrl?: string;
  tsaUrl?: string;
  trustRoot?: string;
}

export default async function (run: CommandRun, flags: SignFlags, path: string): Promise<void> {
  const as = await whoSigns(run, flags);
  const root = await rootToHoldAgainst(run, flags);
  using pack = await openPack(resolve(run.context.cwd, path), run);
  run.steps.step("Verifying the pack");
  const { packDigest, manifestDigest } = await verifyPack(pack, {
    integrityOnly: true,
    signal: run.signal,
    onProgress: (done, total) => run.steps.progress(done, total),
  });
  const { fulcioUrl, rekorUrl, tsaUrl } = flags;
  let signer: Signer | undefined;
  const { name, attestationCount, sizeBytes } = await addAttestation(pack, {
    async attest() {
      run.steps.step("Signing");
      const signed = await signManifest(manifestDigest, { as, fulcioUrl, rekorUrl, tsaUrl, root, signal: run.signal });
      run.steps.step("Writing the pack");
      signer = signed.signer;
      return signed;
    },
    signal: run.signal,
  });
  const json = {
    signed: true,
    path,
    attestation: name,
    issuer: signer?.issuer ?? null,
    subject: signer?.subject ?? null,
    attestation_count: attestationCount,
    pack_digest: packDigest,
    manifest_digest: manifestDigest,
    size_bytes: sizeBytes,
    checked: root !== undefined,
  };
  run.result(json, [
    `${run.paint.green("Signed")} ${path}`,
    signer === undefined
      ? `  By:          the holder of ${flags.key}`
      : `  By:          ${showText(signer.subject)} (${showText(signer.issuer)})`,
    `  Digest:      ${packDigest}`,
    `  Attestation: ${name}${attestationCount > 1 ? `, ${attestationCount} in all` : ""}`,
    root === undefined ? "  Its signature was not held against a root of keys; --trust-root does so" : undefined,
  ]);
}

/** @throws EpackError `usage`, `file_not_found`, … */
async function whoSigns(run: CommandRun, flags: SignFlags): Promise<SignManifestOptions["as"]> {
  const { key, identityTokenFile } = flags;
  if (key !== undefined && identityTokenFile !== undefined) {
    throw new EpackError("usage", "--key and --identity-token-file were both given: one of them signs", {
      origin: "input",
    });
  }
  if (key !== undefined) return { privateKey: await readText(run, key, { maxBytes: TRUST.keyBytes, what: "key" }) };
  const identityToken = identityTokenFile === undefined
    ? run.context.env.SIGSTORE_ID_TOKEN || run.context.env.EPACK_OIDC_TOKEN
    : await readText(run, identityTokenFile, { maxBytes: TRUST.tokenBytes, what: "identity token" });
  if (identityToken !== undefined && identityToken !== "") return { identityToken };
  throw new EpackError("usage", "nobody said who signs: there is neither an identity token nor a key", {
    origin: "input",
    hint: "give a token of your OpenID provider by --identity-token-file or SIGSTORE_ID_TOKEN, or a key by --key",
  });
}

/** With services of one's own, only a root that is named can know their keys. */
async function rootToHoldAgainst(run: CommandRun, flags: SignFlags): Promise<SignManifestOptions["root"]> {
  const { fulcioUrl, rekorUrl, tsaUrl } = flags;
  const rootPath = trustRootPath(run, flags);
  if (rootPath !== undefined) {
    const options = { maxBytes: TRUST.rootBytes, what: "trusted root" };
    return parseTrustedRoot(await readRegular(rootPath, options));
  }
  return [fulcioUrl, rekorUrl, tsaUrl].every((url) => url === undefined) ? publicGoodRoot() : undefined;
}

async function readText(run: CommandRun, path: string, options: { maxBytes: number; what: string }): Promise<string> {
  return new TextDecoder().decode(await readRegular(resolve(run.context.cwd, path), options));
}
