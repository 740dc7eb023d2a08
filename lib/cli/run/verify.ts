import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { checkContents, openPack } from "../../pack/mod.ts";
import type { VerifiedAttestation } from "../../trust/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { checkSignatures, refuseSkipping, type SignatureFlags, type SignatureResult } from "./check_signatures.ts";

export interface VerifyFlags extends CommonFlags, SignatureFlags {}

export default async function (run: CommandRun, flags: VerifyFlags, path: string): Promise<void> {
  refuseSkipping(run, flags);
  run.steps.step("Verifying the pack");
  using pack = await openPack(resolve(run.context.cwd, path), run);
  const signatures = await checkSignatures(run, flags, pack);
  const report = await checkContents(pack, {
    signal: run.signal,
    onProgress: (done, total) => run.steps.progress(done, total),
  });
  const errors = [
    ...[...report.artifactErrors, ...(report.packDigestError ? [report.packDigestError] : [])].map((error) =>
      error.message
    ),
    ...signatures.attestationErrors,
    ...signatures.embeddedErrors,
  ];
  const verified = errors.length === 0;
  const orNull = (list: readonly unknown[]) => (list.length > 0 ? list : null);
  const json = {
    artifact_count: pack.manifest.artifacts.length,
    artifact_errors: orNull(report.artifactErrors.map((error) => error.message)),
    attestation_count: pack.attestations.length,
    attestation_errors: orNull(signatures.attestationErrors),
    attestations: orNull(signatures.attestations.map(toJson)),
    embedded_errors: orNull(signatures.embeddedErrors),
    pack_digest: pack.manifest.pack_digest,
    pack_digest_error: report.packDigestError?.message ?? "",
    stream: pack.stream,
    verified,
    manifest_digest: pack.manifestDigest,
    signatures: signatures.state,
    embedded_attestations: orNull(signatures.embedded.map(toJson)),
  };
  if (verified) {
    run.result(json, [
      `${run.paint.green("Verified")} ${path}`,
      `  Stream:       ${showText(pack.stream)}`,
      `  Digest:       ${report.packDigest}`,
      `  Artifacts:    ${pack.manifest.artifacts.length}, all as the manifest says`,
      `  Attestations: ${attestationsText(signatures)}`,
      ...[...signatures.attestations, ...signatures.embedded].map(signerText),
    ]);
    return;
  }
  run.exitCode = 1;
  run.steps.fail();
  run.result(json, [
    `${run.paint.red("Not verified")} ${path}`,
    ...errors.map((error) => `  ${showText(error, { maxChars: 2000 })}`),
    signatures.hint && `hint: ${signatures.hint}`,
  ]);
}

/** As the Go tool names the fields; what a key signed has neither issuer nor subject. */
function toJson({ path, signer, signedAt }: VerifiedAttestation) {
  return { path, issuer: signer?.issuer, subject: signer?.subject, signed_at: toSeconds(signedAt) };
}

const toSeconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, "Z");

function signerText({ signer, signedAt }: VerifiedAttestation): string {
  if (signer === undefined) return `    signed with the given key at ${toSeconds(signedAt)}`;
  const [subject, issuer] = [signer.subject, signer.issuer].map((text) => showText(text));
  return `    signed by ${subject} (${issuer}) at ${toSeconds(signedAt)}`;
}

function attestationsText({ state, attestations, embedded }: SignatureResult): string {
  if (state === "none") return "none";
  if (state === "not_checked") return "not checked (--integrity-only)";
  const merged = embedded.length > 0 ? `, and ${embedded.length} of the packs it was merged from` : "";
  return `${attestations.length} verified${merged}`;
}
