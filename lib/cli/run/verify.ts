import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { EpackError } from "../../errors.ts";
import { checkContents, hasAttestations, openPack, type Pack, requireCheckable } from "../../pack/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";

export interface VerifyFlags extends CommonFlags {
  integrityOnly?: boolean;
  requireAttestation?: boolean;
}

export default async function (run: CommandRun, flags: VerifyFlags, path: string): Promise<void> {
  run.steps.step("Verifying the pack");
  using pack = await openPack(resolve(run.context.cwd, path), run);
  requireCheckable(pack, flags);
  if (flags.requireAttestation && pack.attestations.length === 0) {
    throw new EpackError("verification_failed", "the pack has no attestation", { origin: "input" });
  }
  const report = await checkContents(pack, {
    signal: run.signal,
    onProgress: (done, total) => run.steps.progress(done, total),
  });
  const verified = report.artifactErrors.length === 0 && report.packDigestError === undefined;
  const orNull = (list: unknown[]) => (list.length > 0 ? list : null);
  const json = {
    artifact_count: pack.manifest.artifacts.length,
    artifact_errors: orNull(report.artifactErrors.map((error) => error.message)),
    attestation_count: pack.attestations.length,
    attestation_errors: null,
    attestations: orNull(pack.attestations.map(({ name }) => name)),
    embedded_errors: null,
    pack_digest: pack.manifest.pack_digest,
    pack_digest_error: report.packDigestError?.message ?? "",
    stream: pack.stream,
    verified,
    manifest_digest: pack.manifestDigest,
    signatures: hasAttestations(pack) ? "not_checked" : "none",
  };
  if (verified) {
    run.result(json, [
      `${run.paint.green("Verified")} ${path}`,
      `  Stream:       ${showText(pack.stream)}`,
      `  Digest:       ${report.packDigest}`,
      `  Artifacts:    ${pack.manifest.artifacts.length}, all as the manifest says`,
      `  Attestations: ${attestationsText(pack)}`,
    ]);
    return;
  }
  run.exitCode = 1;
  run.steps.fail();
  const errors = [...report.artifactErrors, ...(report.packDigestError ? [report.packDigestError] : [])];
  run.result(json, [`${run.paint.red("Not verified")} ${path}`, ...errors.map((error) => `  ${error.message}`)]);
}

function attestationsText(pack: Pack): string {
  if (!hasAttestations(pack)) return "none";
  const own = pack.attestations.length;
  return `${own > 0 ? own : "those of the packs it was merged from"}, not checked (--integrity-only)`;
}
